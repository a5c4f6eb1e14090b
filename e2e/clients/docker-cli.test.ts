/** The real docker CLI, unchanged, against a private berthd. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { PrivateBerthd } from '../lib/private-berthd.ts';
import { until } from '../lib/until.ts';

let berthd: PrivateBerthd;
before(async () => {
  berthd = await PrivateBerthd.start();
});
after(async () => {
  await berthd[Symbol.asyncDispose]();
});

/** Runs docker and returns its trimmed stdout; fails the test when docker fails. */
async function docker(...args: string[]): Promise<string> {
  const { stdout, stderr, code } = await berthd.docker(...args);
  assert.equal(code, 0, `docker ${args.join(' ')}: ${stderr}`);
  return stdout.trim();
}

/** Runs docker under a real pty, types `input`, returns everything the terminal showed. */
async function dockerOnPty(args: string[], input: string): Promise<{ screen: string; code: number }> {
  const cli = process.env.DOCKER_CLI ?? 'docker';
  const line = [cli, '-H', `unix://${berthd.socketPath}`, ...args].join(' ');
  const child = spawn('script', ['--quiet', '--return', '--command', line, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let screen = '';
  child.stdout.on('data', (chunk: Buffer) => {
    screen += chunk;
  });
  await until('the prompt shows', async () => screen.includes('#') || child.exitCode !== null);
  child.stdin.write(input);
  const [code]: unknown[] = await once(child, 'close');
  return { screen, code: Number(code) };
}

describe('run', () => {
  test('prints what the program prints, and keeps stdout and stderr apart', async () => {
    const result = await berthd.docker('run', '--rm', 'busybox', 'sh', '-c', 'echo out; echo err >&2');
    assert.deepEqual(result, { stdout: 'out\n', stderr: 'err\n', code: 0 });
  });

  test('ends with the exit code of the program', async () => {
    assert.equal((await berthd.docker('run', '--rm', 'busybox', 'sh', '-c', 'exit 37')).code, 37);
    const killed = ['sh', '-c', "sh -c 'kill -TERM $$'; exit $?"];
    assert.equal((await berthd.docker('run', '--rm', 'busybox', ...killed)).code, 143);
  });

  test('ends with 127 for a missing program and 126 for one that is not executable', async () => {
    const missing = await berthd.docker('run', '--rm', 'busybox', 'no-such-program');
    assert.equal(missing.code, 127);
    assert.match(missing.stderr, /exec: "no-such-program": executable file not found in \$PATH/);
    assert.equal((await berthd.docker('run', '--rm', 'busybox', '/etc/passwd')).code, 126);
  });

  test('says what is wrong with an image that does not exist, status 125', async () => {
    const result = await berthd.docker('run', '--rm', '127.0.0.1:1/none:latest');
    assert.equal(result.code, 125);
    assert.match(result.stderr, /127\.0\.0\.1:1/);
  });

  test('gives environment, working directory, user and host name', async () => {
    const out = await docker(
      ...['run', '--rm', '-e', 'COLOUR=teal', '-w', '/tmp/made/here', '-u', '65534:100', '-h', 'harbour'],
      ...['busybox', 'sh', '-c', 'echo $COLOUR $PWD $(id -u):$(id -g) $(hostname)'],
    );
    assert.equal(out, 'teal /tmp/made/here 65534:100 harbour');
  });

  test('feeds stdin and sees its end', async () => {
    const cli = process.env.DOCKER_CLI ?? 'docker';
    const child = spawn(
      cli,
      ['-H', `unix://${berthd.socketPath}`, 'run', '-i', '--rm', 'busybox', 'md5sum'],
      {
        stdio: ['pipe', 'pipe', 'inherit'],
      },
    );
    child.stdin.end(Buffer.alloc(3_000_000, 'berth'));
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk;
    });
    await once(child, 'close');
    const { createHash } = await import('node:crypto');
    const expected = createHash('md5').update(Buffer.alloc(3_000_000, 'berth')).digest('hex');
    assert.equal(out.trim(), `${expected}  -`);
  });

  test('delivers megabytes to a slow reader without losing a byte', async () => {
    const { stdout } = await berthd.docker(
      'run',
      '--rm',
      'busybox',
      'sh',
      '-c',
      'yes berth | head -c 20000000',
    );
    assert.equal(stdout.length, 20_000_000);
  });

  test('-it gives a terminal one can type in', async () => {
    const { screen, code } = await dockerOnPty(
      ['run', '-it', '--rm', 'busybox', 'sh'],
      'tty; echo $((6*7)); exit 3\n',
    );
    assert.match(screen, /\/dev\/pts\/0/);
    assert.match(screen, /\n42\r/);
    assert.equal(code, 3);
  });

  test('mounts binds and volumes, read-only where asked', async () => {
    await writeFile(join(berthd.directory, 'note'), 'from the host\n');
    const bind = ['-v', `${berthd.directory}/note:/note:ro`];
    assert.equal(await docker('run', '--rm', ...bind, 'busybox', 'cat', '/note'), 'from the host');
    assert.notEqual(
      (await berthd.docker('run', '--rm', ...bind, 'busybox', 'sh', '-c', 'echo x > /note')).code,
      0,
    );
    await docker('run', '--rm', '-v', 'kept:/data', 'busybox', 'sh', '-c', 'echo saved > /data/file');
    assert.equal(await docker('run', '--rm', '-v', 'kept:/data:ro', 'busybox', 'cat', '/data/file'), 'saved');
    assert.match(await docker('volume', 'ls', '-q'), /^kept$/m);
    await docker('volume', 'rm', 'kept');
  });

  test('publishes a port that the host reaches on 127.0.0.1', async () => {
    const id = await docker(
      ...['run', '-d', '-p', '127.0.0.1::8000', 'busybox', 'sh', '-c'],
      'mkdir /w; echo served > /w/index.html; exec httpd -f -p 8000 -h /w',
    );
    const address = await docker('port', id, '8000/tcp');
    const answer = await until('the server answers', () =>
      fetch(`http://${address}/`).then(
        (response) => response.text(),
        () => undefined,
      ),
    );
    assert.equal(answer, 'served\n');
    await docker('rm', '-f', id);
  });

  test('--network none has only lo, --network host the host name spaces', async () => {
    const links = await docker('run', '--rm', '--network', 'none', 'busybox', 'ls', '/sys/class/net');
    assert.equal(links, 'lo');
    const host = await docker('run', '--rm', '--network', 'host', 'busybox', 'ls', '/sys/class/net');
    assert.match(host, new RegExp(berthd.bridge));
  });
});

