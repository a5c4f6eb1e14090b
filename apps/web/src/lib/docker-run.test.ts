import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dockerRun } from './docker-run.ts';
import { parseEnvBlock } from './env-block.ts';
import { splitCommand } from './split-command.ts';

test('the command beside the form does the same as the form', () => {
  const text = dockerRun({
    image: 'nginx:1.29',
    name: 'web',
    command: 'nginx -g "daemon off;"',
    tty: true,
    env: [{ name: 'A', value: 'one two' }],
    ports: [
      { hostPort: 8080, containerPort: 80 },
      { containerPort: 53, protocol: 'udp' },
      { hostIp: '127.0.0.1', containerPort: 443 },
    ],
    volumes: [
      { kind: 'bind', source: '/srv', target: '/data', readOnly: true },
      { kind: 'tmpfs', target: '/tmp' },
    ],
    limits: { cpus: 0.5, memoryBytes: 268_435_456 },
    restartPolicy: { name: 'on-failure', maximumRetryCount: 3 },
  });
  assert.deepEqual(
    text.split(' \\\n').map((line) => line.trim()),
    [
      'docker run -d',
      '--name web',
      '-t',
      '--restart on-failure:3',
      "-e 'A=one two'",
      '-p 8080:80',
      '-p 53/udp',
      '-p 127.0.0.1::443',
      '-v /srv:/data:ro',
      '--tmpfs /tmp',
      '--cpus 0.5',
      '--memory 256m',
      "nginx:1.29 nginx -g 'daemon off;'",
    ],
  );
});

test('an entry point keeps its further words', () => {
  assert.match(
    dockerRun({ image: 'x', entrypoint: 'sh -c', command: '"echo it\'s"' }),
    /--entrypoint sh \\\n {2}x -c 'echo it'\\''s'$/,
  );
});

test('words are cut as a shell cuts them', () => {
  assert.deepEqual(splitCommand(`a "b c" 'd "e' f\\ g ""`), ['a', 'b c', 'd "e', 'f g', '']);
  assert.deepEqual(splitCommand('   '), []);
});

test('a pasted block of variables becomes rows', () => {
  assert.deepEqual(parseEnvBlock('# note\nexport A=1\nB="two words"\n\nC=x=y\nD'), [
    { name: 'A', value: '1' },
    { name: 'B', value: 'two words' },
    { name: 'C', value: 'x=y' },
    { name: 'D', value: '' },
  ]);
  assert.equal(parseEnvBlock('just a name'), null);
  assert.equal(parseEnvBlock('A=1'), null);
});
