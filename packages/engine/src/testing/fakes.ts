/** Small stand-ins for the parts the engine joins, for tests of its own logic. */
import { type Duplex, PassThrough } from 'node:stream';
import { notFound } from '@berth/engine-api';
import type { Image, Images } from '@berth/images';
import type { Networks } from '@berth/network';
import type {
  AttachOptions,
  Cgroup,
  CgroupStats,
  ContainerProcess,
  ExecRequest,
  ExitStatus,
  LaunchRequest,
  OciResources,
  Runtime,
} from '@berth/runtime';
import type { Volumes } from '@berth/volumes';

const unused = (): never => {
  throw new Error('the fake does not do this');
};

export class FakeProcess implements ContainerProcess {
  readonly id: string;
  readonly pid: number;
  readonly terminal: boolean;
  readonly startedAt = new Date();
  readonly cgroup: Cgroup;
  readonly signals: number[] = [];
  readonly pipes: { options: AttachOptions; pipe: PassThrough }[] = [];
  readonly updates: OciResources[] = [];
  readonly #exit = Promise.withResolvers<ExitStatus>();
  frozen = false;
  disposed = false;
  /** What the process does with a signal; it ends from every one by default. */
  onSignal = (signal: number): void => this.end(128 + signal);

  constructor(id: string, pid: number, terminal: boolean) {
    this.id = id;
    this.pid = pid;
    this.terminal = terminal;
    this.cgroup = this.#fakeCgroup();
  }

  get exited(): Promise<ExitStatus> {
    return this.#exit.promise;
  }

  end(exitCode: number, oomKilled = false): void {
    for (const { pipe } of this.pipes) pipe.end();
    this.#exit.resolve({ exitCode, exitedAt: new Date(), oomKilled });
  }

  async attach(options: AttachOptions): Promise<Duplex> {
    const pipe = new PassThrough();
    this.pipes.push({ options, pipe });
    return pipe;
  }

  async signal(signal: number): Promise<void> {
    this.signals.push(signal);
    this.onSignal(signal);
  }

  async resize(): Promise<void> {}

  [Symbol.dispose](): void {
    this.disposed = true;
  }

  #fakeCgroup(): Cgroup {
    return {
      path: this.id,
      update: async (resources) => void this.updates.push(resources),
      limits: unused,
      stats: async () => fakeStats,
      freeze: async () => {
        this.frozen = true;
      },
      thaw: async () => {
        this.frozen = false;
      },
      pids: async () => [process.pid],
      remove: async () => {},
    };
  }
}

const fakeStats: CgroupStats = {
  cpu: {
    usageNs: 5_000n,
    userNs: 3_000n,
    systemNs: 2_000n,
    perCpuNs: [4_000n, 1_000n],
    periods: 3,
    throttledPeriods: 2,
    throttledNs: 7n,
  },
  memory: {
    usageBytes: 4096,
    maxUsageBytes: 8192,
    limitBytes: 64 * 1024 * 1024,
    stat: { cache: 1 },
    oomKills: 0,
  },
  pids: { current: 1, limit: undefined },
  blockIo: [{ major: 8, minor: 0, op: 'read', bytes: 512, operations: 1 }],
};

export class FakeRuntime implements Runtime {
  readonly cgroupVersion = 1;
  readonly launches: LaunchRequest[] = [];
  readonly execs: ExecRequest[] = [];
  readonly processes = new Map<string, FakeProcess>();
  readonly removed: string[] = [];
  /** What an earlier daemon left. */
  readonly before = new Map<string, ContainerProcess | ExitStatus>();
  /** Called with every new process; may end it or throw. */
  onLaunch: (process: FakeProcess) => void = () => {};
  #pid = 1000;

  async launch(request: LaunchRequest): Promise<ContainerProcess> {
    this.launches.push(request);
    const process = this.#process(request.id, request.spec.process.terminal ?? false);
    await request.beforeStart?.(process);
    this.onLaunch(process);
    return process;
  }

  async reconnect(id: string): Promise<ContainerProcess | ExitStatus | undefined> {
    return this.before.get(id);
  }

  async exec(_container: ContainerProcess, request: ExecRequest): Promise<ContainerProcess> {
    this.execs.push(request);
    const process = this.#process(request.id, request.process.terminal ?? false);
    await request.beforeStart?.(process);
    this.onLaunch(process);
    return process;
  }

