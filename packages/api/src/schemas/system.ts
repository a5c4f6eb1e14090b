/** Session, set-up, environments, the host and the console itself. */
import { z } from 'zod';

export const UserInfo = z.object({
  id: z.string(),
  username: z.string(),
  name: z.string(),
  email: z.string().nullable(),
  role: z.enum(['admin']),
});
export type UserInfo = z.infer<typeof UserInfo>;

export const Username = z
  .string()
  .trim()
  .min(2, 'At least 2 characters.')
  .max(64, 'At most 64 characters.')
  .regex(/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/, 'Letters, digits, _ . - and a letter or digit first.');
/** Length is what counts (NIST SP 800-63B); no rules about kinds of characters. */
export const NewPassword = z.string().min(10, 'At least 10 characters.').max(128, 'At most 128 characters.');

export const SignInInput = z.object({
  /** User name or e-mail address. */
  login: z.string().trim().min(1, 'Give your user name.').max(254),
  password: z.string().min(1, 'Give your password.').max(128),
});
export const CreateAdminInput = z.object({
  code: z.string().trim().min(1, 'Give the set-up code the server printed.').max(128),
  username: Username,
  email: z.union([z.literal(''), z.email('This is not an e-mail address.')]).default(''),
  password: NewPassword,
});
export const ChangePasswordInput = z.object({
  currentPassword: z.string().min(1, 'Give your present password.').max(128),
  newPassword: NewPassword,
});
export const SetupStatus = z.object({
  /** No user exists yet: show “create administrator”. */
  needed: z.boolean(),
});
export const Me = z.object({ user: UserInfo, sessionExpiresAtMs: z.number() });

export const EnvironmentRow = z.object({
  id: z.string(),
  name: z.string(),
  endpoint: z.string(),
  /** Whether the engine answered just now. */
  reachable: z.boolean(),
  error: z.string().nullable(),
  engine: z.object({ name: z.string(), version: z.string(), apiVersion: z.string() }).nullable(),
  /** Has Berth's own API beside Docker's. */
  berth: z.boolean(),
});
export type EnvironmentRow = z.infer<typeof EnvironmentRow>;

export const EngineInfo = z.object({
  engine: z.string(),
  version: z.string(),
  apiVersion: z.string(),
  berth: z.boolean(),
  hostName: z.string(),
  os: z.string(),
  kernel: z.string(),
  architecture: z.string(),
  cpus: z.number(),
  memoryBytes: z.number(),
  dataRoot: z.string(),
  storageDriver: z.string(),
  cgroupVersion: z.string(),
  containers: z.object({ total: z.number(), running: z.number(), paused: z.number(), stopped: z.number() }),
  images: z.number(),
  warnings: z.array(z.string()),
});
export type EngineInfo = z.infer<typeof EngineInfo>;

export const HostUsage = z.object({
  timeMs: z.number(),
  cpus: z.number(),
  /** Busy share of all cpus, 0 to 1. */
  cpuUsage: z.number(),
  loadAverage: z.tuple([z.number(), z.number(), z.number()]),
  memoryTotalBytes: z.number(),
  memoryAvailableBytes: z.number(),
  /** The file system that holds the engine's data. */
  diskTotalBytes: z.number(),
  diskFreeBytes: z.number(),
  uptimeS: z.number(),
});
export type HostUsage = z.infer<typeof HostUsage>;

const Usage = z.object({
  count: z.number(),
  active: z.number(),
  sizeBytes: z.number(),
  reclaimableBytes: z.number(),
});
export const DiskUsage = z.object({ images: Usage, containers: Usage, volumes: Usage, buildCache: Usage });

export const SelfCheck = z.object({
  facts: z.array(
    z.object({
      id: z.string(),
      label: z.string(),
      value: z.string(),
      status: z.enum(['ok', 'warning', 'error', 'info']),
      /** What to change when it is not right. */
      fix: z.string().nullable(),
    }),
  ),
});
export type SelfCheck = z.infer<typeof SelfCheck>;

export const ConsoleVersion = z.object({ version: z.string(), node: z.string() });
