import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { busyboxImage, busyboxRootfs } from './busybox-image.ts';

const options = existsSync('/bin/busybox') ? {} : { skip: 'needs the Debian package busybox-static' };

test('the busybox image is complete and the same every time', options, async () => {
  const image = await busyboxImage();
  assert.deepEqual(await busyboxImage(), image);
  const names = execFileSync('tar', ['tf', '-'], { input: image, encoding: 'utf8' }).trim().split('\n');
  assert.match(names.join(' '), /^[0-9a-f]{64}\.json [0-9a-f]{64}\/layer\.tar manifest\.json$/);
  const rootfs = execFileSync('tar', ['tvf', '-'], { input: await busyboxRootfs(), encoding: 'utf8' });
  assert.match(rootfs, /drwxrwxrwt 0\/0 .* tmp\//);
  assert.match(rootfs, /drwx------ 0\/0 .* root\//);
  assert.match(rootfs, / bin\/sh -> busybox$/m);
  assert.match(rootfs, /-rwxr-xr-x 0\/0 .* bin\/busybox$/m);
  assert.match(rootfs, / etc\/passwd$/m);
});
