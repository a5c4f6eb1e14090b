/** Takes a sample per second of a container while anyone watches it, however many do; none otherwise. */
import type { ContainerStats } from '@berth/engine-api';
import type { Container } from '../containers/container.ts';
import type { EngineContext } from '../context.ts';
import { readHostCpu, readMemory } from '../system/proc.ts';
import { type Deferred, deferred } from '../util/wakeups.ts';
import { emptyStats, type Sample, type StatsSubject, toStats } from './sample.ts';

const intervalMs = 1000;

export class StatsService {
  readonly #context: EngineContext;
  readonly #samplers = new Map<Container, Sampler>();

  constructor(context: EngineContext) {
    this.#context = context;
  }

  async *watch(
    container: Container,
    options: { stream: boolean; oneShot: boolean; signal: AbortSignal },
  ): AsyncGenerator<ContainerStats> {
    const { signal } = options;
    if (!options.stream) {
      yield await this.#once(container, options.oneShot, signal);
      return;
    }
    using sampler = this.#join(container);
    let seen: ContainerStats | undefined;
    while (!signal.aborted && !sampler.gone) {
      seen = await sampler.next(seen, signal);
      if (seen) yield seen;
    }
  }

  /** With one sample the client computes nothing per second; without `oneShot` there are two to compare. */
  async #once(container: Container, oneShot: boolean, signal: AbortSignal): Promise<ContainerStats> {
    const subject = this.#subject(container);
    const first = await this.#sample(container);
    if (!first) return emptyStats(subject);
    if (oneShot) return toStats(subject, first, undefined);
    await pause(intervalMs, signal);
    const second = await this.#sample(container);
    return second ? toStats(subject, second, first) : emptyStats(subject);
  }

  #join(container: Container): Sampler & Disposable {
    const running = this.#samplers.get(container);
    if (running) return running.enter();
    const sampler = new Sampler({
      subject: () => this.#subject(container),
      sample: () => this.#sample(container),
      isGone: () => this.#context.store.index.byId(container.id) !== container,
      onIdle: () => this.#samplers.delete(container),
    });
    this.#samplers.set(container, sampler);
    return sampler.enter();
  }

  #subject(container: Container): StatsSubject {
    const { cgroupVersion } = this.#context.runtime;
    return { id: container.id, name: container.name, cgroupVersion };
  }

  /** Undefined when it does not run. */
  async #sample(container: Container): Promise<Sample | undefined> {
    const { process } = container;
    if (!process) return undefined;
    try {
      const [cgroup, networks, host, memory] = await Promise.all([
        process.cgroup.stats(),
        container.sandbox ? this.#context.networks.counters(container.id) : [],
        readHostCpu(),
        readMemory(),
      ]);
      return { readAt: new Date(), cgroup, host, networks, hostMemoryBytes: memory.totalBytes };
    } catch (error) {
      // It ended while its files were being read.
      if (container.process !== process) return undefined;
      throw error;
    }
  }
}

interface SamplerSource {
  subject: () => StatsSubject;
  sample: () => Promise<Sample | undefined>;
  isGone: () => boolean;
  onIdle: () => void;
}

class Sampler implements Disposable {
  readonly #source: SamplerSource;
  #watchers = 0;
  #timer: NodeJS.Timeout | undefined;
  #previous: Sample | undefined;
  #latest: ContainerStats | undefined;
  #next: Deferred<void> = deferred();
  gone = false;

  constructor(source: SamplerSource) {
    this.#source = source;
  }

  enter(): this {
    this.#watchers += 1;
    if (this.#watchers === 1) void this.#tick();
    return this;
  }

  [Symbol.dispose](): void {
    this.#watchers -= 1;
    if (this.#watchers > 0) return;
    clearTimeout(this.#timer);
    this.#source.onIdle();
  }

  /** The first sample that is not `seen`; undefined when the container is gone or `signal` aborted. */
  async next(seen: ContainerStats | undefined, signal: AbortSignal): Promise<ContainerStats | undefined> {
    while (this.#latest === seen && !this.gone && !signal.aborted) {
      const aborted = deferred<void>();
      const onAbort = (): void => aborted.resolve();
      signal.addEventListener('abort', onAbort, { once: true });
      await Promise.race([this.#next.promise, aborted.promise]);
      signal.removeEventListener('abort', onAbort);
    }
    return this.#latest === seen ? undefined : this.#latest;
  }

  async #tick(): Promise<void> {
    try {
      const sample = await this.#source.sample();
      const subject = this.#source.subject();
      this.#latest = sample ? toStats(subject, sample, this.#previous) : emptyStats(subject);
      this.#previous = sample;
      this.gone = this.#source.isGone();
    } catch {
      // Watchers end; whoever asks again sees the error of a first sample.
      this.gone = true;
    }
    const waiting = this.#next;
    this.#next = deferred();
    waiting.resolve();
    if (this.#watchers > 0 && !this.gone) this.#timer = setTimeout(() => void this.#tick(), intervalMs);
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(done, ms);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
    signal.addEventListener('abort', done, { once: true });
  });
}
