/** A program for the tests to run inside a namespace: `serve PORT` or `ask tcp|udp HOST PORT [TIMEOUT_MS]`. */
import { createSocket } from 'node:dgram';
import { connect, createServer } from 'node:net';

/** For answers that come. */
const patienceMs = 5000;

/** Answers over tcp and udp with the caller's address. Prints "ready". */
function serve(port: number): void {
  const tcp = createServer((socket) => socket.end(`${socket.remoteAddress}`));
  const udp = createSocket('udp4');
  udp.on('message', (_, from) => udp.send(from.address, from.port, from.address));
  tcp.listen({ host: '0.0.0.0', port }, () => udp.bind(port, '0.0.0.0', () => console.log('ready')));
}

/** What the server there answers: the address it sees. @throws when it cannot be reached */
export function ask(
  protocol: 'tcp' | 'udp',
  host: string,
  port: number,
  timeoutMs = patienceMs,
): Promise<string> {
  return protocol === 'tcp' ? askTcp(host, port, timeoutMs) : askUdp(host, port, timeoutMs);
}

function askTcp(host: string, port: number, timeoutMs: number): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let answer = '';
  const socket = connect({ host, port, timeout: timeoutMs });
  socket.setEncoding('utf8').on('data', (text) => {
    answer += text;
  });
  socket.once('end', () => resolve(answer)).once('error', reject);
  socket.once('timeout', () => socket.destroy(new Error(`no answer from ${host}:${port}`)));
  return promise;
}

function askUdp(host: string, port: number, timeoutMs: number): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = createSocket('udp4');
  const timer = setTimeout(() => reject(new Error(`no answer from ${host}:${port}/udp`)), timeoutMs);
  socket.once('message', (data) => resolve(data.toString())).once('error', reject);
  socket.send('hello', port, host);
  return promise.finally(() => {
    clearTimeout(timer);
    socket.close();
  });
}

if (import.meta.main) {
  const [verb, ...args] = process.argv.slice(2);
  if (verb === 'serve') serve(Number(args[0]));
  else
    console.log(
      await ask(
        args[0] === 'udp' ? 'udp' : 'tcp',
        args[1] ?? '',
        Number(args[2]),
        args[3] === undefined ? patienceMs : Number(args[3]),
      ),
    );
}
