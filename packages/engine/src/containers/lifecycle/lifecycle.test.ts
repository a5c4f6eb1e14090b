import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { EngineError } from '@berth/engine-api';
import { FakeProcess, FakeRuntime } from '../../testing/fakes.ts';
import { createHarness, type Harness } from '../../testing/harness.ts';
import { nextDelayMs, shouldRestart } from './restart-policy.ts';

const live = new AbortController().signal;

async function exitOf(harness: Harness, id: string): Promise<number> {
  const { result } = await harness.engine.containers.wait(id, 'next-exit', live);
  return (await result).StatusCode;
}

/** Resolves with the next event of this kind. */
async function eventOf(harness: Harness, action: string): Promise<void> {
  const done = new AbortController();
  const events = harness.engine.system.events({
    since: undefined,
    until: undefined,
    filters: { event: [action] },
    signal: done.signal,
  });
  for await (const _ of events) done.abort();
}

const force = { force: true, volumes: false, link: false };

test('a container goes from created over running to exited, and says so', async () => {
  await using harness = await createHarness();
  const id = await harness.create({ Labels: { a: 'b' } }, 'web');
  assert.equal((await harness.inspect('web')).State.Status, 'created');
  await harness.start(id);
  assert.equal((await harness.inspect(id.slice(0, 8))).State.Status, 'running');
  await assert.rejects(harness.start(id), { kind: 'not-modified' });
  const exit = exitOf(harness, id);
  harness.runtime.last.end(3);
  assert.equal(await exit, 3);
  const { State } = await harness.inspect(id);
  assert.deepEqual([State.Status, State.ExitCode, State.Running, State.Pid], ['exited', 3, false, 0]);
  const events = await harness.events();
  const actions = events.filter(({ Type }) => Type === 'container').map(({ Action }) => Action);
  assert.deepEqual(actions, ['create', 'start', 'die']);
  const die = events.find(({ Action }) => Action === 'die');
  assert.deepEqual(die?.Actor.Attributes, {
    a: 'b',
    from: 'image',
    image: 'busybox',
    name: 'web',
    exitCode: '3',
    execDuration: '0',
  });
  assert.equal(harness.networks.sandboxes.size, 0);
  assert.ok(harness.runtime.last.disposed);
});

test('stop sends the stop signal, and SIGKILL when that does not help', async () => {
  await using harness = await createHarness();
  const { containers } = harness.engine;
  const id = await harness.create({ StopSignal: 'SIGINT' });
  await assert.rejects(containers.stop(id, { timeoutS: 1, signal: undefined }), { kind: 'not-modified' });
  await harness.start(id);
  const process = harness.runtime.last;
  process.onSignal = (signal) => {
    if (signal === 9) process.end(137);
  };
  await containers.stop(id, { timeoutS: 0, signal: undefined });
  assert.deepEqual(process.signals, [2, 9]);
  assert.equal((await harness.inspect(id)).State.ExitCode, 137);
});

test('pause, unpause and kill have their conditions', async () => {
  await using harness = await createHarness();
  const { containers } = harness.engine;
  const id = await harness.create();
  await assert.rejects(containers.pause(id), /is not running/);
  await assert.rejects(containers.kill(id, { signal: undefined }), /is not running/);
  await harness.start(id);
  await assert.rejects(containers.kill(id, { signal: 'SIGFOO' }), { kind: 'invalid-parameter' });
  await containers.pause(id);
  assert.ok(harness.runtime.last.frozen);
  assert.equal((await harness.inspect(id)).State.Status, 'paused');
  await assert.rejects(containers.pause(id), /is already paused/);
  await assert.rejects(containers.remove(id, { ...force, force: false }), /must be unpaused first/);
  await containers.unpause(id);
  await assert.rejects(containers.unpause(id), /is not paused/);
  await containers.pause(id);
  await containers.kill(id, { signal: 'KILL' });
  assert.ok(!harness.runtime.last.frozen);
  assert.equal((await harness.inspect(id)).State.Status, 'exited');
});

test('removing needs force while it runs, and frees the name at once', async () => {
  await using harness = await createHarness();
  const { containers } = harness.engine;
  const id = await harness.create({}, 'web');
  await harness.start(id);
  await assert.rejects(containers.remove(id, { ...force, force: false }), {
    message:
      'cannot remove container "/web": container is running: stop the container before removing or force remove',
  });
  const removed = await containers.wait(id, 'removed', live);
  await containers.remove('web', force);
  assert.equal((await removed.result).StatusCode, 137);
  await assert.rejects(containers.inspect('web', { size: false }), { message: 'No such container: web' });
  await harness.create({}, 'web');
});

test('an auto-removed container goes with its end, its anonymous volumes too', async () => {
  await using harness = await createHarness();
  const id = await harness.create({ Volumes: { '/data': {} }, HostConfig: { AutoRemove: true } });
  await harness.start(id);
  const { result } = await harness.engine.containers.wait(id, 'removed', live);
  harness.runtime.last.end(4);
  assert.equal((await result).StatusCode, 4);
  assert.equal(harness.volumes.names.size, 0);
  await assert.rejects(harness.inspect(id), { kind: 'not-found' });
});

