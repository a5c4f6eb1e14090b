import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { LaunchError } from './launch-error.ts';
import {
  demultiplex,
  makeHost,
  makeProcess,
  readAll,
  readUntil,
  skipReason,
  type TestHost,
} from './runtime.fixture.ts';

describe('a container', { skip: skipReason }, () => {
  let host: TestHost;
  before(() => {
    host = makeHost();
  });
  after(() => host[Symbol.asyncDispose]());

  const sh = (script: string) => ['sh', '-c', script];
  const attachAll = { stdin: true, stdout: true, stderr: true };

  it('ends with the exit code of its program, or 128 and the signal', async () => {
    assert.equal((await host.run(['true'])).exitCode, 0);
    assert.equal((await host.run(sh('exit 42'))).exitCode, 42);
    const sleeping = await host.launch(['sleep', '100']);
    await sleeping.signal(9);
    assert.equal((await sleeping.exited).exitCode, 137);
    await assert.rejects(sleeping.signal(9), { kind: 'conflict' });
  });

  it('writes both streams to the log', async () => {
    const run = await host.run(sh('echo out; echo err >&2; printf "no newline \\377 é \\t \\001 \\"q\\""'));
    assert.equal(run.stdout, 'out\nno newline � é \t \u0001 "q"');
    assert.equal(run.stderr, 'err\n');
  });

  it('cuts lines of the log at 16 KiB and keeps every byte', async () => {
    const script = 'i=0; while [ $i -lt 5000 ]; do printf "abcdé-%04d" $i; i=$((i+1)); done; echo; echo end';
    const { stdout } = await host.run(sh(script), {}, { id: 'long' });
    const expected = Array.from({ length: 5000 }, (_, i) => `abcdé-${String(i).padStart(4, '0')}`).join('');
    assert.equal(stdout, `${expected}\nend\n`);
    const sizes = host.records('long').map(({ log }) => Buffer.byteLength(log));
    assert.ok(sizes.every((size) => size <= 16385));
    assert.ok(sizes.filter((size) => size >= 16381).length >= 3);
  });

  it('rotates the log by size', async () => {
    const log = { path: host.logPath('rotated'), maxSizeBytes: 4096, maxFiles: 3 };
    await (await host.launch(['seq', '1', '400'], {}, { id: 'rotated', log })).exited;
    const files = readdirSync(join(host.directory, 'logs')).filter((name) => name.startsWith('rotated'));
    assert.deepEqual(files.sort(), ['rotated.log', 'rotated.log.1', 'rotated.log.2']);
    const lines = ['.2', '.1', ''].flatMap((suffix) =>
      readFileSync(log.path + suffix, 'utf8')
        .trim()
        .split('\n'),
    );
    assert.ok(files.every((name) => readFileSync(join(host.directory, 'logs', name)).length <= 4096));
    assert.equal(JSON.parse(lines.at(-1) ?? '').log, '400\n');
    const first = Number(JSON.parse(lines[0] ?? '').log);
    assert.equal(lines.length, 400 - first + 1);
  });

  it('sees its own host name, processes, devices and environment', async () => {
    const script = 'cat /proc/sys/kernel/hostname; echo $$; env; ls /dev; ls /proc/self/fd | wc -l';
    const { stdout } = await host.run(sh(script), { process: { env: ['PATH=/bin', 'A=b c'] } });
    const lines = stdout.split('\n');
    assert.deepEqual(lines.slice(0, 2), ['boxed', '1']);
    assert.ok(lines.includes('A=b c') && lines.includes('HOME=/root'));
    for (const name of ['null', 'zero', 'full', 'random', 'urandom', 'tty', 'ptmx', 'shm', 'fd', 'stdin']) {
      assert.ok(lines.includes(name), name);
    }
    // 0, 1, 2 and the directory being listed: nothing of the launcher's.
    assert.equal(lines.at(-2), '4');
  });

  it('resolves users and groups in its own files', async () => {
    const id = async (user: string, groups: string[] = []) =>
      (await host.run(sh('id -u; id -g; id -G; echo $HOME'), {}, { user, groups })).stdout.trim().split('\n');
    assert.deepEqual(await id('bob'), ['1000', '1000', '1000 10 63', '/home/bob']);
    assert.deepEqual(await id('1000'), ['1000', '1000', '1000 10 63', '/home/bob']);
    assert.deepEqual(await id('bob:audio'), ['1000', '63', '63', '/home/bob']);
    assert.deepEqual(await id('4711:99'), ['4711', '99', '99', '/']);
    assert.deepEqual(await id('4711', ['audio', '7']), ['4711', '0', '0 7 63', '/']);
    await assert.rejects(host.run(['true'], {}, { user: 'eve' }), {
      message: 'unable to find user eve: no matching entries in passwd file',
      exitCode: 125,
    });
    await assert.rejects(host.run(['true'], {}, { user: 'bob:nobody' }), {
      message: 'unable to find group nobody: no matching entries in group file',
    });
  });

  it('has only the capabilities it was given, and none as another user', async () => {
    const status = 'cat /proc/self/status';
    const { stdout } = await host.run(sh(status));
    assert.match(stdout, /CapEff:\t00000000080000e3/);
    assert.match(stdout, /CapBnd:\t00000000080000e3/);
    assert.match(stdout, /CapInh:\t0{16}/);
    assert.match((await host.run(sh(status), {}, { user: 'bob' })).stdout, /CapEff:\t0{16}/);
    const confined = await host.run(sh(status), { process: { noNewPrivileges: true } });
    assert.match(confined.stdout, /NoNewPrivs:\t1/);
  });

  for (const noNewPrivileges of [false, true]) {
    it(`runs under a seccomp filter (no_new_privs ${noNewPrivileges})`, async () => {
      const seccomp = {
        defaultAction: 'SCMP_ACT_ALLOW',
        syscalls: [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO', errnoRet: 28 }],
      };
      const changes = { process: { noNewPrivileges }, linux: { seccomp } };
      const { stdout } = await host.run(sh('mkdir /x 2>&1; cat /proc/self/status'), changes, {
        user: 'root',
      });
      assert.match(stdout, /No space left/);
      assert.match(stdout, /Seccomp:\t2/);
    });
  }

  it('starts in its working directory, made when it is missing', async () => {
    assert.equal((await host.run(sh('pwd'), { process: { cwd: '/a/new/one' } })).stdout, '/a/new/one\n');
    await assert.rejects(
      host.run(['true'], { process: { cwd: '/etc/passwd' } }),
      /chdir to cwd \("\/etc\/passwd"\)/,
    );
  });

  it('cannot read masked paths nor write read-only ones', async () => {
    const script =
      'cat /proc/keys | wc -c; ls /sys/firmware | wc -l; echo 1 > /proc/sys/kernel/panic; touch /sys/x; touch /ok';
    const { stdout, stderr } = await host.run(sh(script));
    assert.equal(stdout, '0\n0\n');
    assert.match(stderr, /\/proc\/sys\/kernel\/panic: Read-only file system/);
    assert.match(stderr, /\/sys\/x: Read-only file system/);
    assert.doesNotMatch(stderr, /\/ok/);
  });

  it('has a read-only root when asked, with writable mounts', async () => {
    const mounts = [
      { destination: '/tmp', type: 'tmpfs', source: 'tmpfs', options: ['size=1m', 'mode=1777'] },
    ];
    const { stdout, stderr } = await host.run(sh('touch /x; touch /tmp/x && echo ok'), {
      root: { readonly: true },
      mounts,
    });
    assert.match(stderr, /Read-only file system/);
    assert.equal(stdout, 'ok\n');
  });

  it('applies sysctls, limits and the OOM score', async () => {
    const changes = {
      process: { rlimits: [{ type: 'RLIMIT_NOFILE', soft: 100, hard: 200 }], oomScoreAdj: 500 },
      linux: { sysctl: { 'net.ipv4.ip_forward': '1', 'kernel.shm_rmid_forced': '1' } },
    };
    const script =
      'ulimit -n; ulimit -Hn; cat /proc/self/oom_score_adj /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/shm_rmid_forced';
    assert.equal((await host.run(sh(script), changes)).stdout, '100\n200\n500\n1\n1\n');
  });

  it('binds files and directories, read-only or not, and makes their targets', async () => {
    const source = join(host.directory, 'source');
    mkdirSync(source);
    writeFileSync(join(source, 'file'), 'hello');
    const mounts = [
      { destination: '/deep/er', type: 'bind', source, options: ['rbind', 'rw'] },
      { destination: '/read/only', type: 'bind', source, options: ['rbind', 'ro'] },
      { destination: '/etc/motd', type: 'bind', source: join(source, 'file'), options: ['bind', 'ro'] },
    ];
    const script = 'cat /etc/motd; echo new > /deep/er/new; touch /read/only/x; touch /etc/motd || echo no';
    const { stdout, stderr } = await host.run(sh(script), { mounts });
    assert.equal(stdout, 'hellono\n');
    assert.match(stderr, /\/read\/only\/x: Read-only/);
    assert.equal(readFileSync(join(source, 'new'), 'utf8'), 'new\n');
    const missing = [{ destination: '/x', type: 'bind', source: '/does/not/exist', options: ['bind'] }];
    await assert.rejects(
      host.run(['true'], { mounts: missing }),
      /bind source path does not exist: \/does\/not\/exist/,
    );
  });

  it('resolves mount targets inside its own root, whatever links the image has', async () => {
    const layer = join(host.directory, 'tricks');
    const outside = join(host.directory, 'outside');
    mkdirSync(layer);
    mkdirSync(outside);
    symlinkSync(outside, join(layer, 'absolute'));
    symlinkSync(`../../../../../../..${outside}`, join(layer, 'relative'));
    symlinkSync('loop', join(layer, 'loop'));
    symlinkSync('/proc', join(layer, 'process'));
    const source = join(host.directory, 'source2');
    mkdirSync(source);
    writeFileSync(join(source, 'here'), '');
    const bind = (destination: string) => [{ destination, type: 'bind', source, options: ['bind'] }];
    const run = (destination: string, id: string) =>
      host.run(['ls', destination], { mounts: bind(destination) }, { id, overlay: host.overlay(id, layer) });
    assert.equal((await run('/absolute/new', 'trick1')).stdout, 'here\n');
    assert.equal((await run('/relative/new', 'trick2')).stdout, 'here\n');
    assert.equal((await run('/absolute', 'trick3')).stdout, 'here\n');
    assert.deepEqual(readdirSync(outside), []);
    await assert.rejects(run('/loop/x', 'trick4'), /create mount point "\/loop\/x" in rootfs/);
    await assert.rejects(run('/process', 'trick5'), /cannot be mounted because it is inside \/proc/);
  });

  it('fails with the exit codes and words that Docker clients know, and leaves nothing', async () => {
    const failure = async (args: string[], exitCode: number, message: RegExp) => {
      await assert.rejects(host.launch(args, {}, { id: 'failing' }), (error) => {
        assert.ok(error instanceof LaunchError);
        assert.match(error.message, message);
        assert.equal(error.exitCode, exitCode);
        return true;
      });
      assert.ok(!existsSync(join(host.execRoot, 'containers/failing')));
      assert.ok(!existsSync(`/sys/fs/cgroup/memory/berth-${host.instance}/failing`));
    };
    await failure(
      ['nope'],
      127,
      /^failed to create task for container: .*exec: "nope": executable file not found in \$PATH$/,
    );
    await failure(['/no/pe'], 127, /exec: "\/no\/pe": stat \/no\/pe: no such file or directory$/);
    await failure(['/bin/data'], 126, /exec: "\/bin\/data": permission denied$/);
    await failure(['/etc'], 126, /exec: "\/etc": is a directory$/);
    await failure(['/bin/plain'], 126, /exec \/bin\/plain: exec format error$/);
  });

  it('gives an attached client everything when it is held for it', async () => {
    const attached = Promise.withResolvers<Buffer>();
    await host.launch(
      sh('read line; echo "got $line"; echo oops >&2'),
      {},
      {
        openStdin: true,
        async beforeStart(process) {
          const stream = await process.attach(attachAll);
          readAll(stream).then(attached.resolve, attached.reject);
          stream.end('a line\n');
        },
      },
    );
    assert.deepEqual(demultiplex(await attached.promise), { stdout: 'got a line\n', stderr: 'oops\n' });
  });

  it('does not run when beforeStart fails', async () => {
    const beforeStart = () => Promise.reject(new Error('changed my mind'));
    await assert.rejects(host.launch(sh('echo ran'), {}, { id: 'unwanted', beforeStart }), /changed my mind/);
    assert.equal(readFileSync(host.logPath('unwanted'), 'utf8'), '');
    assert.ok(!existsSync(join(host.execRoot, 'containers/unwanted')));
  });

  it('sees the end of its input when the client ends it, not when the client leaves', async () => {
    const container = await host.launch(['cat'], {}, { openStdin: true });
    const leaving = await container.attach(attachAll);
    leaving.write('one\n');
    leaving.setEncoding('latin1');
    await readUntil(leaving, 'one\n');
    leaving.destroy();
    const ending = await container.attach(attachAll);
    ending.end('two\n');
    assert.equal(demultiplex(await readAll(ending)).stdout, 'two\n');
    assert.deepEqual((await container.logged()).stdout, 'one\ntwo\n');
    const once = await host.launch(['cat'], {}, { openStdin: true });
    (await once.attach({ ...attachAll, stdinOnce: true })).destroy();
    assert.equal((await once.exited).exitCode, 0);
  });

  it('takes megabytes of input', async () => {
    const size = 3 << 20;
    const container = await host.launch(['wc', '-c'], {}, { openStdin: true });
    const stream = await container.attach(attachAll);
    stream.end(Buffer.alloc(size, 'x'));
    assert.equal(demultiplex(await readAll(stream)).stdout, `${size}\n`);
  });

  it('runs on a terminal that can be resized', async () => {
    const process = { terminal: true, consoleSize: { height: 24, width: 80 } };
    const container = await host.launch(
      sh('read x; stty size; tty; read x; stty size; echo $x > /dev/console'),
      { process },
      {
        openStdin: true,
      },
    );
    const stream = await container.attach(attachAll);
    stream.write('a\n');
    assert.match(await readUntil(stream, '/dev/pts/0'), /24 80/);
    await container.resize({ rows: 50, columns: 132 });
    stream.write('typed\n');
    await container.exited;
    const { stdout } = await container.logged();
    assert.equal(stdout, 'a\r\n24 80\r\n/dev/pts/0\r\ntyped\r\n50 132\r\ntyped\r\n');
  });

  it('is neither blocked by a client that does not read nor makes it lose anything', async () => {
    const container = await host.launch(sh('read x; seq 1 400000'), {}, { openStdin: true });
    const stream = await container.attach(attachAll);
    const other = await container.attach({ stdin: false, stdout: true, stderr: true });
    stream.pause();
    stream.write('go\n');
    const quick = readAll(other);
    assert.equal((await container.exited).exitCode, 0);
    const expected = Array.from({ length: 400_000 }, (_, i) => `${i + 1}\n`).join('');
    assert.ok(demultiplex(await quick).stdout === expected);
    assert.ok(demultiplex(await readAll(stream)).stdout === expected);
    assert.ok((await container.logged()).stdout === expected);
  });

  it('reports that the OOM killer ended it', async () => {
    const linux = { resources: { memory: { limit: 16 << 20, swap: 16 << 20 } } };
    const run = await host.run(sh('dd if=/dev/zero of=/dev/shm/x bs=1M count=40 2>/dev/null; exit $?'), {
      linux,
    });
    assert.equal(run.oomKilled, true);
    assert.equal(run.exitCode, 137);
  });

  it('runs more processes inside, with their own identity, terminal and exit code', async () => {
    const container = await host.launch(['sleep', '100'], { process: { env: ['PATH=/bin', 'X=1'] } });
    const exec = async (id: string, script: string, user?: string) => {
      const output = Promise.withResolvers<Buffer>();
      const process = await host.runtime.exec(container, {
        id,
        process: makeProcess(sh(script)),
        ...(user === undefined ? {} : { user }),
        async beforeStart(held) {
          readAll(await held.attach(attachAll)).then(output.resolve, output.reject);
        },
      });
      return { status: await process.exited, ...demultiplex(await output.promise) };
    };
    const inside = await exec('e1', 'cat /proc/1/cmdline; cat /proc/self/cgroup; id -un; exit 7', 'bob');
    assert.ok(inside.stdout.startsWith('sleep\0' + '100\0'));
    assert.match(inside.stdout, /:memory:\/\n|^0::\/$/m);
    assert.match(inside.stdout, /bob\n$/);
    assert.equal(inside.status.exitCode, 7);
    assert.deepEqual(readdirSync(join(host.execRoot, 'execs')), []);
    await assert.rejects(exec('e2', 'true', 'eve'), /unable to find user eve/);
    await assert.rejects(
      host.runtime.exec(container, { id: 'e3', process: makeProcess(['nope']) }),
      /^LaunchError: OCI runtime exec failed: exec failed: .*exec: "nope": executable file not found in \$PATH$/,
    );
    const shell = await host.runtime.exec(container, {
      id: 'e4',
      process: makeProcess(['sh'], { terminal: true, consoleSize: { height: 10, width: 20 } }),
      openStdin: true,
    });
    const terminal = await shell.attach(attachAll);
    terminal.write('stty size; exit 3\n');
    assert.match((await readAll(terminal)).toString(), /10 20/);
    assert.equal((await shell.exited).exitCode, 3);
    await container.signal(9);
    await container.exited;
    await assert.rejects(exec('e5', 'true'), /not running/);
  });

  it('leaves nothing running when it shares the pid namespace of the host', async () => {
    const namespaces = (['network', 'mount', 'ipc', 'uts', 'cgroup'] as const).map((type) => ({ type }));
    const script = 'sleep 1000 & echo $!; exit 6';
    const { exitCode, stdout } = await host.run(sh(script), { linux: { namespaces } });
    assert.equal(exitCode, 6);
    const state = existsSync(`/proc/${stdout.trim()}`) && readFileSync(`/proc/${stdout.trim()}/stat`, 'utf8');
    assert.ok(!state || / Z /.test(state), 'the background process is gone');
  });

  it('takes its execs with it', async () => {
    const container = await host.launch(['sleep', '100']);
    const exec = await host.runtime.exec(container, { id: 'e6', process: makeProcess(['sleep', '100']) });
    await container.signal(9);
    assert.equal((await exec.exited).exitCode, 137);
  });

  it('can be started again under the same id', async () => {
    for (const code of [1, 2]) {
      assert.equal((await host.run(sh(`exit ${code}`), {}, { id: 'again' })).exitCode, code);
    }
    const status = await host.runtime.reconnect('again');
    assert.equal(status !== undefined && 'exitCode' in status && status.exitCode, 2);
    await host.runtime.remove('again');
    await host.runtime.remove('again');
    assert.equal(await host.runtime.reconnect('again'), undefined);
  });

  it('throws its layer away without syncing when that is volatile, and starts on it again', async () => {
    const request = { id: 'volatile', overlay: { ...host.overlay('volatile'), volatile: true } };
    await host.run(sh('echo kept > /file'), {}, request);
    assert.equal((await host.run(['cat', '/file'], {}, request)).stdout, 'kept\n');
  });

  it('starts many at once', async () => {
    const runs = await Promise.all(Array.from({ length: 20 }, (_, i) => host.run(sh(`exit ${i}`))));
    assert.deepEqual(
      runs.map(({ exitCode }) => exitCode),
      runs.map((_, i) => i),
    );
  });
});
