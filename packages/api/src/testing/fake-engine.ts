/** A small Docker Engine API on a unix socket: just enough for the console's own rules to be tried. */

import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export interface FakeContainer {
  id: string;
  name: string;
  state: 'running' | 'exited';
}

export interface FakeEngine extends AsyncDisposable {
  readonly endpoint: string;
  readonly containers: Map<string, FakeContainer>;
  /** Method and path of every call, without the version. */
  readonly calls: string[];
  /** Streams of events that are open now. */
  readonly eventStreams: Set<ServerResponse>;
  emit(action: string, container: FakeContainer): void;
  /** Terminals: what is typed comes back, `exit` and a new line ends it. */
  readonly terminals: Set<Socket>;
}

export const fakeId = (digit: string): string => digit.repeat(64);

export async function startFakeEngine(socketPath: string): Promise<FakeEngine> {
  const containers = new Map<string, FakeContainer>();
  const calls: string[] = [];
  const eventStreams = new Set<ServerResponse>();
  const terminals = new Set<Socket>();
  const server = createServer((request, response) => {
    const path = plainPath(request);
    calls.push(`${request.method} ${path}`);
    request.resume();
    answer(request, response, path);
  });
  server.on('upgrade', (request, socket) => serveTerminal(socket as Socket, terminals, request));
  server.listen(socketPath);
  await once(server, 'listening');

  function answer(request: IncomingMessage, response: ServerResponse, path: string): void {
    const container = find(containers, /^\/containers\/([^/]+)/.exec(path)?.[1]);
    const action = `${request.method} ${path.replace(/^\/containers\/[^/]+/, '/containers/:id')}`;
    const known: Record<string, () => void> = {
      'GET /_ping': () => response.setHeader('api-version', '1.51').end('OK'),
      'GET /version': () => json(response, 200, { Version: '1', ApiVersion: '1.51' }),
      'GET /info': () =>
        json(response, 200, { NCPU: 2, MemTotal: 2 ** 33, SystemTime: new Date().toISOString() }),
      'GET /images/json': () => json(response, 200, []),
      'GET /events': () => {
        response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
        eventStreams.add(response);
        response.once('close', () => eventStreams.delete(response));
      },
      // Only the list has a fixed second part; every other path names a container.
      'GET /containers/:id': () => json(response, 200, [...containers.values()].map(summary)),
      'POST /containers/:id/exec': () => json(response, 201, { Id: fakeId('e') }),
      [`GET /exec/${fakeId('e')}/json`]: () =>
        json(response, 200, { ID: fakeId('e'), Running: false, ExitCode: 0 }),
      [`POST /exec/${fakeId('e')}/resize`]: () => json(response, 200, {}),
    };
    const handler = known[action];
    if (handler) handler();
    else if (!path.startsWith('/containers/')) json(response, 404, { message: 'page not found' });
    else if (!container) json(response, 404, { message: 'No such container' });
    else if (action === 'GET /containers/:id/json') json(response, 200, inspect(container));
    else if (/^POST .*\/(start|stop)$/.test(action)) {
      container.state = action.endsWith('start') ? 'running' : 'exited';
      response.writeHead(204).end();
      emit(action.endsWith('start') ? 'start' : 'die', container);
    } else json(response, 404, { message: 'page not found' });
  }

  function emit(action: string, { id, name }: FakeContainer): void {
    const now = Date.now();
    const event = {
      Type: 'container',
      Action: action,
      Actor: { ID: id, Attributes: { name } },
      time: Math.floor(now / 1000),
      timeNano: now * 1e6,
    };
    for (const stream of eventStreams) stream.write(`${JSON.stringify(event)}\n`);
  }

  return {
    endpoint: `unix://${socketPath}`,
    containers,
    calls,
    eventStreams,
    emit,
    terminals,
    [Symbol.asyncDispose]: () => stop(server, terminals),
  };
}

const plainPath = ({ url = '/' }: IncomingMessage): string =>
  (url.split('?')[0] ?? '').replace(/^\/v\d+\.\d+/, '').replace('/containers/json', '/containers/*list');

function find(containers: Map<string, FakeContainer>, ref: string | undefined): FakeContainer | undefined {
  return [...containers.values()].find(({ id, name }) => id === ref || name === ref);
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

const summary = ({ id, name, state }: FakeContainer) => ({
  Id: id,
  Names: [`/${name}`],
  Image: 'busybox',
  ImageID: 'sha256:0',
  State: state,
  Status: state === 'running' ? 'Up 2 minutes' : 'Exited (0) 5 seconds ago',
  Created: 1,
});

const inspect = ({ id, name, state }: FakeContainer) => ({
  Id: id,
  Name: `/${name}`,
  State: { Status: state, Running: state === 'running' },
});

function serveTerminal(socket: Socket, terminals: Set<Socket>, request: IncomingMessage): void {
  request.resume();
  socket.write(
    'HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n',
  );
  terminals.add(socket);
  let typed = '';
  socket.on('data', (chunk: Buffer) => {
    // The request's body comes along on the same connection.
    const text = chunk.toString().replace(/^\{.*?\}/, '');
    typed += text;
    if (typed.includes('exit\n')) socket.end('bye');
    else if (text !== '') socket.write(text);
  });
  socket.on('error', () => socket.destroy());
  socket.once('end', () => socket.end());
  socket.once('close', () => terminals.delete(socket));
}

async function stop(server: Server, terminals: Set<Socket>): Promise<void> {
  for (const socket of terminals) socket.destroy();
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
