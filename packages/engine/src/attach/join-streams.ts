/** Joins a client's connection with the pipe to a process. */
import type { Duplex } from 'node:stream';
import { DetachScanner } from './detach-keys.ts';

export interface JoinOptions {
  /** Pass on what the client sends. */
  stdin: boolean;
  /** The process sees the end of its input when the client ends its own (`StdinOnce`). */
  closeStdin: boolean;
  /** Only terminals are let go of by keys. */
  detachKeys: readonly number[] | undefined;
  onDetach: () => void;
  /** The client asks for the exit code as soon as its connection ends, so that waits for this. Never rejects. */
  exitKnown?: Promise<void> | undefined;
}

/** Resolves when the process has ended, the client has gone or has detached; both streams are over then. */
export function joinStreams(client: Duplex, pipe: Duplex, options: JoinOptions): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const scanner = options.detachKeys && new DetachScanner(options.detachKeys);

  const finish = (): void => {
    client.destroy();
    pipe.destroy();
    resolve();
  };
  const onInput = (chunk: Buffer): void => {
    if (!options.stdin || pipe.writableEnded || pipe.destroyed) return;
    const { forward, detached } = scanner ? scanner.scan(chunk) : { forward: chunk, detached: false };
    if (forward.length > 0 && !pipe.write(forward)) {
      client.pause();
      pipe.once('drain', () => client.resume());
    }
    if (!detached) return;
    client.off('data', onInput);
    pipe.unpipe(client);
    options.onDetach();
    client.end(() => {
      client.destroy();
      pipe.destroy();
      resolve();
    });
  };

  client.on('data', onInput);
  client.on('end', () => {
    // Half-closed: the client goes on reading.
    if (options.stdin && options.closeStdin && !pipe.writableEnded) pipe.end();
  });
  client.on('error', finish);
  client.on('close', finish);
  pipe.on('error', finish);
  pipe.on('end', () => {
    void (options.exitKnown ?? Promise.resolve()).then(() => {
      if (!client.destroyed) client.end(finish);
    });
  });
  // Broken off rather than ended.
  pipe.on('close', () => {
    if (!pipe.readableEnded) finish();
  });
  if (pipe.destroyed) finish();
  pipe.pipe(client, { end: false });
  // It may have gone before it could be listened to.
  if (client.destroyed) finish();
  return promise;
}
