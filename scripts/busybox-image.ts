/**
 * Assembles `busybox:latest` from Debian's busybox-static, so that there is an image to run without a registry.
 * The same binary gives the same bytes. Needs no engine and no root.
 *
 *   node scripts/busybox-image.ts OUTPUT.tar              a docker-archive for `docker load`
 *   node scripts/busybox-image.ts --rootfs OUTPUT.tar     only the root file system, for docker/busybox/Dockerfile
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { argv } from 'node:process';
import { promisify } from 'node:util';
import { hostPlatform, type Member, tarEnd, tarHeader, tarMember, tarPadding } from '@berth/images';

const defaultBinary = '/bin/busybox';
const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

const passwd = `root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/usr/sbin:/bin/false
bin:x:2:2:bin:/bin:/bin/false
sys:x:3:3:sys:/dev:/bin/false
mail:x:8:8:mail:/var/spool/mail:/bin/false
www-data:x:33:33:www-data:/var/www:/bin/false
nobody:x:65534:65534:nobody:/home:/bin/false
`;
const group = `root:x:0:
daemon:x:1:
bin:x:2:
sys:x:3:
adm:x:4:
tty:x:5:
disk:x:6:
mail:x:8:
www-data:x:33:
users:x:100:
nogroup:x:65534:
`;

const directories: readonly [name: string, mode: number][] = [
  ['bin/', 0o755],
  ['dev/', 0o755],
  ['etc/', 0o755],
  ['home/', 0o755],
  ['proc/', 0o755],
  ['root/', 0o700],
  ['sys/', 0o755],
  ['tmp/', 0o1777],
  ['usr/', 0o755],
  ['usr/bin/', 0o755],
  ['usr/sbin/', 0o755],
  ['var/', 0o755],
  ['var/spool/', 0o755],
  ['var/spool/mail/', 0o755],
  ['var/www/', 0o755],
];

const sha256 = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');

const applets = async (binary: string): Promise<string[]> => {
  const { stdout } = await promisify(execFile)(binary, ['--list']);
  return stdout.split('\n').filter((name) => /^[\w.[\]+-]+$/.test(name) && name !== 'busybox');
};

/** @param binary a static busybox; the files carry its modification time */
export const busyboxRootfs = async (binary = defaultBinary): Promise<Buffer> => {
  const { mtimeMs } = await stat(binary);
  const mtimeS = Math.floor(mtimeMs / 1000);
  const parts: Buffer[] = [];
  const add = (member: Member, content: Buffer = Buffer.alloc(0)): void => {
    parts.push(tarHeader({ ...member, mtimeS }), content, tarPadding(content.length));
  };
  const file = (name: string, content: Buffer, mode = 0o644): void =>
    add({ name, mode, size: content.length }, content);
  add({ name: './', size: 0, type: 'directory' });
  for (const [name, mode] of directories) add({ name, mode, size: 0, type: 'directory' });
  file('bin/busybox', await readFile(binary), 0o755);
  for (const name of (await applets(binary)).sort()) {
    add({ name: `bin/${name}`, size: 0, type: 'symlink', linkName: 'busybox', mode: 0o777 });
  }
  // Scripts look for it there.
  add({ name: 'usr/bin/env', size: 0, type: 'symlink', linkName: '../../bin/env', mode: 0o777 });
  file('etc/passwd', Buffer.from(passwd));
  file('etc/group', Buffer.from(group));
  file('etc/shadow', Buffer.from('root:*:::::::\n'), 0o640);
  return Buffer.concat([...parts, tarEnd()]);
};

/** The image as `docker save` would write it. */
export const busyboxImage = async (binary = defaultBinary): Promise<Buffer> => {
  const layer = await busyboxRootfs(binary);
  const created = (await stat(binary)).mtime.toISOString();
  const config = JSON.stringify({
    ...hostPlatform,
    created,
    config: { Env: [`PATH=${path}`], Cmd: ['sh'] },
    rootfs: { type: 'layers', diff_ids: [`sha256:${sha256(layer)}`] },
    history: [
      { created, created_by: 'ADD rootfs.tar / # busybox-static of Debian' },
      { created, created_by: 'CMD ["sh"]', empty_layer: true },
    ],
  });
  const configName = `${sha256(Buffer.from(config))}.json`;
  const layerName = `${sha256(layer)}/layer.tar`;
  const manifest = [{ Config: configName, RepoTags: ['busybox:latest'], Layers: [layerName] }];
  return Buffer.concat([
    tarMember(configName, config),
    tarMember(layerName, layer),
    tarMember('manifest.json', JSON.stringify(manifest)),
    tarEnd(),
  ]);
};

const main = async (): Promise<void> => {
  const isRootfs = argv[2] === '--rootfs';
  const output = argv[isRootfs ? 3 : 2];
  if (output === undefined) throw new Error('usage: busybox-image.ts [--rootfs] OUTPUT.tar');
  await writeFile(`${output}.new`, await (isRootfs ? busyboxRootfs() : busyboxImage()));
  await rename(`${output}.new`, output);
};

if (import.meta.main) await main();
