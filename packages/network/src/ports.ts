/** Host ports: who has which, held by a real socket so that no other program takes one behind our back. */
import { createSocket } from 'node:dgram';
import { readFile } from 'node:fs/promises';
import { createServer, isIPv4 } from 'node:net';
import { conflict, invalidParameter } from '@berth/engine-api';
import type { PortBinding } from './types.ts';

const anyAddress = '0.0.0.0';
/** The kernel's default ephemeral range, used where it cannot be read. */
const defaultRange = { first: 32_768, last: 60_999 };

interface Holder {
  close(): Promise<void>;
}

interface Reservation {
  binding: PortBinding;
  holder: Holder | undefined;
  /** Set while the rules of its last owner are being removed. */
  released?: Promise<void>;
}

export class HostPorts {
  readonly #reservations = new Set<Reservation>();
  #range = defaultRange;
  #next = defaultRange.first;

  /** Reads the range free ports come from. */
  async start(): Promise<void> {
    const text = await readFile('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').catch(() => '');
    const [first, last] = text.trim().split(/\s+/).map(Number);
    if (first !== undefined && last !== undefined && first > 0 && last >= first)
      this.#range = { first, last };
    this.#next = this.#range.first;
  }

  /**
   * Reserves all ports or none and answers with the host ports really taken.
   * @throws conflict worded as Docker words the end of its message.
   */
  async reserve(wanted: readonly PortBinding[]): Promise<PortBinding[]> {
    const taken: PortBinding[] = [];
    try {
      for (const binding of wanted)
        taken.push(await this.#reserveOne(normalise(binding), binding.hostPortLast ?? binding.hostPort));
      return taken;
    } catch (error) {
      await this.release(taken);
      throw error;
    }
  }

  /** Takes back the ports of a container found running. A port lost meanwhile is answered, not thrown. */
  async restore(bindings: readonly PortBinding[]): Promise<PortBinding[]> {
    const lost: PortBinding[] = [];
    for (const binding of bindings) {
      const reservation: Reservation = { binding, holder: undefined };
      this.#reservations.add(reservation);
      try {
        reservation.holder = await hold(binding);
      } catch {
        lost.push(binding);
      }
    }
    return lost;
  }

  /** Frees the ports once `after` settled (their rules are gone); who wants one meanwhile waits. */
  async release(bindings: readonly PortBinding[], after: Promise<void> = Promise.resolve()): Promise<void> {
    const mine = [...this.#reservations].filter((entry) =>
      bindings.some((other) => isSame(entry.binding, other)),
    );
    const release = async (): Promise<void> => {
      await after;
      await Promise.all(mine.map((entry) => entry.holder?.close()));
      for (const entry of mine) this.#reservations.delete(entry);
    };
    const released = release();
    for (const entry of mine) entry.released = released;
    await released;
  }

  /** Lets go of every socket; the rules in the kernel stay. */
  async close(): Promise<void> {
    const all = [...this.#reservations];
    this.#reservations.clear();
    await Promise.all(all.map((entry) => entry.holder?.close()));
  }

  async #reserveOne(binding: PortBinding, last: number): Promise<PortBinding> {
    if (binding.hostPort === 0) return await this.#reserveFree(binding);
    for (let { hostPort } = binding; ; hostPort++) {
      try {
        return await this.#reserveExact({ ...binding, hostPort });
      } catch (error) {
        if (hostPort >= last || !isTaken(error)) throw error;
      }
    }
  }

  async #reserveExact(binding: PortBinding): Promise<PortBinding> {
    for (let other = this.#owner(binding); other !== undefined; other = this.#owner(binding)) {
      const where = `${binding.hostIp}:${binding.hostPort}`;
      if (other.released === undefined)
        throw conflict(`Bind for ${where} failed: port is already allocated`, { code: 'port-allocated' });
      await other.released;
    }
    const reservation: Reservation = { binding, holder: undefined };
    this.#reservations.add(reservation);
    try {
      reservation.holder = await hold(binding);
      return binding;
    } catch (error) {
      this.#reservations.delete(reservation);
      throw bindError(binding, error);
    }
  }

