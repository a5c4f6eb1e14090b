/** The client against a small hand-written engine that speaks raw HTTP, so that both API generations can be played. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Duplex } from 'node:stream';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { createDockerClient, type DockerClient } from './client.ts';
import { isDockerError } from './errors.ts';

interface Played {
  apiVersion?: string;
  answer?: (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;
  upgrade?: (request: IncomingMessage, socket: Duplex) => void;
}

/** Runs `use` with a client of an engine that answers as `played`; `urls` are what it was asked. */
async function withEngine(
  played: Played,
  use: (client: DockerClient, urls: string[]) => Promise<void>,
): Promise<void> {
  const directory = await mkdtemp(path.join(tmpdir(), 'docker-client-'));
  const socketPath = path.join(directory, 'engine.sock');
  const urls: string[] = [];
  const server = http.createServer((request, response) => {
    if (request.url === '/_ping') {
      response.setHeader('Api-Version', played.apiVersion ?? '1.51').end('OK');
      return;
    }
    urls.push(`${request.method} ${request.url}`);
    void played.answer?.(request, response);
  });
  if (played.upgrade !== undefined) server.on('upgrade', played.upgrade);
  server.listen(socketPath);
  await once(server, 'listening');
  using client = createDockerClient({ socketPath });
  try {
    await use(client, urls);
  } finally {
    server.close();
    server.closeAllConnections();
    await rm(directory, { recursive: true, force: true });
  }
}

const json = (value: unknown) => (_request: IncomingMessage, response: ServerResponse) => {
  response.setHeader('Content-Type', 'application/json').end(JSON.stringify(value));
};

test('speaks the older of both versions and reads null as empty', async () => {
  await withEngine(
    { apiVersion: '1.41', answer: json([{ Id: 'a', Names: null, Ports: null }]) },
    async (client, urls) => {
      const [container] = await client.containers.list({ all: true, filters: { label: ['a=b'] } });
      assert.deepEqual(container?.Names, []);
      assert.deepEqual(urls, [
        'GET /v1.41/containers/json?all=true&filters=%7B%22label%22%3A%5B%22a%3Db%22%5D%7D',
      ]);
    },
  );
});

test('a refusal is a DockerError with status and message', async () => {
  const answer: Played['answer'] = (_request, response) => {
    response.writeHead(409, { 'Content-Type': 'application/json' }).end('{"message":"name is taken"}');
  };
  await withEngine({ answer }, async (client) => {
    await assert.rejects(
      client.containers.create({ Image: 'busybox' }),
      (error) => isDockerError(error) && error.status === 409 && error.message === 'name is taken',
    );
  });
});

test('an engine that is not there is named', async () => {
  using client = createDockerClient({ host: 'unix:///nowhere/engine.sock' });
  await assert.rejects(client.system.info(), (error) => {
    return (
      isDockerError(error) && error.code === 'ENOENT' && error.message.includes('unix:///nowhere/engine.sock')
    );
  });
});

test('events are read across chunk borders and end with the signal', async () => {
  const answer: Played['answer'] = (_request, response) => {
    const text = `${JSON.stringify({ Type: 'container', Action: 'start', Actor: { ID: 'ä' } })}\n`;
    const bytes = Buffer.from(text);
    const inside = bytes.indexOf('ä') + 1;
    response.write(bytes.subarray(0, inside), () =>
      response.write(Buffer.concat([bytes.subarray(inside), bytes])),
    );
  };
  await withEngine({ answer }, async (client) => {
    const controller = new AbortController();
    const seen: string[] = [];
    const reading = (async () => {
      for await (const event of client.system.events({ signal: controller.signal })) {
        seen.push(event.Actor.ID);
        if (seen.length === 2) controller.abort();
      }
    })();
    await assert.rejects(reading, { name: 'AbortError' });
    assert.deepEqual(seen, ['ä', 'ä']);
  });
});

test('an error line in a progress stream is thrown', async () => {
  const answer: Played['answer'] = (_request, response) => {
    response.end('{"status":"Pulling"}\r\n{"errorDetail":{"message":"disk full"},"error":"disk full"}\r\n');
  };
  await withEngine({ answer }, async (client, urls) => {
    const seen: (string | undefined)[] = [];
    const pulling = (async () => {
      for await (const line of client.images.pull('host:5000/a/b')) seen.push(line.status);
    })();
    await assert.rejects(pulling, /disk full/);
    assert.deepEqual(seen, ['Pulling']);
    assert.deepEqual(urls, ['POST /v1.51/images/create?fromImage=host%3A5000%2Fa%2Fb&tag=latest']);
  });
});

test('an archive is streamed up', async () => {
  const answer: Played['answer'] = async (request, response) => {
    const bytes = Buffer.concat(await request.toArray());
    response.end(JSON.stringify({ stream: `got ${bytes.length}` }));
  };
  await withEngine({ answer }, async (client) => {
    const archive = Readable.from([Buffer.alloc(100_000), Buffer.alloc(23)]);
    const lines = await Array.fromAsync(client.images.load(archive));
    assert.deepEqual(
      lines.map(({ stream }) => stream),
      ['got 100023'],
    );
  });
});

for (const { apiVersion, type, multiplexed } of [
  { apiVersion: '1.51', type: 'multiplexed-stream', multiplexed: true },
  { apiVersion: '1.51', type: 'raw-stream', multiplexed: false },
  // Before 1.42 the header says nothing; what the exec was created with decides.
  { apiVersion: '1.41', type: 'raw-stream', multiplexed: true },
]) {
  test(`exec is a byte pipe both ways (${apiVersion}, ${type})`, async () => {
    const upgrade: Played['upgrade'] = (request, socket) => {
      socket.write(
        `HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.${type}\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n`,
      );
      request.resume();
      socket.on('data', (data) => socket.write(data));
      socket.on('end', () => socket.end('closed'));
    };
    await withEngine({ apiVersion, upgrade }, async (client) => {
      using session = await client.exec.start('e1', { tty: !multiplexed });
      assert.equal(session.multiplexed, multiplexed);
      session.duplex.end('typed,');
      const bytes = Buffer.concat(await session.duplex.toArray());
      assert.equal(bytes.toString(), 'typed,closed');
    });
  });
}

test('what only Berth has is undefined elsewhere', async () => {
  const answer: Played['answer'] = (_request, response) => {
    response.writeHead(404, { 'Content-Type': 'application/json' }).end('{"message":"page not found"}');
  };
  await withEngine({ answer }, async (client) => {
    assert.equal(await client.berth.host(), undefined);
  });
});

test('what is not a name reaches no other call of the engine', async () => {
  await withEngine({}, async (client, urls) => {
    for (const name of ['..', '.', '']) {
      await assert.rejects(async () => client.containers.inspect(name), isDockerError);
      await assert.rejects(async () => client.images.inspect(`a/${name}`), isDockerError);
      await assert.rejects(async () => client.volumes.remove(name), isDockerError);
    }
    assert.deepEqual(urls, []);
  });
});

test('slashes, queries and fragments stay inside a name', async () => {
  const answer = (_request: IncomingMessage, response: ServerResponse) => {
    response.statusCode = 404;
    response.end('{"message":"no such container"}');
  };
  await withEngine({ answer }, async (client, urls) => {
    await assert.rejects(client.containers.inspect('x/json?a=b#c'), isDockerError);
    assert.deepEqual(urls, ['GET /v1.51/containers/x%2Fjson%3Fa%3Db%23c/json']);
  });
});
