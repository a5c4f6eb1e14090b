/** The create form as the engine wants it, and the engine's refusals as errors of form fields. */
import { isDockerError } from '@berth/docker-client';
import type { ContainerCreateBody, HostConfig, Mount } from '@berth/engine-api';
import { ConsoleError } from '../lib/errors.ts';
import { splitWords } from '../lib/words.ts';
import type { FieldError } from '../schemas/common.ts';
import type { CreateContainerForm } from '../schemas/containers.ts';
import { createLimits } from './limits.ts';

export function createBody(form: CreateContainerForm): ContainerCreateBody {
  return {
    Image: form.image,
    ...(form.command.trim() === '' ? {} : { Cmd: splitWords(form.command) }),
    ...(form.entrypoint.trim() === '' ? {} : { Entrypoint: splitWords(form.entrypoint) }),
    ...(form.workingDir === '' ? {} : { WorkingDir: form.workingDir }),
    ...(form.user === '' ? {} : { User: form.user }),
    ...(form.hostname === '' ? {} : { Hostname: form.hostname }),
    Tty: form.tty,
    OpenStdin: form.openStdin,
    Env: form.env.map(({ name, value }) => `${name}=${value}`),
    Labels: Object.fromEntries(form.labels.map(({ name, value }) => [name, value])),
    ExposedPorts: Object.fromEntries(form.ports.map((port) => [portKey(port), {}])),
    HostConfig: hostConfig(form),
  };
}

const portKey = (port: CreateContainerForm['ports'][number]): string =>
  `${port.containerPort}/${port.protocol}`;

function hostConfig(form: CreateContainerForm): HostConfig {
  const bindings: NonNullable<HostConfig['PortBindings']> = {};
  for (const port of form.ports) {
    const binding = { HostIp: port.hostIp, HostPort: port.hostPort === null ? '' : String(port.hostPort) };
    bindings[portKey(port)] = [...(bindings[portKey(port)] ?? []), binding];
  }
  const { name, maximumRetryCount } = form.restartPolicy;
  return {
    ...createLimits(form.limits),
    PortBindings: bindings,
    Mounts: form.volumes.map(toMount),
    AutoRemove: form.autoRemove,
    RestartPolicy: { Name: name, MaximumRetryCount: name === 'on-failure' ? maximumRetryCount : 0 },
    ...(form.network === '' ? {} : { NetworkMode: form.network }),
  };
}

const toMount = (volume: CreateContainerForm['volumes'][number]): Mount => ({
  Type: volume.kind,
  ...(volume.kind === 'tmpfs' || volume.source === '' ? {} : { Source: volume.source }),
  Target: volume.target,
  ReadOnly: volume.readOnly,
});

/** Rules across fields, which the engine would refuse with its own words for other things. */
export function checkForm(form: CreateContainerForm): void {
  const fields: FieldError[] = [];
  if (form.autoRemove && form.restartPolicy.name !== 'no')
    fields.push({
      path: 'restartPolicy.name',
      message: 'A container that is removed when it stops cannot restart.',
    });
  const { memoryBytes, memorySwapBytes } = form.limits;
  if (memorySwapBytes !== null && (memoryBytes === null || memorySwapBytes < memoryBytes))
    fields.push({
      path: 'limits.memorySwapBytes',
      message: 'Memory and swap together: needs a memory limit, and is at least as much.',
    });
  fields.push(
    ...doubles(
      form.ports.map((port) =>
        port.hostPort === null ? '' : `${port.hostIp}:${port.hostPort}/${port.protocol}`,
      ),
      (index) => `ports.${index}.hostPort`,
      'This host port is given twice.',
    ),
  );
  fields.push(
    ...doubles(
      form.volumes.map((volume) => volume.target),
      (index) => `volumes.${index}.target`,
      'This path is given twice.',
    ),
  );
  fields.push(
    ...doubles(
      form.env.map(({ name }) => name),
      (index) => `env.${index}.name`,
      'This variable is given twice.',
    ),
  );
  const [first] = fields;
  if (first) throw new ConsoleError('invalid', first.message, { reason: 'form', fields });
}

function doubles(values: string[], path: (index: number) => string, message: string): FieldError[] {
  const seen = new Set<string>();
  return values.flatMap((value, index) => {
    const twice = value !== '' && seen.has(value);
    seen.add(value);
    return twice ? [{ path: path(index), message }] : [];
  });
}

/** Which field an engine's refusal is about, by what all engines call the thing. */
const FIELD_OF: [RegExp, string][] = [
  [/no such image|invalid reference|pull access/i, 'image'],
  [/container name|already in use by container/i, 'name'],
  [/port is already allocated|address already in use|\bport\b/i, 'ports'],
  [/bind source path|mount path|mount|volume/i, 'volumes'],
  [/swap/i, 'limits.memorySwapBytes'],
  [/memory/i, 'limits.memoryBytes'],
  [/cpu/i, 'limits.cpus'],
  [/pids/i, 'limits.pids'],
  [/network/i, 'network'],
  [/user/i, 'user'],
];

export function asFieldError(error: unknown): unknown {
  if (!isDockerError(error) || error.status === undefined) return error;
  const path = FIELD_OF.find(([pattern]) => pattern.test(error.message))?.[1];
  if (path === undefined) return error;
  return new ConsoleError(
    error.status === 409 ? 'conflict' : error.status === 404 ? 'not-found' : 'invalid',
    error.message,
    {
      reason: 'form',
      fields: [{ path, message: error.message }],
      cause: error,
    },
  );
}
