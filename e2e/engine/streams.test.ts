/** Output, input and terminals: no client slows a container down, none loses what is meant for it. */
import assert from 'node:assert/strict';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { PrivateBerthd } from '../lib/private-berthd.ts';
import { until } from '../lib/until.ts';
import { Client, type Docker, dockerOf } from './command-line.ts';

let berthd: PrivateBerthd;
let docker: Docker;
before(async () => {
  berthd = await PrivateBerthd.start();
  docker = dockerOf(berthd);
});
after(async () => {
  await berthd[Symbol.asyncDispose]();
});

const line = '0123456789'.repeat(5);

test('clients that stop reading hold up neither the container nor each other', async () => {
  const bytes = 51 * 500_000;
  const script = `while :; do echo ready; sleep 0.05; done & read go; kill $!; yes ${line} | head -c ${bytes}`;
  const id = await docker('run', '-d', '-i', 'busybox', 'sh', '-c', script);
  await using attached = new Client(berthd, ['attach', '--no-stdin', id]);
  await using following = new Client(berthd, ['logs', '-f', id]);
  await using never = new Client(berthd, ['attach', '--no-stdin', id]);
  const clients = [attached, following, never];
  await Promise.all(clients.map((client) => client.shows(/ready/)));
  for (const client of clients) client.signal('SIGSTOP');
  await using input = new Client(berthd, ['attach', id]);
  input.type('go\n');
  assert.equal(await docker('wait', id), '0');
  for (const client of [attached, following, input]) {
    client.signal('SIGCONT');
    assert.equal(await client.ended, 0);
    assert.equal(client.output.replaceAll('ready\n', '').length, bytes);
  }
  await docker('rm', id);
});

test('two clients attached to one container see and say the same', async () => {
  const id = await docker(
    'run',
    '-d',
    '-i',
    '--name',
    'both',
    'busybox',
    'sh',
    '-c',
    'while read x; do echo "<$x>"; done',
  );
  await using one = new Client(berthd, ['attach', id]);
  await using two = new Client(berthd, ['attach', id]);
  await until('both are attached', async () => {
    one.type('first\n');
    return [one, two].every((client) => client.output.includes('<first>'));
  });
  two.type('second\n');
  await Promise.all([one.shows(/<second>/), two.shows(/<second>/)]);
  one.signal('SIGKILL');
  await one.ended;
  two.type('third\n');
  await two.shows(/<third>/);
  await docker('rm', '-f', id);
  assert.equal(await two.ended, 137);
});

test('the end of the input reaches the program', async () => {
  await using client = new Client(berthd, ['run', '-i', '--rm', 'busybox', 'sh', '-c', 'wc -c; echo over']);
  client.type('12345');
  client.endInput();
  assert.equal(await client.ended, 0);
  assert.equal(client.output, '5\nover\n');
});

