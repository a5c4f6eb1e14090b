import { closeSync, constants, openSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { basename, dirname } from 'node:path';

/** sizeof(sockaddr_un.sun_path) without its NUL (unix(7)). */
const pathLimit = 107;

/**
 * Connects to a unix socket, also where its path is longer than an address can hold. Half-open: ending the
 * writable side leaves the readable one. @throws the system's error (ENOENT, ECONNREFUSED, …).
 */
export async function connectUnix(path: string): Promise<Socket> {
  if (Buffer.byteLength(path) <= pathLimit) return await connectTo(path);
  const directory = openSync(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    return await connectTo(`/proc/self/fd/${directory}/${basename(path)}`);
  } finally {
    closeSync(directory);
  }
}

function connectTo(path: string): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const socket = connect({ path, allowHalfOpen: true });
  socket.once('error', reject);
  socket.once('connect', () => {
    socket.off('error', reject);
    resolve(socket);
  });
  return promise;
}
