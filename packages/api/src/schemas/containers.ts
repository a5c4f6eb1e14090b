/** Containers as the console shows and asks for them. */
import { z } from 'zod';
import { EnvironmentId, InEnvironment, ManyObjects, OneObject, Reference, Tone } from './common.ts';

export const ContainerState = z.enum([
  'created',
  'running',
  'paused',
  'restarting',
  'removing',
  'exited',
  'dead',
]);
export const Health = z.enum(['none', 'starting', 'healthy', 'unhealthy']);

export const PortMapping = z.object({
  ip: z.string().nullable(),
  containerPort: z.number().int(),
  /** `null`: exposed but not published. */
  hostPort: z.number().int().nullable(),
  protocol: z.string(),
});

export const ContainerRow = z.object({
  id: z.string(),
  name: z.string(),
  image: z.string(),
  imageId: z.string(),
  command: z.string(),
  state: ContainerState,
  health: Health,
  /** The engine's own words: “Up 2 days (healthy)”. */
  status: z.string(),
  tone: Tone,
  exitCode: z.number().int().nullable(),
  /** Only known for exit code 137. */
  oomKilled: z.boolean(),
  createdAtMs: z.number(),
  /** Since when it is in this state; from the status words, so exact only after an event. */
  stateSinceMs: z.number().nullable(),
  /** Compose project and service, by label. */
  project: z.string().nullable(),
  service: z.string().nullable(),
  ports: z.array(PortMapping),
  networks: z.array(z.object({ name: z.string(), ip: z.string().nullable() })),
  labels: z.record(z.string(), z.string()),
});
export type ContainerRow = z.infer<typeof ContainerRow>;

/** `null` is “no limit”. */
export const Limits = z.object({
  cpus: z.number().nullable(),
  cpuShares: z.number().nullable(),
  cpusetCpus: z.string().nullable(),
  memoryBytes: z.number().nullable(),
  memoryReservationBytes: z.number().nullable(),
  /** Memory and swap together, as Docker counts. */
  memorySwapBytes: z.number().nullable(),
  pids: z.number().nullable(),
});
export type Limits = z.infer<typeof Limits>;

/** What the cgroup files say; only engines with Berth's own API can tell. */
export const KernelLimits = z.object({
  cgroupVersion: z.union([z.literal(1), z.literal(2)]),
  cpuQuotaUs: z.number().nullable(),
  cpuPeriodUs: z.number(),
  cpuShares: z.number(),
  cpusetCpus: z.string(),
  memoryBytes: z.number().nullable(),
  memoryReservationBytes: z.number().nullable(),
  memorySwapBytes: z.number().nullable(),
  pids: z.number().nullable(),
});
export type KernelLimits = z.infer<typeof KernelLimits>;

export const LimitsReport = z.object({
  configured: Limits,
  /** `null` on a foreign engine, or when the container does not run. */
  kernel: KernelLimits.nullable(),
  source: z.enum(['kernel', 'inspect']),
  running: z.boolean(),
  host: z.object({ cpus: z.number(), memoryBytes: z.number() }),
  warnings: z.array(z.string()),
});
export type LimitsReport = z.infer<typeof LimitsReport>;

export const RestartPolicy = z.object({
  name: z.enum(['no', 'always', 'unless-stopped', 'on-failure']),
  maximumRetryCount: z.number().int().min(0).max(1000).default(0),
});

