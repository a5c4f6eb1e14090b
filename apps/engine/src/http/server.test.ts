import assert from 'node:assert/strict';
import { test } from 'node:test';
import { containerId, createFakeEngine } from '../testing/fake-engine.ts';
import { startTestServer } from '../testing/test-server.ts';

const rows: [
  method: string,
  url: string,
  body: unknown,
  status: number,
  message: string | RegExp | undefined,
][] = [
  ['GET', '/nowhere', undefined, 404, 'page not found'],
  ['PATCH', '/containers/json', undefined, 404, 'page not found'],
  ['GET', '/v1.51/nowhere', undefined, 404, 'page not found'],
  ['GET', '/containers/%zz/json', undefined, 404, 'page not found'],
  [
    'GET',
    '/v1.52/info',
    undefined,
    400,
    'client version 1.52 is too new. Maximum supported API version is 1.51',
  ],
  [
    'GET',
    '/v1.23/info',
    undefined,
    400,
    /^client version 1\.23 is too old\. Minimum supported API version is 1\.24/,
  ],
  ['GET', '/v1.24/info', undefined, 200, undefined],
  ['GET', '/containers/nope/json', undefined, 404, 'No such container: nope'],
  ['GET', '/containers/%2e%2e%2f%2e%2e%2fetc/json', undefined, 404, 'No such container: ../../etc'],
  ['GET', '/containers/json?filters=%7B', undefined, 400, /^invalid filter/],
  ['GET', '/containers/json?filters={"colour":["red"]}', undefined, 400, "invalid filter 'colour'"],
  ['GET', '/containers/json?limit=many', undefined, 400, /limit/],
  ['POST', '/containers/create', '{"Image":', 400, /^invalid JSON in request body/],
  [
    'POST',
    '/containers/create',
    { Image: 5 },
    400,
    'invalid request body: Image: expected a string, got a number',
  ],
  ['POST', '/containers/create', { Image: 'missing' }, 404, 'No such image: missing:latest'],
  ['POST', '/containers/create', { Image: 'busybox' }, 201, undefined],
  ['POST', '/containers/web/stop?t=soon', undefined, 400, /t: "soon"/],
  ['POST', '/containers/web/stop?t=3', undefined, 204, undefined],
  ['POST', '/containers/web/start', undefined, 304, undefined],
  ['POST', '/containers/web/wait?condition=bored', undefined, 400, 'invalid condition: "bored"'],
  ['POST', '/containers/web/resize?h=24', undefined, 400, /"w"/],
  ['GET', '/containers/web/logs', undefined, 400, 'Bad parameters: you must choose at least one stream'],
  ['POST', '/containers/web/exec', { Cmd: [] }, 400, 'No exec command specified'],
  ['GET', '/images/host:5000/a/b:1/json', undefined, 200, undefined],
  ['GET', '/images/a/b/nonsense', undefined, 404, 'page not found'],
  ['POST', '/images/create', undefined, 400, /fromImage/],
  ['POST', '/networks/create', { Name: 'n' }, 501, /^creating networks is not part of Berth/],
  ['GET', '/containers/web/archive?path=/', undefined, 501, /later release/],
  ['GET', '/swarm', undefined, 503, /^This node is not a swarm manager/],
  ['GET', '/berth/v1/containers/web/limits', undefined, 200, undefined],
];

for (const [method, url, body, status, message] of rows) {
  test(`${method} ${url} ${body === undefined ? '' : JSON.stringify(body)} is ${status}`, async () => {
    await using server = await startTestServer(createFakeEngine());
    const headers = typeof body === 'string' ? { 'content-type': 'application/json' } : {};
    const answer = await server.call(method, url, { body, headers });
    assert.equal(answer.status, status, answer.text);
    if (message === undefined) return;
    const said = (answer.json() as { message: string }).message;
    if (typeof message === 'string') assert.equal(said, message);
    else assert.match(said, message);
    assert.equal(answer.headers['content-type'], 'application/json');
  });
}

test('a bug is a 500 with its stack in the log, and the server goes on', async () => {
  await using server = await startTestServer(createFakeEngine());
  const answer = await server.call('POST', '/containers/create', { body: { Image: 'broken' } });
  assert.equal(answer.status, 500);
  assert.equal(server.errors.length, 1);
  assert.equal((await server.call('GET', '/_ping')).text, 'OK');
});

test('ping carries what clients negotiate by', async () => {
  await using server = await startTestServer(createFakeEngine());
  for (const method of ['GET', 'HEAD']) {
    const { status, headers, text } = await server.call(method, '/v1.40/_ping');
    assert.deepEqual([status, text], [200, method === 'GET' ? 'OK' : '']);
    assert.deepEqual(
      [headers['api-version'], headers['docker-experimental'], headers.ostype, headers.server],
      ['1.51', 'false', 'linux', 'Berth/0.1.0 (linux)'],
    );
  }
});

test('a body that is not JSON, or endless, is refused', async () => {
  await using server = await startTestServer(createFakeEngine());
  const form = { body: 'Image=busybox', headers: { 'content-type': 'application/x-www-form-urlencoded' } };
  assert.equal((await server.call('POST', '/containers/create', form)).status, 400);
  const huge = { body: { Image: 'x'.repeat(9 << 20) } };
  const answer = await server.call('POST', '/containers/create', huge);
  assert.equal(answer.status, 400);
  assert.match(answer.text, /bigger than 8 MiB/);
});

test('query and body arrive as the engine expects them', async () => {
  const engine = createFakeEngine();
  await using server = await startTestServer(engine);
  await server.call('POST', '/containers/create?name=web&platform=', {
    body: { Image: 'busybox', Cmd: null },
  });
  await server.call('DELETE', `/v1.30/containers/${containerId}?force=1&v=false`);
  await server.call('POST', '/images/library/busybox/tag?repo=host:5000/b&tag=2');
  await server.call('GET', '/containers/web/logs?stdout=1&tail=5&since=1700000000.5&timestamps=1');
  assert.deepEqual(JSON.parse(JSON.stringify(engine.calls)), [
    ['create', { Image: 'busybox' }, { name: 'web' }],
    ['remove', containerId, { force: true, volumes: false, link: false }],
    ['tag', 'library/busybox', 'host:5000/b', '2'],
    [
      'logs',
      {
        stdout: true,
        stderr: false,
        follow: false,
        timestamps: true,
        tail: 5,
        since: '2023-11-14T22:13:20.500Z',
        details: false,
      },
    ],
  ]);
});
