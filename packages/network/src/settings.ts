import { invalidParameter } from '@berth/engine-api';
import { checkBridgeName } from './bridge.ts';
import type { Logger } from './types.ts';

export interface NetworksOptions {
  dataRoot: string;
  execRoot: string;
  /** In the name of every kernel object: 8 hex digits. */
  instance: string;
  /** `none` switches the default bridge off. */
  bridge?: string | undefined;
  bip?: string | undefined;
  mtu?: number | undefined;
  fixedCidr?: string | undefined;
  defaultGateway?: string | undefined;
  ipForward?: boolean | undefined;
  iptables?: boolean | undefined;
  ipMasq?: boolean | undefined;
  icc?: boolean | undefined;
  /** Namespaces kept ready for the next starts. */
  warmNamespaces?: number | undefined;
  logger: Logger;
}

/** The options with Docker's defaults filled in. */
export interface Settings {
  dataRoot: string;
  execRoot: string;
  instance: string;
  bridge: string;
  bip: string | undefined;
  mtu: number;
  fixedCidr: string | undefined;
  defaultGateway: string | undefined;
  ipForward: boolean;
  iptables: boolean;
  ipMasq: boolean;
  icc: boolean;
  warmNamespaces: number;
  logger: Logger;
}

/** @throws invalidParameter for settings that can never work. */
export function settle(options: NetworksOptions): Settings {
  const { dataRoot, execRoot, instance, bip, fixedCidr, defaultGateway, logger } = options;
  const settings: Settings = {
    ...{ dataRoot, execRoot, instance, bip, fixedCidr, defaultGateway, logger },
    bridge: options.bridge ?? 'berth0',
    mtu: options.mtu ?? 1500,
    ipForward: options.ipForward ?? true,
    iptables: options.iptables ?? true,
    ipMasq: options.ipMasq ?? true,
    icc: options.icc ?? true,
    warmNamespaces: options.warmNamespaces ?? 4,
  };
  const { mtu } = settings;
  if (!Number.isInteger(mtu) || mtu < 68 || mtu > 65_535) throw invalidParameter(`invalid --mtu: ${mtu}`);
  if (!/^[0-9a-f]{8}$/.test(instance)) throw invalidParameter(`invalid instance: ${instance}`);
  checkBridgeName(settings.bridge);
  return settings;
}
