/** Joins the parts of the engine; nobody else knows which implementations there are. */
import path from 'node:path';
import { createEngine, type Engine } from '@berth/engine';
import { createArchiver, createImages } from '@berth/images';
import { createNetworks } from '@berth/network';
import { createRuntime } from '@berth/runtime';
import { createVolumes } from '@berth/volumes';
import type { Settings } from '../config/settings.ts';
import type { Logger } from '../http/server.ts';

const packages = path.resolve(import.meta.dirname, '../../../../packages');
const launcherPath = path.join(packages, 'runtime/build/launcher');
const archiverPath = path.join(packages, 'images/build/archiver');

/** @throws EngineError when a part cannot start */
export async function openEngine(
  settings: Settings,
  { instance, version, logger }: { instance: string; version: string; logger: Logger },
): Promise<Engine> {
  const dataRoot = settings['data-root'];
  const execRoot = settings['exec-root'];
  const archiver = createArchiver(archiverPath);
  const { bip, 'fixed-cidr': fixedCidr, 'default-gateway': defaultGateway } = settings;
  return createEngine({
    runtime: createRuntime({ launcherPath, execRoot, instance, logger }),
    images: createImages({
      dataRoot,
      archiverPath,
      logger,
      insecureRegistries: settings['insecure-registries'],
      registryMirrors: settings['registry-mirrors'],
      maxConcurrentDownloads: settings['max-concurrent-downloads'],
    }),
    networks: createNetworks({
      dataRoot,
      execRoot,
      instance,
      bridge: settings.bridge,
      bip,
      fixedCidr,
      defaultGateway,
      mtu: settings.mtu,
      ipForward: settings['ip-forward'],
      iptables: settings.iptables,
      ipMasq: settings['ip-masq'],
      icc: settings.icc,
      logger,
    }),
    volumes: createVolumes({ dataRoot, archiver }),
    dataRoot,
    execRoot,
    instance,
    config: engineConfig(settings, version),
    logger,
  });
}

function engineConfig(settings: Settings, version: string) {
  const shmSize = settings['default-shm-size'];
  const hostGatewayIp = settings['host-gateway-ip'];
  const ulimits = Object.entries(settings['default-ulimits']);
  return {
    version,
    debug: settings.debug,
    labels: settings.labels,
    dns: settings.dns,
    dnsSearch: settings['dns-search'],
    dnsOptions: settings['dns-opts'],
    logDriver: settings['log-driver'],
    logOpts: settings['log-opts'],
    defaultUlimits: Object.fromEntries(
      ulimits.map(([name, { Soft, Hard }]) => [name, { soft: Soft, hard: Hard }]),
    ),
    noNewPrivileges: settings['no-new-privileges'],
    seccompProfile: settings['seccomp-profile'],
    shutdownTimeoutS: settings['shutdown-timeout'],
    registryMirrors: settings['registry-mirrors'],
    insecureRegistries: settings['insecure-registries'],
    ...(shmSize === undefined ? {} : { defaultShmSize: shmSize }),
    ...(hostGatewayIp === undefined ? {} : { hostGatewayIp }),
  };
}