describe('a container in the background', () => {
  test('exec, logs -f, stats, top, pause, kill, stop and rm', async () => {
    const script = 'trap "echo bye; exit 5" TERM; i=0; while :; do i=$((i+1)); echo line $i; sleep 0.1; done';
    const id = await docker('run', '-d', '--name', 'worker', 'busybox', 'sh', '-c', script);
    assert.match(id, /^[0-9a-f]{64}$/);

    assert.equal(
      await docker('exec', '-e', 'X=1', 'worker', 'sh', '-c', 'echo $X $HOSTNAME'),
      `1 ${id.slice(0, 12)}`,
    );
    assert.equal((await berthd.docker('exec', 'worker', 'sh', '-c', 'exit 9')).code, 9);
    const onPty = await dockerOnPty(['exec', '-it', 'worker', 'sh'], 'echo $((40+2)); exit 4\n');
    assert.match(onPty.screen, /\n42\r/);
    assert.equal(onPty.code, 4);

    const follower = spawn(process.env.DOCKER_CLI ?? 'docker', [
      '-H',
      `unix://${berthd.socketPath}`,
      'logs',
      '-f',
      'worker',
    ]);
    let followed = '';
    follower.stdout.on('data', (chunk: Buffer) => {
      followed += chunk;
    });
    await until('the log is followed', async () => followed.split('\n').length > 5);

    const stats: unknown = JSON.parse(await docker('stats', '--no-stream', '--format', 'json', 'worker'));
    assert.match(String((stats as { MemUsage: string }).MemUsage), /MiB|KiB/);
    assert.match(await docker('top', 'worker'), /sleep 0.1|sh -c/);

    await docker('pause', 'worker');
    assert.equal(await docker('ps', '--filter', 'status=paused', '--format', '{{.Names}}'), 'worker');
    await docker('unpause', 'worker');

    const followerClosed = once(follower, 'close');
    await docker('stop', '-t', '5', 'worker');
    await followerClosed;
    assert.match(followed, /^line 1\nline 2\n/);
    assert.match(followed, /\nbye\n$/);
    assert.equal(
      await docker('inspect', '-f', '{{.State.Status}} {{.State.ExitCode}}', 'worker'),
      'exited 5',
    );
    assert.match(await docker('logs', '--tail', '1', 'worker'), /^bye$/);

    await docker('start', 'worker');
    await docker('kill', 'worker');
    assert.equal(await docker('wait', 'worker'), '137');
    await docker('rm', 'worker');
    assert.equal(await docker('ps', '-aq', '--no-trunc', '--filter', `id=${id}`), '');
  });

  test('update changes the limits of the running container, down to the kernel file', async () => {
    const id = await docker('run', '-d', '-m', '64m', 'busybox', 'sleep', '100');
    await docker('update', '--memory', '96m', '--memory-swap', '-1', '--cpus', '0.5', id);
    const limits = (await berthd.request('GET', `/berth/v1/containers/${id}/limits`)).json as Record<
      string,
      number
    >;
    assert.equal(limits.memoryBytes, 96 << 20);
    assert.equal((limits.cpuQuotaUs ?? 0) / (limits.cpuPeriodUs ?? 1), 0.5);
    await docker('rm', '-f', id);
  });

  test('ps filters and formats', async () => {
    await docker('run', '-d', '--name', 'filtered', '-l', 'team=harbour', 'busybox', 'sleep', '100');
    await docker('create', '--name', 'never-started', 'busybox', 'true');
    assert.equal(
      await docker('ps', '--filter', 'label=team=harbour', '--format', '{{.Names}} {{.Image}} {{.Command}}'),
      'filtered busybox "sleep 100"',
    );
    assert.equal(
      await docker('ps', '-a', '--filter', 'status=created', '--format', '{{.Names}} {{.Status}}'),
      'never-started Created',
    );
    assert.equal(
      await docker('ps', '-a', '--filter', 'name=^/filt', '-q', '--no-trunc'),
      await docker('inspect', '-f', '{{.Id}}', 'filtered'),
    );
    const conflict = await berthd.docker('create', '--name', 'filtered', 'busybox', 'true');
    assert.match(
      conflict.stderr,
      /Conflict\. The container name "\/filtered" is already in use by container/,
    );
    await docker('rm', '-f', 'filtered', 'never-started');
  });
});

