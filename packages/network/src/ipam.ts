/** Which addresses of one subnet are taken. */
import { conflict, invalidParameter, unavailable } from '@berth/engine-api';
import { contains, formatAddress, lastAddress, type Subnet } from './address.ts';

export interface AddressPoolOptions {
  subnet: Subnet;
  /** Automatic addresses come from this part of the subnet. */
  range: Subnet | undefined;
  /** Never handed out: the bridge's address and the default gateway. */
  reserved: readonly number[];
  /** For messages. */
  networkName: string;
}

/**
 * Hands out addresses in ascending order and starts over at the end, as Docker does: an address comes back only
 * after a full round, so peers that still remember its former owner do not meet a stranger.
 */
export class AddressPool {
  readonly #options: AddressPoolOptions;
  readonly #taken = new Set<number>();
  readonly #first: number;
  readonly #count: number;
  #cursor = 0;

  constructor(options: AddressPoolOptions) {
    this.#options = options;
    const range = options.range ?? options.subnet;
    this.#first = range.base;
    this.#count = lastAddress(range) - range.base + 1;
  }

  /** @throws unavailable when every address is taken. */
  allocate(): number {
    for (let tried = 0; tried < this.#count; tried++) {
      const address = this.#first + ((this.#cursor + tried) % this.#count);
      if (this.#taken.has(address) || !this.#isUsable(address)) continue;
      this.#cursor = (this.#cursor + tried + 1) % this.#count;
      this.#taken.add(address);
      return address;
    }
    throw unavailable(`no available IPv4 addresses on network ${this.#options.networkName}`);
  }

  /** Takes one wanted address. @throws invalidParameter outside the subnet, conflict when taken. */
  take(address: number): void {
    const { subnet, reserved } = this.#options;
    if (!contains(subnet, address))
      throw invalidParameter(`no configured subnet contains IP address ${formatAddress(address)}`);
    const isHost = address !== subnet.base && address !== lastAddress(subnet);
    if (this.#taken.has(address) || reserved.includes(address) || !isHost)
      throw conflict(`Address already in use: ${formatAddress(address)}`);
    this.#taken.add(address);
  }

  /** Takes the address of a container found running, and goes on after it. */
  restore(address: number): void {
    this.#taken.add(address);
    const offset = address - this.#first;
    if (offset >= this.#cursor && offset < this.#count) this.#cursor = (offset + 1) % this.#count;
  }

  release(address: number): void {
    this.#taken.delete(address);
  }

  /** Addresses ending in .0 and .255 are legal inside a large subnet, but some peers refuse to talk to them. */
  #isUsable(address: number): boolean {
    const lastByte = address & 0xff;
    return (
      lastByte !== 0 &&
      lastByte !== 255 &&
      address !== this.#options.subnet.base &&
      address !== lastAddress(this.#options.subnet) &&
      !this.#options.reserved.includes(address)
    );
  }
}