test('a failed start leaves its reason behind and nothing else', async () => {
  await using harness = await createHarness();
  const error = Object.assign(
    new EngineError('invalid-parameter', 'exec: "nosuch": executable file not found'),
    {
      exitCode: 127,
    },
  );
  harness.runtime.onLaunch = () => {
    throw error;
  };
  const id = await harness.create({ Cmd: ['nosuch'] });
  await assert.rejects(harness.start(id), error);
  const { State } = await harness.inspect(id);
  assert.deepEqual([State.Status, State.ExitCode], ['created', 127]);
  assert.match(State.Error, /executable file not found/);
  assert.equal(harness.networks.sandboxes.size, 0);
  harness.runtime.onLaunch = () => {};
  await harness.start(id);
  assert.equal((await harness.inspect(id)).State.Error, '');
});

test('restart policies follow Docker’s rules', () => {
  const facts = { exitCode: 1, restartCount: 0, manuallyStopped: false, daemonStart: false };
  const policy = (Name: string, MaximumRetryCount = 0) => ({ Name, MaximumRetryCount });
  const rows: [ReturnType<typeof policy>, Partial<typeof facts>, boolean][] = [
    [policy('no'), {}, false],
    [policy('always'), { exitCode: 0 }, true],
    [policy('always'), { manuallyStopped: true }, false],
    [policy('always'), { manuallyStopped: true, daemonStart: true }, true],
    [policy('unless-stopped'), { manuallyStopped: true, daemonStart: true }, false],
    [policy('unless-stopped'), { daemonStart: true }, true],
    [policy('on-failure'), { exitCode: 0 }, false],
    [policy('on-failure', 3), { restartCount: 2 }, true],
    [policy('on-failure', 3), { restartCount: 3 }, false],
  ];
  for (const [wanted, change, expected] of rows) {
    assert.equal(shouldRestart(wanted, { ...facts, ...change }), expected, JSON.stringify([wanted, change]));
  }
  assert.deepEqual([nextDelayMs(0, 5), nextDelayMs(100, 5), nextDelayMs(50_000, 5)], [100, 200, 60_000]);
  assert.equal(nextDelayMs(6400, 11_000), 100);
});

test('on-failure starts again and counts, a stop ends the waiting', async () => {
  await using harness = await createHarness();
  const id = await harness.create({
    HostConfig: { RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 0 } },
  });
  await harness.start(id);
  const started = eventOf(harness, 'start');
  const exit = exitOf(harness, id);
  harness.runtime.last.end(1);
  await exit;
  assert.equal((await harness.inspect(id)).State.Status, 'restarting');
  await started;
  assert.equal((await harness.inspect(id)).RestartCount, 1);
  const again = exitOf(harness, id);
  harness.runtime.last.end(1);
  await again;
  await harness.engine.containers.stop(id, { timeoutS: undefined, signal: undefined });
  assert.equal((await harness.inspect(id)).State.Status, 'exited');
  assert.equal(harness.runtime.launches.length, 2);
});

test('a client that attaches before the start is connected before the program runs', async () => {
  await using harness = await createHarness();
  const id = await harness.create({ OpenStdin: true, StdinOnce: true });
  const { join, multiplexed } = await harness.engine.containers.attach(id, {
    stdin: true,
    stdout: true,
    stderr: true,
    logs: false,
    stream: true,
    detachKeys: undefined,
  });
  assert.ok(multiplexed);
  let connected = 0;
  harness.runtime.onLaunch = (process) => {
    connected = process.pipes.length;
  };
  const client = new PassThrough();
  const joined = join(client);
  await harness.start(id);
  assert.equal(connected, 1);
  assert.deepEqual(harness.runtime.last.pipes[0]?.options, {
    stdin: true,
    stdout: true,
    stderr: true,
    stdinOnce: true,
  });
  harness.runtime.last.end(0);
  await joined;
  assert.ok(client.destroyed);
});

test('limits change the running container, and stay', async () => {
  await using harness = await createHarness();
  const { containers } = harness.engine;
  const id = await harness.create({ HostConfig: { Memory: 64 << 20 } });
  await harness.start(id);
  await containers.update(id, { NanoCpus: 500_000_000, PidsLimit: 20 });
  assert.deepEqual(harness.runtime.last.updates, [
    { cpu: { period: 100_000, quota: 50_000 }, pids: { limit: 20 } },
  ]);
  await assert.rejects(containers.update(id, { CpuQuota: 10_000 }), /NanoCPUs has already been set/);
  await assert.rejects(containers.update(id, { Memory: 1 << 30 }), /update the memoryswap at the same time/);
  await containers.update(id, { Memory: 32 << 20 });
  const { HostConfig } = await harness.inspect(id);
  assert.deepEqual(
    [HostConfig.Memory, HostConfig.MemorySwap, HostConfig.PidsLimit],
    [32 << 20, 128 << 20, 20],
  );
});