export const ContainerDetail = ContainerRow.extend({
  startedAtMs: z.number().nullable(),
  finishedAtMs: z.number().nullable(),
  pid: z.number().nullable(),
  restartCount: z.number(),
  /** Why it stopped, in words; `null` while it runs. */
  exitReason: z.string().nullable(),
  /** The engine's error of the last start, if any. */
  error: z.string().nullable(),
  config: z.object({
    entrypoint: z.array(z.string()),
    command: z.array(z.string()),
    workingDir: z.string(),
    user: z.string(),
    hostname: z.string(),
    tty: z.boolean(),
    openStdin: z.boolean(),
    stopSignal: z.string().nullable(),
    env: z.array(z.object({ name: z.string(), value: z.string(), secret: z.boolean() })),
  }),
  host: z.object({
    networkMode: z.string(),
    autoRemove: z.boolean(),
    privileged: z.boolean(),
    readOnlyRoot: z.boolean(),
    capAdd: z.array(z.string()),
    capDrop: z.array(z.string()),
    restartPolicy: z.object({ name: z.string(), maximumRetryCount: z.number() }),
    logDriver: z.string(),
    runtime: z.string(),
  }),
  limits: Limits,
  mounts: z.array(
    z.object({
      type: z.string(),
      name: z.string().nullable(),
      source: z.string(),
      destination: z.string(),
      readOnly: z.boolean(),
    }),
  ),
  endpoints: z.array(
    z.object({
      network: z.string(),
      ip: z.string().nullable(),
      prefixLength: z.number().nullable(),
      gateway: z.string().nullable(),
      mac: z.string().nullable(),
      aliases: z.array(z.string()),
    }),
  ),
  healthLog: z.array(
    z.object({ startedAtMs: z.number(), endedAtMs: z.number(), exitCode: z.number(), output: z.string() }),
  ),
  failingStreak: z.number(),
  /** The engine's answer as it came. */
  raw: z.unknown(),
});
export type ContainerDetail = z.infer<typeof ContainerDetail>;

export const ContainerAction = z.enum(['start', 'stop', 'restart', 'kill', 'pause', 'unpause', 'remove']);
export type ContainerAction = z.infer<typeof ContainerAction>;

export const ContainerActionInput = ManyObjects.extend({
  action: ContainerAction,
  /** stop, restart: seconds before SIGKILL. */
  timeoutS: z.number().int().min(0).max(3600).optional(),
  /** kill: signal name or number; stop: instead of the image's own. */
  signal: z
    .string()
    .regex(/^(SIG)?[A-Z0-9+]{1,12}$/, 'Give a signal such as SIGTERM.')
    .optional(),
  /** remove: also a running one. */
  force: z.boolean().default(false),
  /** remove: also its anonymous volumes. */
  removeVolumes: z.boolean().default(false),
});

export const ContainerName = z
  .string()
  .max(128, 'At most 128 characters.')
  .regex(
    /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/,
    'At least two characters: letters, digits, _ . - and a letter or digit first.',
  );

const MIB = 1024 * 1024;
const absolutePath = z.string().max(4096).startsWith('/', 'Give an absolute path, starting with “/”.');
const Cpus = z.number().min(0.01, 'At least 0.01 cores.').max(4096);
const Memory = z
  .number()
  .int()
  .min(6 * MIB, 'At least 6 MiB.')
  .max(Number.MAX_SAFE_INTEGER);
const Pids = z.number().int().min(1, 'At least 1 process.').max(4194304);

/** `null` removes a limit, a missing field leaves it. */
export const UpdateLimitsInput = OneObject.extend({
  cpus: Cpus.nullable().optional(),
  cpuShares: z.number().int().min(2).max(262144).nullable().optional(),
  cpusetCpus: z
    .string()
    .regex(/^(\d+(-\d+)?)(,\d+(-\d+)?)*$/, 'Give cpus such as 0-2,4.')
    .nullable()
    .optional(),
  memoryBytes: Memory.nullable().optional(),
  memoryReservationBytes: Memory.nullable().optional(),
  memorySwapBytes: Memory.nullable().optional(),
  pids: Pids.nullable().optional(),
});
export type UpdateLimitsInput = z.infer<typeof UpdateLimitsInput>;

const port = z
  .number({ error: 'Give a port number.' })
  .int('Give a whole number.')
  .min(1, 'Ports are 1 to 65535.')
  .max(65535, 'Ports are 1 to 65535.');
