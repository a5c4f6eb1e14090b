/** The daemon's settings: flags and daemon.json together, validated, with defaults. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { type CommandLine, UsageError } from './flags.ts';
import { keyOf, options } from './options.ts';
import { parseSize } from './size.ts';

export const defaultConfigFile = '/etc/berth/daemon.json';
export const defaultGroup = 'berth';

const directory = z
  .string()
  .min(1)
  .transform((value) => path.resolve(value));
const timeoutS = z.number().int().min(0);

const Settings = z.strictObject({
  bip: z.string().optional(),
  bridge: z.string().min(1).max(15, { error: 'a bridge name has at most 15 characters' }).default('berth0'),
  debug: z.boolean().default(false),
  'default-address-pools': z.array(z.object({ base: z.string(), size: z.number().int() })).default([]),
  'default-gateway': z.string().optional(),
  'default-shm-size': z
    .union([z.string(), z.number()])
    .transform(parseSize)
    .refine((bytes) => bytes !== undefined, { error: 'it is not a size such as 64m' })
    .optional(),
  'default-ulimits': z
    .record(
      z.string(),
      z.object({ Name: z.string().optional(), Soft: z.number().int(), Hard: z.number().int() }),
    )
    .default({}),
  dns: z.array(z.string()).default([]),
  'dns-opts': z.array(z.string()).default([]),
  'dns-search': z.array(z.string()).default([]),
  'exec-root': directory.default('/run/berth'),
  'fixed-cidr': z.string().optional(),
  group: z.string().optional(),
  hosts: z.array(z.string()).min(1).default(['unix:///run/berth/berth.sock']),
  'host-gateway-ip': z.string().optional(),
  icc: z.boolean().default(true),
  'data-root': directory.default('/var/lib/berth'),
  init: z.boolean().default(false),
  'insecure-registries': z.array(z.string()).default([]),
  'ip-forward': z.boolean().default(true),
  'ip-masq': z.boolean().default(true),
  iptables: z.boolean().default(true),
  labels: z.array(z.string().regex(/^[^=]+=/, { error: 'expected key=value' })).default([]),
  'live-restore': z.boolean().default(true),
  'log-driver': z.string().default('json-file'),
  'log-level': z.enum(['debug', 'info', 'warn', 'error', 'fatal']).default('info'),
  'log-opts': z.record(z.string(), z.string()).default({}),
  'max-concurrent-downloads': z.number().int().min(1).default(3),
  'metrics-addr': z.string().optional(),
  mtu: z.number().int().min(68).max(65_535).default(1500),
  'no-new-privileges': z.boolean().default(false),
  pidfile: directory.default('/run/berthd.pid'),
  'registry-mirrors': z.array(z.string()).default([]),
  'seccomp-profile': z.string().default('builtin'),
  'shutdown-timeout': timeoutS.default(10),
  'storage-driver': z.literal('overlay2', { error: 'overlay2 is the one there is' }).default('overlay2'),
  tls: z.boolean().optional(),
  tlscacert: z.string().optional(),
  tlscert: z.string().optional(),
  tlskey: z.string().optional(),
  tlsverify: z.boolean().optional(),
  'userland-proxy': z.boolean().default(true),
  'userns-remap': z
    .literal('', { error: 'user namespaces are not part of Berth 0.1; they come with a later release' })
    .default(''),
});
export type Settings = z.output<typeof Settings>;

/**
 * @throws UsageError naming the option, when the file cannot be read, a key is unknown, a value is wrong, or flag
 * and file both set the same option
 */
export async function loadSettings(line: CommandLine): Promise<Settings> {
  const file = line.configFile ?? defaultConfigFile;
  const fromFile = await readConfigFile(file, line.configFile !== undefined);
  const known = new Set(options.map(keyOf));
  const unknown = Object.keys(fromFile).filter((key) => !known.has(key));
  if (unknown.length > 0) {
    throw new UsageError(`${file}: the following directives are unknown: ${unknown.join(', ')}`);
  }
  const twice = Object.keys(fromFile).filter((key) => key in line.settings);
  if (twice.length > 0) {
    throw new UsageError(`${file}: also given as a flag, where only one may be: ${twice.join(', ')}`);
  }
  const parsed = Settings.safeParse({ ...fromFile, ...line.settings });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const key = issue?.path.map(String).join('.') ?? '';
  throw new UsageError(`invalid value for ${key}: ${issue?.message ?? 'it does not have the expected form'}`);
}

async function readConfigFile(file: string, asked: boolean): Promise<Record<string, unknown>> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' && !asked) return '{}';
    throw new UsageError(`cannot read ${file}: ${error.code ?? error.message}`);
  });
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(text.trim() === '' ? '{}' : text));
  } catch (cause) {
    const why = cause instanceof SyntaxError ? cause.message : 'expected an object';
    throw new UsageError(`${file} is not valid: ${why}`);
  }
}
