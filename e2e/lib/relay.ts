/** A TCP relay in front of a server whose connections a test can cut, as a network does. */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { Transform } from 'node:stream';

export class Relay implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #open = true;
  #silent = false;

  readonly #bytesPerSecond: number;

  private constructor(target: number, bytesPerSecond: number) {
    this.#bytesPerSecond = bytesPerSecond;
    this.#server = createServer((client) => {
      if (!this.#open) {
        client.destroy();
        return;
      }
      this.#join(client, connect(target, '127.0.0.1'));
    });
  }

  /** @param target port of the server; what it sends passes each connection at `bytesPerSecond` at most */
  static async start(target: number, bytesPerSecond = Number.POSITIVE_INFINITY): Promise<Relay> {
    const relay = new Relay(target, bytesPerSecond);
    relay.#server.listen(0, '127.0.0.1');
    await once(relay.#server, 'listening');
    return relay;
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the relay is closed');
    return address.port;
  }

  /** Resets every connection and refuses new ones. */
  cut(): void {
    this.#open = false;
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Nothing gets through any more, and nobody is told: a cable pulled out. */
  hush(): void {
    this.#silent = true;
    for (const socket of this.#sockets) socket.pause();
  }

  /** The network is back. */
  mend(): void {
    this.#open = true;
    if (!this.#silent) return;
    this.#silent = false;
    for (const socket of this.#sockets) socket.resume();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    const closed = once(this.#server, 'close');
    this.#server.close();
    await closed;
  }

  #join(client: Socket, server: Socket): void {
    const pair = [client, server] as const;
    for (const [from, to] of [pair, [server, client] as const]) {
      this.#sockets.add(from);
      from.setNoDelay(true);
      if (from === server && this.#bytesPerSecond !== Number.POSITIVE_INFINITY)
        from.pipe(this.#brake()).pipe(to);
      else from.pipe(to);
      // A connection that breaks takes its other half along; the browser and the console see the break.
      from.on('error', () => undefined);
      from.once('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
    }
  }

  #brake(): Transform {
    const msPerByte = 1000 / this.#bytesPerSecond;
    return new Transform({
      transform(chunk: Buffer, _encoding, done) {
        setTimeout(done, chunk.length * msPerByte, null, chunk);
      },
    });
  }
}
