/** berthd, launchers and containers killed at bad moments: the state ends up honest and nothing stays behind. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { PrivateBerthd } from '../lib/private-berthd.ts';
import { until } from '../lib/until.ts';
import { dockerOf, isAlive, launcherOf } from './command-line.ts';
import { dockerArchive, tar } from './tar.ts';

const state = '{{.State.Status}} {{.State.ExitCode}} {{.State.Pid}}';

async function stored(berthd: PrivateBerthd): Promise<string[]> {
  const directories = ['content/blobs/sha256', 'content/ingest', 'overlay2', 'overlay2/l', 'containers'];
  const found = await Promise.all(directories.map((name) => readdir(join(berthd.dataRoot, name))));
  return found.flat().sort();
}

test('berthd killed while it loads, creates and removes', async () => {
  await using berthd = await PrivateBerthd.start();
  const docker = dockerOf(berthd);
  const before = await stored(berthd);
  const archive = join(berthd.directory, 'big.tar');
  const layer = tar([{ name: 'big', content: Buffer.alloc(24 << 20, 'berth') }]);
  await writeFile(archive, dockerArchive(layer, { tag: 'big:1' }));
  for (const killAfterMs of [40, 160]) {
    const busy = [berthd.docker('load', '-i', archive)];
    for (let i = 0; i < 5; i++) busy.push(berthd.docker('create', '-v', '/data', 'busybox'));
    await delay(killAfterMs);
    await berthd.stopDaemon('SIGKILL');
    await Promise.all(busy);
    await berthd.startDaemon();
    const ids = (await docker('ps', '-aq')).split('\n').filter(Boolean);
    for (const id of ids) assert.equal(await docker('inspect', '-f', '{{.State.Status}}', id), 'created');
    const removing = ids.length > 0 ? berthd.docker('rm', '-v', ...ids) : Promise.resolve();
    await delay(20);
    await berthd.stopDaemon('SIGKILL');
    await removing;
    await berthd.startDaemon();
  }
  const left = (await docker('ps', '-aq')).split('\n').filter(Boolean);
  if (left.length > 0) await docker('rm', '-v', ...left);
  if ((await docker('images', '-q', 'big')) !== '') await docker('rmi', 'big:1');
  await docker('volume', 'prune', '-f', '-a');
  await until('everything is removed', async () => (await stored(berthd)).length === before.length).catch(
    async () => assert.deepEqual(await stored(berthd), before),
  );
  await docker('load', '-i', archive);
});

test('the launcher of a container killed', async () => {
  await using berthd = await PrivateBerthd.start();
  const docker = dockerOf(berthd);
  await docker('run', '-d', '--name', 'plain', 'busybox', 'sleep', '1000');
  await docker(
    'run',
    '-d',
    '--name',
    'shared',
    '--pid',
    'host',
    'busybox',
    'sh',
    '-c',
    'sleep 1001 & sleep 1000',
  );
  await docker('run', '-d', '--name', 'restarting', '--restart', 'always', 'busybox', 'sleep', '1000');
  for (const name of ['plain', 'shared']) {
    const launcher = await launcherOf(docker, name);
    process.kill(launcher.pid, 'SIGKILL');
    assert.equal(await docker('wait', name), '137');
    assert.equal(await docker('inspect', '-f', state, name), 'exited 137 0');
    await until('its process is gone', async () => !(await isAlive(launcher.first)));
  }
  const launcher = await launcherOf(docker, 'restarting');
  process.kill(launcher.pid, 'SIGKILL');
  await until('it runs again', async () => {
    const [status, pid] = (
      await docker('inspect', '-f', '{{.State.Status}} {{.State.Pid}}', 'restarting')
    ).split(' ');
    return status === 'running' && Number(pid) !== launcher.first;
  });
  await docker('exec', 'restarting', 'true');

  // The same while there is no berthd that could notice.
  const second = await launcherOf(docker, 'restarting');
  await docker('start', 'plain');
  const other = await launcherOf(docker, 'plain');
  await berthd.stopDaemon('SIGKILL');
  for (const { pid } of [second, other]) process.kill(pid, 'SIGKILL');
  await berthd.startDaemon();
  assert.equal(await docker('inspect', '-f', state, 'plain'), 'exited 137 0');
  await until(
    'nothing runs unobserved',
    async () => !(await isAlive(second.first)) && !(await isAlive(other.first)),
  );
  await until('the policy holds', async () => (await docker('ps', '-q', '-f', 'name=restarting')) !== '');
  await docker('rm', '-f', 'plain', 'shared', 'restarting');
  await berthd.stopDaemon();
  assert.deepEqual(await berthd.leftovers(), []);
});

test('the process of a container killed from the host', async () => {
  await using berthd = await PrivateBerthd.start();
  const docker = dockerOf(berthd);
  const id = await docker('run', '-d', 'busybox', 'sh', '-c', 'echo said; sleep 1000');
  await until('it has spoken', async () => (await docker('logs', id)) === 'said');
  process.kill(Number(await docker('inspect', '-f', '{{.State.Pid}}', id)), 'SIGKILL');
  assert.equal(await docker('wait', id), '137');
  assert.equal(await docker('inspect', '-f', state, id), 'exited 137 0');
  assert.equal(await docker('inspect', '-f', '{{.State.OOMKilled}}', id), 'false');
});

test('thirty at once under a killed berthd', async () => {
  await using berthd = await PrivateBerthd.start();
  const docker = dockerOf(berthd);
  const runs = Array.from({ length: 30 }, () =>
    berthd.docker('run', '--rm', '-p', '127.0.0.1::80', 'busybox', 'true'),
  );
  await delay(400);
  await berthd.stopDaemon('SIGKILL');
  await Promise.all(runs);
  await berthd.startDaemon();
  const ids = (await docker('ps', '-aq')).split('\n').filter(Boolean);
  if (ids.length > 0) await docker('rm', '-f', ...ids);
  assert.equal(await docker('run', '--rm', 'busybox', 'echo', 'fine'), 'fine');
  await berthd.stopDaemon();
  assert.deepEqual(await berthd.leftovers(), []);
});

test('a hundred containers', async () => {
  await using berthd = await PrivateBerthd.start();
  const docker = dockerOf(berthd);
  const create = async (index: number): Promise<string> => {
    const body = { Image: 'busybox', Cmd: ['sh', '-c', `echo ${index}; exec sleep 1000`] };
    const { json } = await berthd.request('POST', '/containers/create', body);
    const { Id: id } = json as { Id: string };
    assert.equal((await berthd.request('POST', `/containers/${id}/start`)).status, 204);
    return id;
  };
  const ids = await Promise.all(Array.from({ length: 100 }, (_, index) => create(index)));
  assert.equal((await docker('ps', '-q')).split('\n').length, 100);
  const addresses = (await docker('inspect', '-f', '{{.NetworkSettings.IPAddress}}', ...ids)).split('\n');
  assert.equal(new Set(addresses).size, 100);
  await berthd.stopDaemon('SIGKILL');
  await berthd.startDaemon();
  assert.equal((await docker('ps', '-q')).split('\n').length, 100);
  for (const index of [0, 57, 99]) assert.equal(await docker('logs', ids[index] ?? ''), String(index));
  await docker('rm', '-f', ...ids);
  assert.equal(await docker('ps', '-aq'), '');
});

test('a second berthd on the same data-root is refused, on its own it runs beside', async () => {
  await using first = await PrivateBerthd.start();
  await using second = await PrivateBerthd.start();
  const rivalFlags = [...first.flags];
  rivalFlags[rivalFlags.indexOf('-H') + 1] = `unix://${first.directory}/rival.sock`;
  rivalFlags[rivalFlags.indexOf('--pidfile') + 1] = `${first.directory}/rival.pid`;
  const main = join(import.meta.dirname, '../../apps/engine/src/main.ts');
  const rival = spawn(process.execPath, [main, ...rivalFlags], { stdio: ['ignore', 'ignore', 'pipe'] });
  let complaint = '';
  rival.stderr.on('data', (chunk: Buffer) => {
    complaint += chunk;
  });
  const [code]: unknown[] = await once(rival, 'close');
  assert.notEqual(code, 0);
  assert.match(complaint, new RegExp(`another berthd \\(pid ${first.daemonPid}\\) uses .*/data`));

  const [one, two] = [dockerOf(first), dockerOf(second)];
  await one('run', '-d', '--name', 'same', '-p', '127.0.0.1::80', 'busybox', 'sleep', '1000');
  await two('run', '-d', '--name', 'same', '-p', '127.0.0.1::80', 'busybox', 'sleep', '1000');
  await second.stopDaemon('SIGKILL');
  await second.startDaemon();
  await two('rm', '-f', 'same');
  await second.stopDaemon();
  assert.equal(await one('exec', 'same', 'echo', 'untouched'), 'untouched');
  assert.match(await one('port', 'same'), /^80\/tcp -> 127\.0\.0\.1:\d+$/);
});