describe('detach keys', () => {
  test('leave the container running, again and again', async () => {
    const name = 'detached';
    await using first = new Client(berthd, ['run', '-it', '--name', name, 'busybox', 'sh'], {
      terminal: true,
    });
    await first.shows(/#/);
    first.type('echo $((6*7))\n');
    await first.shows(/\n42\r/);
    first.type('\x10\x11');
    assert.equal(await first.ended, 0);
    assert.equal(await docker('inspect', '-f', '{{.State.Running}}', name), 'true');

    await using second = new Client(berthd, ['attach', '--detach-keys', 'a,b', name], { terminal: true });
    second.type('echo $((5*5))\n');
    await second.shows(/\n25\r/);
    second.type('ab');
    await second.ended;
    assert.equal(await docker('inspect', '-f', '{{.State.Running}}', name), 'true');

    await using third = new Client(berthd, ['exec', '-it', name, 'sh'], { terminal: true });
    await third.shows(/#/);
    third.type('\x10\x11');
    await third.ended;
    await docker('rm', '-f', name);
  });

  test('are not taken out of what is typed by half', async () => {
    await using client = new Client(
      berthd,
      ['run', '-it', '--rm', 'busybox', 'sh', '-c', 'stty raw -echo; echo on; head -c 3 | od -An -tx1'],
      {
        terminal: true,
      },
    );
    await client.shows(/on/);
    client.type('\x10');
    client.type('xy');
    assert.equal(await client.ended, 0);
    assert.match(client.output, / 10 78 79/);
  });
});

test('a terminal follows the size of the client’s', async () => {
  await using client = new Client(berthd, ['run', '-it', '--rm', 'busybox', 'sh'], { terminal: true });
  await client.shows(/#/);
  client.type('stty size; exit\n');
  assert.equal(await client.ended, 0);
  assert.match(client.output, /\n33 77\r/);
});

describe('logs', () => {
  const logFiles = async (id: string): Promise<Record<string, number>> => {
    const directory = join(berthd.dataRoot, 'containers', id);
    const names = (await readdir(directory)).filter((name) => name.includes('-json.log'));
    const sizes = await Promise.all(names.map(async (name) => (await stat(join(directory, name))).size));
    return Object.fromEntries(names.map((name, index) => [name.replace(id, ''), sizes[index] ?? 0]));
  };

  test('with max-size and max-file keep the newest lines within bounds', async () => {
    const options = ['--log-opt', 'max-size=1m', '--log-opt', 'max-file=3'];
    const id = await docker('run', '-d', ...options, 'busybox', 'seq', '200000');
    await docker('wait', id);
    const sizes = await logFiles(id);
    assert.deepEqual(Object.keys(sizes).sort(), ['-json.log', '-json.log.1', '-json.log.2']);
    for (const size of Object.values(sizes)) assert.ok(size <= 1_000_000);
    const lines = (await docker('logs', id)).split('\n').map(Number);
    assert.equal(lines.at(-1), 200_000);
    assert.ok(lines.length > 20_000);
    for (const [index, value] of lines.entries()) assert.equal(value, (lines[0] ?? 0) + index);
    await docker('rm', id);
  });

  test('are followed over a rotation without loss', async () => {
    const script = 'i=0; while [ $i -lt 6000 ]; do i=$((i+1)); echo $i; done; sleep 0.2';
    const id = await docker(
      ...['create', '--log-opt', 'max-size=200k', '--log-opt', 'max-file=5', 'busybox', 'sh', '-c', script],
    );
    await docker('start', id);
    await using client = new Client(berthd, ['logs', '-f', id]);
    assert.equal(await client.ended, 0);
    const lines = client.output.split('\n').filter(Boolean).map(Number);
    assert.deepEqual(
      lines,
      Array.from({ length: 6000 }, (_, index) => index + 1),
    );
    await docker('rm', id);
  });

  test('keep long lines, binary and unfinished ones', async () => {
    const script =
      'head -c 100000 /dev/zero | tr "\\0" x; echo; printf "\\377\\001\\"\\\\ü"; printf " end" >&2';
    const id = await docker('run', '-d', 'busybox', 'sh', '-c', script);
    await docker('wait', id);
    const { stdout, stderr } = await berthd.docker('logs', id);
    assert.equal(stdout, `${'x'.repeat(100_000)}\n\ufffd\u0001"\\ü`);
    assert.equal(stderr, ' end');
    await docker('rm', id);
  });

  test('of the driver none are not there', async () => {
    const id = await docker('run', '-d', '--log-driver', 'none', 'busybox', 'echo', 'unheard');
    await docker('wait', id);
    assert.match(
      (await berthd.docker('logs', id)).stderr,
      /configured logging driver does not support reading/,
    );
    await docker('rm', id);
  });

  test('since, until, tail and timestamps choose lines', async () => {
    const id = await docker('run', '-d', 'busybox', 'sh', '-c', 'echo one; sleep 1.2; echo two; echo three');
    await docker('wait', id);
    const stamped = (await docker('logs', '-t', id)).split('\n').map((text) => text.split(' ')[0] ?? '');
    const [first = '', second = ''] = stamped;
    assert.equal(await docker('logs', '--since', second, id), 'two\nthree');
    assert.equal(await docker('logs', '--until', first, id), 'one');
    assert.equal(await docker('logs', '--tail', '1', id), 'three');
    assert.equal(await docker('logs', '--tail', '0', id), '');
    await docker('rm', id);
  });
});