  async #reserveFree(binding: PortBinding): Promise<PortBinding> {
    const { first, last } = this.#range;
    for (let tried = first; tried <= last; tried++) {
      const hostPort = this.#next;
      this.#next = hostPort >= last ? first : hostPort + 1;
      const candidate = { ...binding, hostPort };
      if (this.#owner(candidate) !== undefined) continue;
      try {
        return await this.#reserveExact(candidate);
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'port-in-use')) throw error;
      }
    }
    throw conflict('all ports are allocated');
  }

  #owner(binding: PortBinding): Reservation | undefined {
    return this.#reservations
      .values()
      .find(
        ({ binding: other }) =>
          other.protocol === binding.protocol &&
          other.hostPort === binding.hostPort &&
          (other.hostIp === binding.hostIp || other.hostIp === anyAddress || binding.hostIp === anyAddress),
      );
  }
}

/** By another container or another program. */
const isTaken = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  (error.code === 'port-allocated' || error.code === 'port-in-use');

const isSame = (a: PortBinding, b: PortBinding): boolean =>
  a.protocol === b.protocol && a.hostPort === b.hostPort && a.hostIp === b.hostIp;

function normalise(binding: PortBinding): PortBinding {
  const { containerPort, hostPort, protocol } = binding;
  const hostIp = binding.hostIp === '' ? anyAddress : binding.hostIp;
  if (!isIPv4(hostIp))
    throw invalidParameter(`invalid host address ${hostIp}: only IPv4 ports can be published`);
  if (!isPort(containerPort) || containerPort === 0)
    throw invalidParameter(`invalid container port: ${containerPort}`);
  if (!isPort(hostPort)) throw invalidParameter(`invalid host port: ${hostPort}`);
  if (protocol !== 'tcp' && protocol !== 'udp') throw invalidParameter(`invalid protocol: ${protocol}`);
  return { containerPort, protocol, hostIp, hostPort };
}

const isPort = (port: number): boolean => Number.isInteger(port) && port >= 0 && port <= 65_535;

function hold(binding: PortBinding): Promise<Holder> {
  return binding.protocol === 'tcp' ? holdTcp(binding) : holdUdp(binding);
}

/** The firewall redirects connections before they come here; one that slips through is refused, not left hanging. */
function holdTcp({ hostIp, hostPort }: PortBinding): Promise<Holder> {
  const { promise, resolve, reject } = Promise.withResolvers<Holder>();
  const server = createServer((socket) => socket.resetAndDestroy());
  const close = (): Promise<void> => new Promise((done) => server.close(() => done()));
  server.on('error', reject);
  server.listen({ host: hostIp, port: hostPort, exclusive: true }, () => resolve({ close }));
  server.unref();
  return promise;
}

function holdUdp({ hostIp, hostPort }: PortBinding): Promise<Holder> {
  const { promise, resolve, reject } = Promise.withResolvers<Holder>();
  const socket = createSocket('udp4');
  const close = (): Promise<void> => new Promise((done) => socket.close(() => done()));
  socket.on('error', reject);
  socket.bind({ address: hostIp, port: hostPort, exclusive: true }, () => resolve({ close }));
  socket.unref();
  return promise;
}

const bindReasons: Record<string, string> = {
  EADDRINUSE: 'address already in use',
  EADDRNOTAVAIL: 'cannot assign requested address',
  EACCES: 'permission denied',
};

function bindError({ protocol, hostIp, hostPort }: PortBinding, cause: unknown): Error {
  const code = cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
  const reason = bindReasons[code] ?? (cause instanceof Error ? cause.message : String(cause));
  const where = `${hostIp}:${hostPort}`;
  const message = `failed to bind port ${where}/${protocol}: listen ${protocol}4 ${where}: bind: ${reason}`;
  return conflict(message, { cause, code: code === 'EADDRINUSE' ? 'port-in-use' : 'port-unavailable' });
}
