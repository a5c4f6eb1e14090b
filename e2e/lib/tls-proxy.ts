/** A real haproxy that ends TLS with a certificate of its own and passes everything on to the console. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { until } from './until.ts';

const run = promisify(execFile);

export interface TlsProxyOptions {
  /** Port the browser connects to. */
  port: number;
  /** Port of the console. */
  target: number;
  /** Write X-Forwarded-Proto, X-Forwarded-Host and X-Forwarded-For. */
  forwardedHeaders: boolean;
}

const certificateArguments = [
  ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
  ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'],
];

export class TlsProxy implements AsyncDisposable {
  readonly origin: string;
  readonly #child: ChildProcess;
  readonly #directory: string;

  private constructor(origin: string, child: ChildProcess, directory: string) {
    this.origin = origin;
    this.#child = child;
    this.#directory = directory;
  }

  static async start(options: TlsProxyOptions): Promise<TlsProxy> {
    const directory = await mkdtemp(join(tmpdir(), 'berth-proxy-'));
    const [key, certificate] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
    await run('openssl', [...certificateArguments, '-keyout', key, '-out', certificate]);
    const pem = join(directory, 'both.pem');
    await writeFile(pem, Buffer.concat([await readFile(certificate), await readFile(key)]), { mode: 0o600 });
    const file = join(directory, 'haproxy.cfg');
    await writeFile(file, configuration(options, pem));
    const child = spawn('/usr/sbin/haproxy', ['-db', '-f', file], { stdio: ['ignore', 'pipe', 'pipe'] });
    let log = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        log += chunk;
      });
    await until('haproxy listens', async () => {
      if (child.exitCode !== null) throw new Error(`haproxy ended:\n${log}`);
      return await accepts(options.port);
    });
    return new TlsProxy(`https://localhost:${options.port}`, child, directory);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null) {
      const exited = once(this.#child, 'exit');
      this.#child.kill('SIGTERM');
      await exited;
    }
    await rm(this.#directory, { recursive: true, force: true });
  }
}

/** As in docs/reverse-proxy.md. */
function configuration({ port, target, forwardedHeaders }: TlsProxyOptions, pem: string): string {
  const forwarded = `
    http-request set-header X-Forwarded-Proto https
    http-request set-header X-Forwarded-Host %[req.hdr(Host)]
    http-request set-header X-Forwarded-For %[src]`;
  return `
defaults
    mode http
    timeout connect 5s
    timeout client 1m
    timeout server 1m
    timeout tunnel 1h

frontend https
    bind 127.0.0.1:${port} ssl crt ${pem} alpn h2,http/1.1
    default_backend berth

backend berth${forwardedHeaders ? forwarded : ''}
    server console 127.0.0.1:${target}
`;
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
