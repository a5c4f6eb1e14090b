/** Bad input: a sentence that names what is wrong, the right status, and a berthd that goes on. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { apiRequest } from '../lib/api-request.ts';
import { PrivateBerthd } from '../lib/private-berthd.ts';

let berthd: PrivateBerthd;
before(async () => {
  berthd = await PrivateBerthd.start();
});
after(async () => {
  await berthd[Symbol.asyncDispose]();
});

const image = { Image: 'busybox' };
const rows: [
  title: string,
  method: string,
  path: string,
  body: string | undefined,
  status: number,
  message: RegExp,
][] = [
  ['malformed JSON', 'POST', '/containers/create', '{"Image": ', 400, /JSON|unexpected/i],
  ['a wrong type', 'POST', '/containers/create', '{"Image": 5}', 400, /Image/],
  ['no image named', 'POST', '/containers/create', '{}', 400, /image|config/i],
  [
    'an image that is not there',
    'POST',
    '/containers/create',
    '{"Image":"nope:1"}',
    404,
    /No such image: nope:1/,
  ],
  ['an unknown id', 'GET', '/containers/nope/json', undefined, 404, /No such container: nope/],
  ['an id that climbs', 'GET', '/containers/%2e%2e%2f%2e%2e%2fetc/json', undefined, 404, /./],
  ['a volume that climbs', 'POST', '/volumes/create', '{"Name":"../../etc"}', 400, /invalid characters/],
  [
    'a bad name',
    'POST',
    '/containers/create?name=a%2Fb',
    JSON.stringify(image),
    400,
    /Invalid container name/,
  ],
  [
    'too little memory',
    'POST',
    '/containers/create',
    JSON.stringify({ ...image, HostConfig: { Memory: 4096 } }),
    400,
    /[Mm]inimum memory limit/,
  ],
  [
    'absurd cpus',
    'POST',
    '/containers/create',
    JSON.stringify({ ...image, HostConfig: { NanoCpus: 1e15 } }),
    400,
    /[Rr]ange of CPUs/,
  ],
  [
    'a negative stop timeout type',
    'POST',
    '/containers/create',
    JSON.stringify({ ...image, StopTimeout: 'soon' }),
    400,
    /StopTimeout/,
  ],
  ['malformed filters', 'GET', '/containers/json?filters=%7B', undefined, 400, /./],
  ['an API version from the future', 'GET', '/v9.99/containers/json', undefined, 400, /too new/],
  ['a page that is not there', 'GET', '/v1.41/nowhere', undefined, 404, /page not found/],
];

for (const [title, method, path, body, status, message] of rows)
  test(title, async () => {
    const answer = await apiRequest(berthd.socketPath, {
      method,
      path,
      ...(body === undefined ? {} : { body }),
    });
    assert.equal(answer.status, status, answer.text);
    assert.match((answer.json as { message: string }).message, message);
  });

test('berthd is unaffected', async () => {
  assert.equal((await berthd.request('GET', '/_ping')).text, 'OK');
  assert.doesNotMatch(berthd.log, /"level":50/);
});
