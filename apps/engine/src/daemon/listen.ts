/** The sockets berthd answers on. */
import { once } from 'node:events';
import { chmod, chown, mkdir, readFile, rm, stat } from 'node:fs/promises';
import http, { type Server } from 'node:http';
import https from 'node:https';
import net from 'node:net';
import path from 'node:path';
import { UsageError } from '../config/flags.ts';
import { defaultGroup, type Settings } from '../config/settings.ts';
import type { ApiServer } from '../http/server.ts';

type ListenSettings = Pick<
  Settings,
  'hosts' | 'group' | 'tls' | 'tlsverify' | 'tlscacert' | 'tlscert' | 'tlskey'
>;

export interface Listener extends AsyncDisposable {
  /** As the user wrote it. */
  readonly host: string;
}

/** @throws UsageError when an address is malformed, in use, or would be open to everybody */
export async function listen(host: string, settings: ListenSettings, api: ApiServer): Promise<Listener> {
  if (host.startsWith('unix://')) return listenUnix(host, settings, api);
  if (host.startsWith('tcp://')) return listenTcp(host, settings, api);
  throw new UsageError(`invalid -H "${host}": expected unix:///path or tcp://address:port`);
}

async function listenUnix(host: string, settings: ListenSettings, api: ApiServer): Promise<Listener> {
  const socketPath = path.resolve(host.slice('unix://'.length));
  if (Buffer.byteLength(socketPath) > 107)
    throw new UsageError(`${host}: a socket path has at most 107 bytes`);
  const gid = await groupId(settings.group);
  await mkdir(path.dirname(socketPath), { recursive: true, mode: 0o755 });
  await removeStaleSocket(socketPath);
  const server = http.createServer(api.serverOptions);
  api.attachTo(server);
  const listener = closing(host, server);
  // Until the next two calls only root may connect, whatever umask berthd was started with.
  const umask = process.umask(0o177);
  const listening = started(server, { path: socketPath }, host);
  process.umask(umask);
  await listening;
  await chown(socketPath, 0, gid);
  await chmod(socketPath, 0o660);
  return listener;
}

async function listenTcp(host: string, settings: ListenSettings, api: ApiServer): Promise<Listener> {
  const url = URL.canParse(host) ? new URL(host) : undefined;
  if (url === undefined || url.hostname === '' || url.port === '') {
    throw new UsageError(`invalid -H "${host}": expected tcp://address:port`);
  }
  const server = await tcpServer(host, settings, api);
  api.attachTo(server);
  const listener = closing(host, server);
  await started(server, { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port) }, host);
  return listener;
}

async function tcpServer(host: string, settings: ListenSettings, api: ApiServer): Promise<Server> {
  const { tls, tlsverify, tlscacert, tlscert, tlskey } = settings;
  if (tls === true && tlsverify === undefined)
    throw new UsageError(
      `${host}: --tls alone encrypts but lets everybody in. Use --tlsverify with --tlscacert, or say --tlsverify=false to accept that.`,
    );
  if (tls !== true && tlsverify !== true) {
    if (tls === false || tlsverify === false) return http.createServer(api.serverOptions);
    throw new UsageError(
      `${host} without TLS gives root on this machine to everybody who reaches it. Use --tlsverify with --tlscacert, --tlscert and --tlskey, or say --tlsverify=false to accept that.`,
    );
  }
  if (tlscert === undefined || tlskey === undefined) {
    throw new UsageError('TLS needs --tlscert and --tlskey');
  }
  if (tlsverify === true && tlscacert === undefined) throw new UsageError('--tlsverify needs --tlscacert');
  return https.createServer({
    ...api.serverOptions,
    cert: await readPem(tlscert),
    key: await readPem(tlskey),
    minVersion: 'TLSv1.2',
    ...(tlscacert === undefined ? {} : { ca: await readPem(tlscacert) }),
    requestCert: tlsverify === true,
    rejectUnauthorized: tlsverify === true,
  });
}

async function started(server: Server, where: net.ListenOptions, host: string): Promise<void> {
  server.listen(where);
  try {
    await once(server, 'listening');
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new UsageError(`cannot listen on ${host}: ${why === 'EADDRINUSE' ? 'the address is in use' : why}`);
  }
}

/** Disposing cuts every connection, hijacked ones too, which HTTP has let go of. */
function closing(host: string, server: Server): Listener {
  const connections = new Set<net.Socket>();
  server.on('connection', (socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
  });
  return {
    host,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of connections) socket.destroy();
      await closed;
    },
  };
}

/** A socket that nobody answers on was left by a crash. */
async function removeStaleSocket(socketPath: string): Promise<void> {
  const found = await stat(socketPath).catch(() => undefined);
  if (found === undefined) return;
  if (!found.isSocket()) throw new UsageError(`${socketPath} exists and is not a socket`);
  const probe = net.connect(socketPath);
  const answered = await once(probe, 'connect').then(
    () => true,
    () => false,
  );
  probe.destroy();
  if (answered) throw new UsageError(`another process listens on ${socketPath}`);
  await rm(socketPath, { force: true });
}

/** Root's when the default group does not exist. */
async function groupId(name: string | undefined): Promise<number> {
  if (name !== undefined && /^\d+$/.test(name)) return Number(name);
  const entries = (await readFile('/etc/group', 'utf8')).split('\n').map((line) => line.split(':'));
  const gid = entries.find(([group]) => group === (name ?? defaultGroup))?.[2];
  if (gid !== undefined) return Number(gid);
  if (name !== undefined && name !== '') throw new UsageError(`--group ${name}: there is no such group`);
  return 0;
}

async function readPem(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new UsageError(`cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
