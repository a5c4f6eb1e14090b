/**
 * The firewall as data: which chains and rules one instance wants. Everything is in chains of its own, which carry
 * the instance in their names; other engines' chains are never touched.
 */
import type { PortBinding } from './types.ts';

export interface FirewallPlan {
  instance: string;
  bridge: string;
  /** The bridge network, as CIDR. */
  subnet: string;
  /** Containers reach other networks under the host's address. */
  masquerade: boolean;
  /** Containers on the bridge may talk to each other. */
  interContainer: boolean;
}

export interface PublishedPort {
  binding: PortBinding;
  /** The container's address. */
  address: string;
}

export type Table = 'nat' | 'filter';

/** A rule of a built-in chain that leads into one of ours. */
export interface Jump {
  table: Table;
  chain: string;
  rule: string;
}

export const chainNames = (instance: string) => ({
  /** nat: redirects published ports. */
  publish: `BERTH-${instance}`,
  /** nat: source addresses. */
  source: `BERTH-${instance}-SRC`,
  /** filter: what passes through the bridge. */
  forward: `BERTH-${instance}`,
  /** filter: what enters the host from the bridge. */
  input: `BERTH-${instance}-IN`,
});

/** Jumps stand first in their chains, so they work where the policy is DROP and beside other engines' rules. */
export function jumps(instance: string): Jump[] {
  const chains = chainNames(instance);
  const toHost = '-m addrtype --dst-type LOCAL';
  return [
    // A neighbour on the host's network must not reach a port published on 127.0.0.1 only.
    { table: 'nat', chain: 'PREROUTING', rule: `! -d 127.0.0.0/8 ${toHost} -j ${chains.publish}` },
    { table: 'nat', chain: 'OUTPUT', rule: `${toHost} -j ${chains.publish}` },
    { table: 'nat', chain: 'POSTROUTING', rule: `-j ${chains.source}` },
    { table: 'filter', chain: 'FORWARD', rule: `-j ${chains.forward}` },
    { table: 'filter', chain: 'INPUT', rule: `-j ${chains.input}` },
  ];
}

/** The rule that redirects one published port. */
export function publishRule(instance: string, { binding, address }: PublishedPort): string {
  const { protocol, hostIp, hostPort, containerPort } = binding;
  const destination = hostIp === '0.0.0.0' ? '' : `-d ${hostIp}/32 `;
  return `${chainNames(instance).publish} ${destination}-p ${protocol} -m ${protocol} --dport ${hostPort} -j DNAT --to-destination ${address}:${containerPort}`;
}

export function natRules(plan: FirewallPlan, published: readonly PublishedPort[]): string[] {
  const { instance, bridge, subnet } = plan;
  const { source } = chainNames(instance);
  return [
    // A container that calls a published port of itself or of a neighbour: the answer has to come back here.
    `${source} -s ${subnet} -o ${bridge} -m conntrack --ctstate DNAT -j MASQUERADE`,
    // The host calling 127.0.0.1:port: a container could not answer to that address.
    `${source} -s 127.0.0.0/8 -o ${bridge} -j MASQUERADE`,
    ...(plan.masquerade ? [`${source} -s ${subnet} ! -o ${bridge} -j MASQUERADE`] : []),
    ...published.map((port) => publishRule(instance, port)),
  ];
}

export function filterRules(plan: FirewallPlan): string[] {
  const { instance, bridge } = plan;
  const { forward, input } = chainNames(instance);
  return [
    `${forward} -o ${bridge} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`,
    `${forward} -o ${bridge} -m conntrack --ctstate DNAT -j ACCEPT`,
    `${forward} -i ${bridge} -o ${bridge} -j ${plan.interContainer ? 'ACCEPT' : 'DROP'}`,
    `${forward} -i ${bridge} -j ACCEPT`,
    // Ports that were not published stay closed to other machines, whatever the policy is.
    `${forward} -o ${bridge} -j DROP`,
    // route_localnet, which 127.0.0.1:port needs, must not open the host's loopback to containers.
    `${input} -i ${bridge} -d 127.0.0.0/8 -m conntrack ! --ctstate RELATED,ESTABLISHED -j DROP`,
  ];
}

/**
 * iptables-restore input that brings both tables to the plan, whatever was there of ours before.
 * @param existing rules of the host now, as iptables-save prints them
 */
export function fullRestore(
  plan: FirewallPlan,
  published: readonly PublishedPort[],
  existing: string,
): string {
  const chains = chainNames(plan.instance);
  const section = (table: Table, own: readonly string[], rules: readonly string[]): string[] => [
    `*${table}`,
    ...own.map((chain) => `:${chain} - [0:0]`),
    ...jumpsIn(existing, table, plan.instance).map((rule) => rule.replace(/^-A/, '-D')),
    ...jumps(plan.instance)
      .filter((jump) => jump.table === table)
      .map((jump) => `-I ${jump.chain} 1 ${jump.rule}`),
    ...rules.map((rule) => `-A ${rule}`),
    'COMMIT',
  ];
  return [
    ...section('nat', [chains.publish, chains.source], natRules(plan, published)),
    ...section('filter', [chains.forward, chains.input], filterRules(plan)),
    '',
  ].join('\n');
}

/** iptables-restore input that removes everything of the instance; empty when there is nothing. */
export function removalRestore(instance: string, existing: string): string {
  const names = chainNames(instance);
  const own = { nat: [names.publish, names.source], filter: [names.forward, names.input] };
  const lines = (['nat', 'filter'] as const).flatMap((table) => {
    const present = own[table].filter((chain) =>
      tableLines(existing, table).some((line) => line.startsWith(`:${chain} `)),
    );
    if (present.length === 0) return [];
    return [
      `*${table}`,
      ...present.map((chain) => `:${chain} - [0:0]`),
      ...jumpsIn(existing, table, instance).map((rule) => rule.replace(/^-A/, '-D')),
      ...present.map((chain) => `-X ${chain}`),
      'COMMIT',
    ];
  });
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

function jumpsIn(existing: string, table: Table, instance: string): string[] {
  const own = Object.values(chainNames(instance));
  const isOurs = (name: string | undefined): boolean => name !== undefined && own.includes(name);
  return tableLines(existing, table).filter((line) => {
    const [, chain, target] = /^-A (\S+) (?:.* )?-j (\S+)$/.exec(line) ?? [];
    return isOurs(target) && !isOurs(chain);
  });
}

function tableLines(existing: string, table: Table): string[] {
  const lines = existing.split('\n');
  const start = lines.indexOf(`*${table}`);
  if (start < 0) return [];
  return lines.slice(start + 1, lines.indexOf('COMMIT', start));
}