test('rename keeps references apart', async () => {
  await using harness = await createHarness();
  const { containers } = harness.engine;
  const id = await harness.create({}, 'one');
  await harness.create({}, 'two');
  await assert.rejects(containers.rename('one', 'two'), /already in use by container/);
  await containers.rename('one', 'three');
  assert.equal((await harness.inspect('three')).Id, id);
  await assert.rejects(harness.inspect('one'), { kind: 'not-found' });
  await harness.create({}, 'one');
});

test('execs run once, answer their exit code, and report why a program cannot run', async () => {
  await using harness = await createHarness();
  const { containers } = harness.engine;
  const id = await harness.create({ Env: ['A=1'], User: 'app' });
  await assert.rejects(containers.createExec(id, { Cmd: ['ls'] }), /is not running/);
  await harness.start(id);
  await assert.rejects(containers.createExec(id, { Cmd: [] }), /No exec command specified/);
  const { Id } = await containers.createExec(id, { Cmd: ['ls', '-l'], Env: ['B=2'], AttachStdout: true });
  harness.runtime.onLaunch = (process) => process.end(5);
  const { join } = await containers.startExec(Id, { detach: false, tty: false, consoleSize: undefined });
  await join(new PassThrough());
  const request = harness.runtime.execs[0];
  assert.equal(request?.user, 'app');
  assert.ok(request?.process.env.includes('A=1') && request.process.env.includes('B=2'));
  const state = await containers.inspectExec(Id);
  assert.deepEqual([state.Running, state.ExitCode, state.ProcessConfig.entrypoint], [false, 5, 'ls']);
  await assert.rejects(
    containers.startExec(Id, { detach: false, tty: false, consoleSize: undefined }),
    /has already run/,
  );
  harness.runtime.onLaunch = () => {
    throw Object.assign(new EngineError('invalid-parameter', 'no such program'), { exitCode: 127 });
  };
  const failing = await containers.createExec(id, { Cmd: ['nosuch'] });
  const started = await containers.startExec(failing.Id, {
    detach: false,
    tty: false,
    consoleSize: undefined,
  });
  const client = new PassThrough();
  const output = client.toArray();
  await started.join(client);
  assert.match(Buffer.concat(await output).toString(), /no such program/);
  assert.equal((await containers.inspectExec(failing.Id)).ExitCode, 127);
});

test('a wait for what cannot start does not repeat why: the start has said so', async () => {
  await using harness = await createHarness();
  const { containers } = harness.engine;
  const id = await harness.create({ HostConfig: { AutoRemove: true } });
  harness.runtime.onLaunch = () => {
    throw Object.assign(new EngineError('invalid-parameter', 'no such program'), { exitCode: 127 });
  };
  const waits = await Promise.all(
    (['next-exit', 'removed'] as const).map((condition) => containers.wait(id, condition, live)),
  );
  await assert.rejects(harness.start(id), /no such program/);
  const results = await Promise.all(waits.map(({ result }) => result));
  assert.deepEqual(results, [{ StatusCode: 127 }, { StatusCode: 127 }]);
});

/** A harness whose daemon went without a word, and the directory it left. */
async function afterCrash(
  prepare: (harness: Harness) => Promise<string>,
  runtime: (id: string) => FakeRuntime,
) {
  const first = await createHarness();
  const id = await prepare(first);
  await first.engine.close({ stopContainers: false });
  return { id, harness: await createHarness(first.dataRoot, runtime(id)) };
}

test('the next daemon takes over what runs', async () => {
  const process = new FakeProcess('x', 77, false);
  const { id, harness } = await afterCrash(
    async (first) => {
      const made = await first.create({}, 'web');
      await first.start(made);
      return made;
    },
    (made) => {
      const runtime = new FakeRuntime();
      runtime.before.set(made, process);
      return runtime;
    },
  );
  await using _ = harness;
  const { State } = await harness.inspect('web');
  assert.deepEqual([State.Status, State.Pid], ['running', 77]);
  const exit = exitOf(harness, id);
  process.end(6);
  assert.equal(await exit, 6);
});

test('the next daemon handles what ended meanwhile, and what nobody knows the end of', async () => {
  const start = async (first: Harness): Promise<string> => {
    const made = await first.create({}, 'web');
    await first.start(made);
    return made;
  };
  const ended = await afterCrash(start, (made) => {
    const runtime = new FakeRuntime();
    runtime.before.set(made, { exitCode: 9, exitedAt: new Date(), oomKilled: true });
    return runtime;
  });
  const { State } = await ended.harness.inspect('web');
  assert.deepEqual([State.Status, State.ExitCode, State.OOMKilled], ['exited', 9, true]);
  await ended.harness[Symbol.asyncDispose]();

  const lost = await afterCrash(start, () => new FakeRuntime());
  await using harness = lost.harness;
  assert.equal((await harness.inspect('web')).State.ExitCode, 255);
});