describe('images', () => {
  test('import, tag, history, save, rmi, load', async () => {
    const id = await docker('run', '-d', 'busybox', 'true');
    await docker('wait', id);
    await docker('rm', id);
    await docker('tag', 'busybox', 'harbour/tools:v1');
    assert.match(await docker('images', '--format', '{{.Repository}}:{{.Tag}}'), /harbour\/tools:v1/);
    assert.match(await docker('history', 'harbour/tools:v1'), /IMAGE/);
    const archive = join(berthd.directory, 'tools.tar');
    await docker('save', '-o', archive, 'harbour/tools:v1');
    assert.match(await docker('rmi', 'harbour/tools:v1'), /Untagged: harbour\/tools:v1/);
    assert.match(await docker('load', '-i', archive), /Loaded image: harbour\/tools:v1/);
    assert.equal(await docker('run', '--rm', 'harbour/tools:v1', 'echo', 'loaded'), 'loaded');
    await docker('rmi', 'harbour/tools:v1');
  });
});

test('events tell the life of a container', async () => {
  const since = String(Math.floor(Date.now() / 1000) - 1);
  const id = await docker('run', '-d', 'busybox', 'sh', '-c', 'exit 3');
  await docker('wait', id);
  await docker('rm', id);
  const until_ = String(Math.ceil(Date.now() / 1000) + 1);
  const lines = await docker(
    ...[
      'events',
      '--since',
      since,
      '--until',
      until_,
      '--filter',
      `container=${id}`,
      '--format',
      '{{.Action}}',
    ],
  );
  assert.deepEqual(lines.split('\n'), ['create', 'start', 'die', 'destroy']);
});

test('info and version name the server', async () => {
  assert.match(await docker('version', '--format', '{{.Server.APIVersion}}'), /^1\.\d+$/);
  assert.equal(await docker('info', '--format', '{{.Driver}}'), 'overlay2');
});
