import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createCgroups } from './cgroup/index.ts';
import {
  launcherPath,
  makeHost,
  makeSpec,
  readUntil,
  silent,
  skipReason,
  type TestHost,
} from './runtime.fixture.ts';
import { createRuntime } from './runtime.ts';
import { processStartTime } from './state-directory.ts';
import type { ContainerProcess } from './types.ts';

describe('after the daemon was killed', { skip: skipReason }, () => {
  let host: TestHost;
  before(() => {
    host = makeHost();
  });
  after(() => host[Symbol.asyncDispose]());

  /** Starts a container from another process and kills that process with SIGKILL. */
  async function launchAndDie(id: string, script: string, terminal = false): Promise<number> {
    const { execRoot, instance } = host;
    const argument = JSON.stringify({
      options: { launcherPath, execRoot, instance },
      request: {
        id,
        spec: makeSpec(['sh', '-c', script], { process: { terminal } }),
        overlay: host.overlay(id),
        log: { path: host.logPath(id) },
        openStdin: true,
      },
    });
    const daemon = spawn(process.execPath, [join(import.meta.dirname, 'reconnect.fixture.ts'), argument], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [pid] = await Promise.race([once(daemon.stdout, 'data'), once(daemon, 'exit')]);
    assert.ok(Buffer.isBuffer(pid), 'the daemon started the container');
    daemon.kill('SIGKILL');
    await once(daemon, 'exit');
    return Number(pid);
  }

  const reconnect = async (id: string): Promise<ContainerProcess> => {
    const found = await host.runtime.reconnect(id);
    assert.ok(found !== undefined && 'pid' in found);
    return found;
  };

  it('a running container is found again, and no line of its log is missing or doubled', async () => {
    const script =
      'i=1; while [ $i -le 20000 ]; do echo line $i; i=$((i+1)); [ $i = 10000 ] && read x; done; exit 5';
    const pid = await launchAndDie('counting', script);
    const container = await reconnect('counting');
    assert.equal(container.pid, pid);
    assert.equal(container.terminal, false);
    assert.ok(Math.abs(container.startedAt.getTime() - Date.now()) < 60_000);
    const stream = await container.attach({ stdin: true, stdout: false, stderr: false });
    stream.write('go on\n');
    const status = await container.exited;
    assert.equal(status.exitCode, 5);
    const lines = host.records('counting').map(({ log }) => log);
    assert.deepEqual(
      lines,
      Array.from({ length: 20000 }, (_, i) => `line ${i + 1}\n`),
    );
  });

  it('one that ended meanwhile is known with its exit code', async () => {
    const pid = await launchAndDie('ended', 'echo bye; exit 9');
    const found = await host.runtime.reconnect('ended');
    const status = found !== undefined && 'pid' in found ? await found.exited : found;
    assert.equal(status?.exitCode, 9);
    assert.equal(processStartTime(pid), undefined);
    assert.equal(host.records('ended')[0]?.log, 'bye\n');
    assert.deepEqual(await host.runtime.list(), ['counting', 'ended']);
  });

  it('another process can be run in it, and its terminal used', async () => {
    await launchAndDie('terminal', 'read x; echo "<$x>"', true);
    const container = await reconnect('terminal');
    assert.equal(container.terminal, true);
    const exec = await host.runtime.exec(container, {
      id: 'e1',
      process: makeSpec(['sh', '-c', 'exit 3']).process,
    });
    assert.equal((await exec.exited).exitCode, 3);
    const stream = await container.attach({ stdin: true, stdout: true, stderr: false });
    stream.write('typed\n');
    await readUntil(stream, '<typed>');
    assert.equal((await container.exited).exitCode, 0);
  });

  it('one whose launcher was killed is gone with it, and counts as killed', async () => {
    const pid = await launchAndDie('orphan', 'read x');
    const container = await reconnect('orphan');
    const launcher = /PPid:\t(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    process.kill(Number(launcher), 'SIGKILL');
    assert.equal((await container.exited).exitCode, 137);
    const found = await host.runtime.reconnect('orphan');
    assert.equal(found !== undefined && 'exitCode' in found && found.exitCode, 137);
  });

  it('a launch that was under way is undone, and its cgroup swept by the next daemon', async () => {
    const { execRoot, instance } = host;
    const cgroup = host.runtime.cgroupVersion === 1 ? '/sys/fs/cgroup/pids' : '/sys/fs/cgroup';
    const left = join(cgroup, `berth-${instance}`, 'half-made');
    await createCgroups().create(`/berth-${instance}/half-made`, {});
    await launchAndDie('living', 'read x');
    const next = createRuntime({ launcherPath, execRoot, instance, logger: silent });
    await next.swept;
    next[Symbol.dispose]();
    assert.equal(existsSync(left), false);
    assert.equal((await reconnect('living')).terminal, false);
  });

  it('an unknown container is unknown', async () => {
    assert.equal(await host.runtime.reconnect('never'), undefined);
    await assert.rejects(host.runtime.reconnect('../escape'), { kind: 'invalid-parameter' });
  });
});

describe('the helper that forks launchers', { skip: skipReason }, () => {
  it('is started again when it was killed', async () => {
    await using host = makeHost();
    const container = await host.launch(['sh', '-c', 'read x; exit 4'], {}, { openStdin: true });
    const launcher = /PPid:\t(\d+)/.exec(readFileSync(`/proc/${container.pid}/status`, 'utf8'))?.[1];
    const helper = /PPid:\t(\d+)/.exec(readFileSync(`/proc/${launcher}/status`, 'utf8'))?.[1];
    process.kill(Number(helper), 'SIGKILL');
    assert.equal((await host.run(['true'])).exitCode, 0);
    (await container.attach({ stdin: true, stdout: false, stderr: false })).write('\n');
    assert.equal((await container.exited).exitCode, 4);
  });
});
