/** From the engine's inspect to the container page. */
import type { ContainerInspect } from '@berth/engine-api';
import { type ContainerDetail, type ContainerRow, ContainerState } from '../schemas/containers.ts';
import { toneOf } from './container-row.ts';
import { exitWords } from './exit-words.ts';
import { limitsOf } from './limits.ts';

const SECRET = /pass(word|wd|phrase)?|secret|token|api_?key|private|credential|_key$|auth/i;

export function toDetail(inspect: ContainerInspect): ContainerDetail {
  const { State: state, Config: config, HostConfig: host } = inspect;
  return {
    ...rowOf(inspect),
    startedAtMs: timeOf(state.StartedAt),
    finishedAtMs: timeOf(state.FinishedAt),
    pid: state.Pid > 0 ? state.Pid : null,
    restartCount: inspect.RestartCount,
    exitReason: hasEnded(inspect)
      ? exitWords({ exitCode: state.ExitCode, oomKilled: state.OOMKilled })
      : null,
    error: state.Error || null,
    config: {
      entrypoint: config.Entrypoint ?? [],
      command: config.Cmd ?? [],
      workingDir: config.WorkingDir || '/',
      user: config.User ?? '',
      hostname: config.Hostname ?? '',
      tty: config.Tty ?? false,
      openStdin: config.OpenStdin ?? false,
      stopSignal: config.StopSignal || null,
      env: (config.Env ?? []).map(toVariable),
    },
    host: {
      networkMode: host.NetworkMode || 'default',
      autoRemove: host.AutoRemove ?? false,
      privileged: host.Privileged ?? false,
      readOnlyRoot: host.ReadonlyRootfs ?? false,
      capAdd: host.CapAdd ?? [],
      capDrop: host.CapDrop ?? [],
      restartPolicy: {
        name: host.RestartPolicy?.Name || 'no',
        maximumRetryCount: host.RestartPolicy?.MaximumRetryCount ?? 0,
      },
      logDriver: host.LogConfig?.Type || 'json-file',
      runtime: host.Runtime || '',
    },
    limits: limitsOf(host),
    mounts: inspect.Mounts.map((mount) => ({
      type: mount.Type,
      name: mount.Name || null,
      source: mount.Source,
      destination: mount.Destination,
      readOnly: !mount.RW,
    })),
    endpoints: endpointsOf(inspect),
    healthLog: (state.Health?.Log ?? []).map((probe) => ({
      startedAtMs: Date.parse(probe.Start) || 0,
      endedAtMs: Date.parse(probe.End) || 0,
      exitCode: probe.ExitCode,
      output: probe.Output,
    })),
    failingStreak: state.Health?.FailingStreak ?? 0,
    raw: inspect,
  };
}

const hasEnded = ({ State: state }: ContainerInspect): boolean =>
  !state.Running && timeOf(state.FinishedAt) !== null;

function rowOf(inspect: ContainerInspect): ContainerRow {
  const {
    State: { Status, Health, OOMKilled, ExitCode, StartedAt, FinishedAt },
    Config: config,
  } = inspect;
  const state = ContainerState.safeParse(Status).data ?? 'dead';
  const health = healthOf(Health?.Status);
  const exitCode = hasEnded(inspect) ? ExitCode : null;
  const createdAtMs = timeOf(inspect.Created) ?? 0;
  const labels = config.Labels ?? {};
  return {
    id: inspect.Id,
    name: inspect.Name.replace(/^\//, ''),
    image: config.Image || inspect.Image,
    imageId: inspect.Image,
    command: [inspect.Path, ...inspect.Args].join(' '),
    state,
    health,
    status: '',
    tone: toneOf({ state, health, exitCode, oomKilled: OOMKilled }),
    exitCode,
    oomKilled: OOMKilled,
    createdAtMs,
    stateSinceMs: state === 'created' ? createdAtMs : timeOf(inspect.State.Running ? StartedAt : FinishedAt),
    project: labels['com.docker.compose.project'] ?? null,
    service: labels['com.docker.compose.service'] ?? null,
    ports: portsOf(inspect),
    networks: endpointsOf(inspect).map(({ network, ip }) => ({ name: network, ip })),
    labels,
  };
}

/** Live mappings while it runs; what was asked for while it does not. */
function portsOf({ NetworkSettings, HostConfig }: ContainerInspect): ContainerRow['ports'] {
  const live = Object.entries(NetworkSettings.Ports);
  const ports = live.length > 0 ? live : Object.entries(HostConfig.PortBindings ?? {});
  return ports.flatMap(([key, bindings]) => {
    const [number = '', protocol = 'tcp'] = key.split('/');
    const containerPort = Number(number);
    if (!bindings || bindings.length === 0) return [{ ip: null, containerPort, hostPort: null, protocol }];
    return bindings.map(({ HostIp, HostPort }) => ({
      ip: HostIp || null,
      containerPort,
      hostPort: Number(HostPort) || null,
      protocol,
    }));
  });
}

const endpointsOf = ({ NetworkSettings }: ContainerInspect): ContainerDetail['endpoints'] =>
  Object.entries(NetworkSettings.Networks).map(([network, endpoint]) => ({
    network,
    ip: endpoint.IPAddress || null,
    prefixLength: endpoint.IPPrefixLen || null,
    gateway: endpoint.Gateway || null,
    mac: endpoint.MacAddress || null,
    aliases: endpoint.Aliases ?? [],
  }));

function healthOf(status: string | undefined): ContainerRow['health'] {
  return status === 'starting' || status === 'healthy' || status === 'unhealthy' ? status : 'none';
}

function toVariable(line: string): ContainerDetail['config']['env'][number] {
  const cut = line.indexOf('=');
  const name = cut < 0 ? line : line.slice(0, cut);
  return { name, value: cut < 0 ? '' : line.slice(cut + 1), secret: SECRET.test(name) };
}

/** Docker writes year 1 for “never”. */
export function timeOf(text: string | undefined): number | null {
  const time = Date.parse(text ?? '');
  return Number.isNaN(time) || time <= 0 ? null : time;
}