  async remove(id: string): Promise<void> {
    this.removed.push(id);
  }

  async list(): Promise<string[]> {
    return [...this.before.keys()];
  }

  /** The process that was launched last. */
  get last(): FakeProcess {
    const process = [...this.processes.values()].at(-1);
    return process ?? unused();
  }

  #process(id: string, terminal: boolean): FakeProcess {
    const process = new FakeProcess(id, this.#pid++, terminal);
    this.processes.delete(id);
    this.processes.set(id, process);
    return process;
  }
}

export const fakeImage: Image = {
  id: `sha256:${'a'.repeat(64)}`,
  config: {
    architecture: 'amd64',
    os: 'linux',
    config: { Env: ['PATH=/bin', 'LANG=C'], Cmd: ['sh'], Volumes: {}, Labels: { from: 'image' } },
    rootfs: { type: 'layers', diff_ids: [] },
  },
  repoTags: ['busybox:latest'],
  repoDigests: [],
  sizeBytes: 100,
  parent: '',
  lastTaggedAt: undefined,
};

export function fakeImages(): Images & { layers: Set<string> } {
  const layers = new Set<string>();
  const layer = () => ({ lower: ['/lower'], upper: '/upper', work: '/work' });
  return {
    layers,
    list: async () => [fakeImage],
    get: async (reference) => {
      if (['busybox', 'busybox:latest', fakeImage.id].includes(reference)) return fakeImage;
      throw notFound(`No such image: ${reference}`);
    },
    createContainerLayer: async (id) => {
      layers.add(id);
      return layer();
    },
    containerLayer: async () => layer(),
    removeContainerLayer: async (id) => void layers.delete(id),
    containerLayerSize: async () => 10,
    layersSize: async () => 100,
    reconcile: async () => {},
    history: unused,
    tag: unused,
    remove: unused,
    prune: unused,
    pull: unused,
    load: unused,
    save: unused,
    import: unused,
  };
}

export function fakeNetworks(): Networks & { sandboxes: Set<string> } {
  const sandboxes = new Set<string>();
  return {
    sandboxes,
    start: async () => {},
    list: () => [],
    get: (name) => {
      if (name !== 'bridge') throw notFound(`network ${name} not found`);
      return {
        id: 'b'.repeat(64),
        name,
        driver: 'bridge',
        createdAt: new Date(0),
        subnet: '172.17.0.0/16',
        gateway: '172.17.0.1',
        options: {},
        labels: {},
        internal: false,
        endpoints: [],
        containers: [],
      };
    },
    createSandbox: async ({ containerId, ports, mode }) => {
      sandboxes.add(containerId);
      const endpoint = {
        networkName: 'bridge',
        networkId: 'b'.repeat(64),
        endpointId: 'c'.repeat(64),
        ipv4Address: '172.17.0.2',
        ipv4PrefixLength: 16,
        gateway: '172.17.0.1',
        macAddress: '02:42:ac:11:00:02',
      };
      return {
        containerId,
        netnsPath: `/netns/${containerId}`,
        endpoint: mode === 'bridge' ? endpoint : undefined,
        ports,
      };
    },
    sandbox: () => undefined,
    removeSandbox: async (id) => void sandboxes.delete(id),
    counters: async () => [],
    resolvers: async () => ({ nameservers: ['9.9.9.9'], search: [], options: [] }),
    close: async () => {},
  };
}

export function fakeVolumes(): Volumes & { names: Set<string> } {
  const names = new Set<string>();
  let count = 0;
  const volume = (name: string) => ({
    name,
    driver: 'local' as const,
    mountpoint: `/volumes/${name}/_data`,
    createdAt: new Date(0),
    labels: {},
    options: {},
    anonymous: name.startsWith('anonymous'),
  });
  return {
    names,
    list: async () => [...names].map(volume),
    get: async (name) => {
      if (!names.has(name)) throw notFound(`get ${name}: no such volume`);
      return volume(name);
    },
    create: async ({ name = `anonymous${count++}` }) => {
      names.add(name);
      return volume(name);
    },
    remove: async (name) => void names.delete(name),
    prune: unused,
    size: async () => 0,
    populate: async () => {},
  };
}
