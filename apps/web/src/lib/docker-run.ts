import type { CreateContainerFormInput } from '@berth/api/schemas';
import { shellQuote, splitCommand } from './split-command.ts';

/** The `docker run` (or `create`) command that does the same as the form, one option a line. */
export function dockerRun(form: CreateContainerFormInput): string {
  const entrypoint = splitCommand(form.entrypoint ?? '');
  const words = [...entrypoint.slice(1), ...splitCommand(form.command ?? '')];
  const options = [
    ...general(form),
    ...(form.env ?? [])
      .filter((each) => each.name)
      .map((each) => `-e ${shellQuote(`${each.name}=${each.value ?? ''}`)}`),
    ...(form.ports ?? []).filter((port) => port.containerPort).map(publish),
    ...(form.volumes ?? []).filter((each) => each.target).map(mount),
    ...limits(form.limits ?? {}),
    ...(form.labels ?? [])
      .filter((each) => each.name)
      .map((each) => `--label ${shellQuote(`${each.name}=${each.value ?? ''}`)}`),
    ...(entrypoint[0] === undefined ? [] : [`--entrypoint ${shellQuote(entrypoint[0])}`]),
  ];
  const image = form.image?.trim() || 'IMAGE';
  const head = form.start === false ? 'docker create' : 'docker run -d';
  return [
    head,
    ...options.map((option) => `  ${option}`),
    `  ${[image, ...words].map(shellQuote).join(' ')}`,
  ].join(' \\\n');
}

function general(form: CreateContainerFormInput): string[] {
  const restart = form.restartPolicy;
  const retries =
    restart?.name === 'on-failure' && restart.maximumRetryCount ? `:${restart.maximumRetryCount}` : '';
  const terminal = `${form.openStdin ? 'i' : ''}${form.tty ? 't' : ''}`;
  return [
    form.name && `--name ${shellQuote(form.name)}`,
    terminal && `-${terminal}`,
    form.autoRemove && '--rm',
    restart && restart.name !== 'no' && `--restart ${restart.name}${retries}`,
    form.hostname && `--hostname ${shellQuote(form.hostname)}`,
    form.user && `--user ${shellQuote(form.user)}`,
    form.workingDir && `--workdir ${shellQuote(form.workingDir)}`,
    form.network && `--network ${shellQuote(form.network)}`,
  ].filter((option) => typeof option === 'string' && option !== '') as string[];
}

function publish(port: NonNullable<CreateContainerFormInput['ports']>[number]): string {
  const address = port.hostIp ? `${port.hostIp}:` : '';
  const host = port.hostPort ? `${address}${port.hostPort}:` : address && `${address}:`;
  return `-p ${host}${port.containerPort}${port.protocol === 'udp' ? '/udp' : ''}`;
}

function mount(volume: NonNullable<CreateContainerFormInput['volumes']>[number]): string {
  if (volume.kind === 'tmpfs') return `--tmpfs ${shellQuote(volume.target)}`;
  const source = volume.source ? `${volume.source}:` : '';
  return `-v ${shellQuote(`${source}${volume.target}${volume.readOnly ? ':ro' : ''}`)}`;
}

/** Sizes as Docker reads them: the largest unit that keeps the number whole. */
function dockerSize(bytes: number): string {
  for (const [unit, size] of [
    ['g', 1024 ** 3],
    ['m', 1024 ** 2],
    ['k', 1024],
  ] as const) {
    if (bytes % size === 0) return `${bytes / size}${unit}`;
  }
  return String(bytes);
}

function limits({
  cpus,
  memoryBytes,
  memorySwapBytes,
  pids,
}: NonNullable<CreateContainerFormInput['limits']>): string[] {
  return [
    cpus ? `--cpus ${cpus}` : '',
    memoryBytes ? `--memory ${dockerSize(memoryBytes)}` : '',
    memorySwapBytes ? `--memory-swap ${dockerSize(memorySwapBytes)}` : '',
    pids ? `--pids-limit ${pids}` : '',
  ].filter(Boolean);
}
