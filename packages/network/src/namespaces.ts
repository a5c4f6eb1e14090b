/** Network namespaces with their links: made, kept warm, removed. */
import { existsSync } from 'node:fs';
import { readdir, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { isEngineError } from '@berth/engine-api';
import type { Netctl } from './netctl.ts';
import type { Logger } from './types.ts';

export interface Namespace {
  /** Name of the file that pins it. */
  tag: string;
  /** The host's end of its link; undefined with lo only. */
  veth: string | undefined;
}

export interface NamespacesOptions {
  /** Where namespaces are pinned. */
  folder: string;
  instance: string;
  mtu: number;
  /** How many with a link are kept ready, so that a start waits for none. */
  warm: number;
  netctl: Netctl;
  logger: Logger;
}

/** As Docker: an unprivileged process in a container may open low ports and send pings. */
const defaultSysctls = [
  ['net/ipv4/ip_unprivileged_port_start', '0'],
  ['net/ipv4/ping_group_range', '0 2147483647'],
] as const;

/** How long the kernel gets to remove a link by itself. It takes milliseconds unless a process stayed behind. */
const lingerMs = 3000;
const tagLength = 4;
const tagCount = 36 ** tagLength;
const nsfsMagic = 0x6e736673;

export class Namespaces {
  readonly #options: NamespacesOptions;
  readonly #ready: Namespace[] = [];
  readonly #tags = new Set<string>();
  /** Links whose namespace was given up and that may still be there. */
  readonly #dying = new Set<string>();
  #sweep: NodeJS.Timeout | undefined;
  #next = 0;
  #refilling: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: NamespacesOptions) {
    this.#options = options;
  }

  /** What a process joins. */
  path(namespace: Namespace): string {
    return join(this.#options.folder, namespace.tag);
  }

  /** A warm one, or a new one when none is ready. */
  async take(kind: 'linked' | 'bare'): Promise<Namespace> {
    const ready = kind === 'linked' ? this.#ready.shift() : undefined;
    return ready ?? this.#make(kind);
  }

  /** Unpins it. Namespace and link are gone as soon as the kernel gets to it, some milliseconds later. */
  async discard(namespace: Namespace): Promise<void> {
    await this.#options.netctl.call('del', namespace.tag);
    this.#tags.delete(namespace.tag);
    if (namespace.veth === undefined) return;
    this.#dying.add(namespace.veth);
    this.#sweep ??= setTimeout(() => void this.#sweepLater(), lingerMs).unref();
  }

  /**
   * Makes warm namespaces in the background, up to the wanted number. Called when a start is through with the helper,
   * which does one thing at a time.
   */
  refill(): void {
    this.#refilling ??= this.#refill().finally(() => {
      this.#refilling = undefined;
    });
  }

  /** Whether a namespace from before a restart is still there; if so its names are not used again. */
  async adopt(namespace: Namespace): Promise<boolean> {
    const { veth } = namespace;
    const type = await statfs(this.path(namespace)).then(
      (info) => info.type,
      () => 0,
    );
    if (type !== nsfsMagic || (veth !== undefined && !existsSync(`/sys/class/net/${veth}`))) return false;
    this.#tags.add(namespace.tag);
    return true;
  }

  /** Removes this instance's namespaces and links that nobody adopted. */
  async removeOrphans(): Promise<number> {
    const { folder, instance, netctl } = this.#options;
    const tags = (await readdir(folder)).filter((tag) => !this.#tags.has(tag));
    for (const tag of tags) await netctl.call('del', tag);
    const prefix = linkPrefix(instance);
    const links = (await readdir('/sys/class/net')).filter(
      (name) => name.startsWith(prefix) && !this.#tags.has(name.slice(prefix.length)),
    );
    for (const link of links) await netctl.call('dellink', link);
    return tags.length + links.length;
  }

  /** Removes what is warm and waits until every link given up is really gone. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#sweep);
    await this.#refilling;
    for (const namespace of this.#ready.splice(0)) await this.discard(namespace);
    clearTimeout(this.#sweep);
    await this.#removeDying();
  }

  async #refill(): Promise<void> {
    try {
      while (!this.#isClosed && this.#ready.length < this.#options.warm)
        this.#ready.push(await this.#make('linked'));
    } catch (error) {
      // The next start makes its own and reports what is wrong.
      this.#options.logger.warn({ err: error }, 'cannot prepare network namespaces');
    }
  }

  async #make(kind: 'linked' | 'bare'): Promise<Namespace> {
    const { netctl, instance, mtu } = this.#options;
    for (;;) {
      const tag = this.#nextTag();
      const veth = kind === 'linked' ? `${linkPrefix(instance)}${tag}` : undefined;
      try {
        await netctl.call('new', tag, veth ?? '-', String(mtu));
        await Promise.all(defaultSysctls.map(([path, value]) => netctl.call('sysctl', tag, path, value)));
        return { tag, veth };
      } catch (error) {
        this.#tags.delete(tag);
        // A name that is taken: something stayed behind. Go on to the next.
        if (!(isEngineError(error) && error.code === 'EEXIST')) throw error;
      }
    }
  }

  #nextTag(): string {
    let tag: string;
    do {
      tag = this.#next.toString(36).padStart(tagLength, '0');
      this.#next = (this.#next + 1) % tagCount;
    } while (this.#tags.has(tag));
    this.#tags.add(tag);
    return tag;
  }

  async #sweepLater(): Promise<void> {
    this.#sweep = undefined;
    try {
      await this.#removeDying();
    } catch (error) {
      this.#options.logger.warn({ err: error }, 'cannot remove a link');
    }
  }

  /** A process that outlives its container keeps the namespace; its link must not keep the address. */
  async #removeDying(): Promise<void> {
    for (const veth of this.#dying) {
      if (existsSync(`/sys/class/net/${veth}`)) await this.#options.netctl.call('dellink', veth);
      this.#dying.delete(veth);
    }
  }
}

/** 15 bytes are all a link's name may have: `bth`, the instance (8) and the tag (4). */
const linkPrefix = (instance: string): string => `bth${instance}`;
