import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ContainerCreateBody } from './containers/create.ts';
import { ContainerInspect } from './containers/inspect.ts';
import { isEngineError } from './errors.ts';
import { parseLenient, parseRequest } from './parse.ts';

const refusals: [title: string, body: unknown, message: string][] = [
  [
    'a wrong type deep inside',
    { HostConfig: { Memory: '1g' } },
    'HostConfig.Memory: expected a number, got a string',
  ],
  [
    'a fraction where a whole number belongs',
    { HostConfig: { Memory: 1.5 } },
    'HostConfig.Memory: expected a whole number',
  ],
  ['a wrong item of a list', { Env: ['A=1', 2] }, 'Env.1: expected a string, got a number'],
  ['a list instead of an object', [], 'expected an object, got a list'],
];
for (const [title, body, message] of refusals) {
  test(`a request with ${title} is refused by name`, () => {
    assert.throws(
      () => parseRequest(ContainerCreateBody, body),
      (error) =>
        isEngineError(error) &&
        error.kind === 'invalid-parameter' &&
        error.message === `invalid request body: ${message}`,
    );
  });
}

test('null counts as absent and unknown fields are dropped, as Go decodes', () => {
  const body = parseRequest(ContainerCreateBody, {
    Image: 'busybox',
    Cmd: 'true',
    Entrypoint: null,
    HostConfig: {
      Binds: null,
      PortBindings: { '80/tcp': [{ HostPort: '8080', HostIp: null }], '81/tcp': null },
    },
    ExposedPorts: { '80/tcp': null },
    Unheard: 1,
  });
  assert.deepEqual(JSON.parse(JSON.stringify(body)), {
    Image: 'busybox',
    Cmd: ['true'],
    ExposedPorts: { '80/tcp': {} },
    HostConfig: { PortBindings: { '80/tcp': [{ HostIp: '', HostPort: '8080' }], '81/tcp': null } },
  });
});

test('an answer with odd fields keeps the rest', () => {
  const inspect = parseLenient(ContainerInspect, {
    Id: 'abc',
    Name: 4,
    State: { Running: true, Pid: 'many' },
    NetworkSettings: { Networks: { bridge: { IPAddress: '172.17.0.2', GwPriority: 'high' } } },
  });
  assert.equal(inspect?.Name, '');
  assert.deepEqual([inspect?.State.Running, inspect?.State.Pid], [true, 0]);
  assert.equal(inspect?.NetworkSettings.Networks.bridge?.IPAddress, '172.17.0.2');
});

test('an answer without what is indispensable is none', () => {
  assert.equal(parseLenient(ContainerInspect, { Name: '/web' }), undefined);
  assert.equal(parseLenient(ContainerInspect, 'page not found'), undefined);
});