const unterminated = (text: string) => (text.replaceAll(/\\./g, '').match(/"/g)?.length ?? 0) % 2 === 0;
const CommandLine = z.string().max(32768).refine(unterminated, 'A quotation mark is not closed.');

/** The create form. Empty strings mean “not given”, so it can be bound to inputs as it is. */
export const CreateContainerForm = z.object({
  image: z.string().trim().min(1, 'Choose an image.').max(512).pipe(Reference),
  name: z.union([z.literal(''), ContainerName]).default(''),
  /** Split into words as a shell would, without expansion. */
  command: CommandLine.default(''),
  entrypoint: CommandLine.default(''),
  workingDir: z.union([z.literal(''), absolutePath]).default(''),
  user: z.string().max(256).default(''),
  hostname: z
    .union([
      z.literal(''),
      z
        .string()
        .max(253)
        .regex(/^[a-zA-Z0-9]([a-zA-Z0-9.-]*[a-zA-Z0-9])?$/, 'Letters, digits, “-” and “.”.'),
    ])
    .default(''),
  tty: z.boolean().default(false),
  openStdin: z.boolean().default(false),
  autoRemove: z.boolean().default(false),
  env: z
    .array(
      z.object({
        name: z
          .string()
          .min(1, 'Give the variable a name.')
          .max(4096)
          .regex(/^[^=\0]+$/, 'A name has no “=”.'),
        value: z.string().max(131072).default(''),
      }),
    )
    .max(1000)
    .default([]),
  labels: z
    .array(
      z.object({
        name: z.string().min(1, 'Give the label a name.').max(1024),
        value: z.string().max(65536).default(''),
      }),
    )
    .max(1000)
    .default([]),
  ports: z
    .array(
      z.object({
        hostIp: z.union([z.literal(''), z.ipv4('Give an IPv4 address.')]).default(''),
        /** `null`: the engine picks a free one. */
        hostPort: port.nullable().default(null),
        containerPort: port,
        protocol: z.enum(['tcp', 'udp']).default('tcp'),
      }),
    )
    .max(1000)
    .default([]),
  volumes: z
    .array(
      z
        .object({
          kind: z.enum(['volume', 'bind', 'tmpfs']).default('volume'),
          /** Volume name, or absolute host path; empty with tmpfs, or for an anonymous volume. */
          source: z.string().max(4096).default(''),
          target: absolutePath,
          readOnly: z.boolean().default(false),
        })
        .superRefine((volume, context) => {
          if (volume.kind === 'bind' && !volume.source.startsWith('/'))
            context.addIssue({
              code: 'custom',
              path: ['source'],
              message: 'Give an absolute path on the host.',
            });
          if (
            volume.kind === 'volume' &&
            volume.source !== '' &&
            !/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(volume.source)
          )
            context.addIssue({
              code: 'custom',
              path: ['source'],
              message: 'A volume name is letters, digits, _ . -.',
            });
        }),
    )
    .max(200)
    .default([]),
  limits: z
    .object({
      cpus: Cpus.nullable().default(null),
      memoryBytes: Memory.nullable().default(null),
      memorySwapBytes: Memory.nullable().default(null),
      pids: Pids.nullable().default(null),
    })
    .prefault({}),
  restartPolicy: RestartPolicy.prefault({ name: 'no' }),
  network: z.string().max(128).default(''),
  /** Start it at once. */
  start: z.boolean().default(true),
});
export type CreateContainerForm = z.infer<typeof CreateContainerForm>;
/** What the form's inputs hold, before defaults. */
export type CreateContainerFormInput = z.input<typeof CreateContainerForm>;

export const CreateContainerInput = CreateContainerForm.extend({ environment: EnvironmentId });
export const CreateContainerResult = z.object({
  id: z.string(),
  started: z.boolean(),
  /** Made, but this went wrong when starting it. */
  startError: z.string().nullable(),
  warnings: z.array(z.string()),
});

export const Processes = z.object({ titles: z.array(z.string()), processes: z.array(z.array(z.string())) });
export const Shells = z.object({ shells: z.array(z.object({ path: z.string(), name: z.string() })) });
export const RenameInput = OneObject.extend({ name: ContainerName });
export const ListContainersInput = InEnvironment.extend({ all: z.boolean().default(true) });
