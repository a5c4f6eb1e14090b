/** Many clients that do everything to the same few containers at once: every answer is an honest one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ApiAnswer } from '../lib/api-request.ts';
import { PrivateBerthd } from '../lib/private-berthd.ts';

const seconds = 6;
const clients = 10;
const names = ['ada', 'bob', 'cyd', 'dan'];
const scripts = ['sleep 1000', 'exit 3', 'sleep 0.2; exit 1', 'while :; do echo x; sleep 0.01; done'];

const pick = <T>(list: readonly T[]): T => list[Math.floor(Math.random() * list.length)] as T;

type Action = (berthd: PrivateBerthd, name: string) => Promise<ApiAnswer>;

const post =
  (path: string, body?: unknown): Action =>
  (berthd, name) =>
    berthd.request('POST', `/containers/${name}/${path}`, body);
const get =
  (path: string): Action =>
  (berthd, name) =>
    berthd.request('GET', `/containers/${name}/${path}`);

const create: Action = (berthd, name) =>
  berthd.request('POST', `/containers/create?name=${name}`, {
    Image: 'busybox',
    Cmd: ['sh', '-c', pick(scripts)],
    Volumes: pick([{}, { '/data': {} }]),
    HostConfig: {
      RestartPolicy: { Name: pick(['no', 'always', 'on-failure']), MaximumRetryCount: 0 },
      PortBindings: pick([{}, { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '0' }] }]),
    },
  });

const exec: Action = async (berthd, name) => {
  const body = { Cmd: ['true'], AttachStdout: true };
  const made = await berthd.request('POST', `/containers/${name}/exec`, body);
  if (made.status !== 201) return made;
  const { Id: id } = made.json as { Id: string };
  return await berthd.request('POST', `/exec/${id}/start`, { Detach: pick([true, false]) });
};

const actions: Record<string, Action> = {
  create,
  start: post('start'),
  stop: post('stop?t=0'),
  kill: post('kill'),
  restart: post('restart?t=0'),
  pause: post('pause'),
  unpause: post('unpause'),
  rename: (berthd, name) => berthd.request('POST', `/containers/${name}/rename?name=${pick(names)}`),
  update: post('update', { Memory: 64 << 20, MemorySwap: -1, NanoCpus: 5e8 }),
  remove: (berthd, name) => berthd.request('DELETE', `/containers/${name}?force=1&v=1`),
  removeStopped: (berthd, name) => berthd.request('DELETE', `/containers/${name}?v=1`),
  exec,
  inspect: get('json?size=1'),
  stats: get('stats?stream=0&one-shot=1'),
  logs: get('logs?stdout=1&tail=5'),
  top: get('top'),
  list: (berthd) => berthd.request('GET', '/containers/json?all=1&size=1'),
  usage: (berthd) => berthd.request('GET', '/system/df'),
  prune: (berthd) => berthd.request('POST', '/containers/prune'),
};

test('everything at once', async () => {
  await using berthd = await PrivateBerthd.start();
  const until = performance.now() + seconds * 1000;
  const dishonest: string[] = [];
  const client = async (): Promise<void> => {
    while (performance.now() < until) {
      const action = pick(Object.keys(actions));
      const answer = await actions[action]?.(berthd, pick(names));
      if (answer && answer.status >= 500) dishonest.push(`${action}: ${answer.status} ${answer.text}`);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  assert.deepEqual(dishonest, []);
  for (const name of names) {
    const { status, text } = await berthd.request('DELETE', `/containers/${name}?force=1&v=1`);
    assert.ok(status === 204 || status === 404, text);
  }
  assert.equal((await berthd.docker('ps', '-aq')).stdout, '');
  assert.equal((await berthd.docker('run', '--rm', 'busybox', 'echo', 'fine')).stdout, 'fine\n');
  await berthd.stopDaemon();
  assert.deepEqual(await berthd.leftovers(), []);
});
