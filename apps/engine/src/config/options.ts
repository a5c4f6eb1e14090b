/**
 * Every option of berthd: Docker's flag names, and the keys they have in daemon.json. One table drives flag parsing,
 * `--help` and the check of the file.
 */
export type OptionKind = 'text' | 'flag' | 'integer' | 'list' | 'pairs' | 'ulimits' | 'pools';

export interface Option {
  /** Without the dashes. */
  flag: string;
  /** One letter. */
  short?: string;
  /** In daemon.json, when it differs from the flag; null when the file cannot hold it. */
  key?: string | null;
  kind: OptionKind;
  help: string;
}

export const options: readonly Option[] = [
  { flag: 'bip', kind: 'text', help: 'Address and prefix of the default bridge' },
  { flag: 'bridge', short: 'b', kind: 'text', help: 'Default bridge, made when it does not exist' },
  {
    flag: 'config-file',
    key: null,
    kind: 'text',
    help: 'Configuration file (default /etc/berth/daemon.json)',
  },
  { flag: 'debug', short: 'D', kind: 'flag', help: 'Log debug messages' },
  {
    flag: 'default-address-pool',
    key: 'default-address-pools',
    kind: 'pools',
    help: "Pool for networks of one's own, as base=CIDR,size=N",
  },
  { flag: 'default-gateway', kind: 'text', help: 'Gateway of containers on the default bridge' },
  { flag: 'default-shm-size', kind: 'text', help: 'Size of /dev/shm (default 64m)' },
  {
    flag: 'default-ulimit',
    key: 'default-ulimits',
    kind: 'ulimits',
    help: 'Limit of containers, as name=soft:hard',
  },
  { flag: 'dns', kind: 'list', help: 'Name server of containers' },
  { flag: 'dns-opt', key: 'dns-opts', kind: 'list', help: 'Resolver option of containers' },
  { flag: 'dns-search', kind: 'list', help: 'Search domain of containers' },
  { flag: 'exec-root', kind: 'text', help: 'Directory of state lost on reboot (default /run/berth)' },
  { flag: 'fixed-cidr', kind: 'text', help: "Part of the bridge's subnet that addresses are taken from" },
  { flag: 'group', short: 'G', kind: 'text', help: 'Group that may use the unix socket (default berth)' },
  {
    flag: 'host',
    short: 'H',
    key: 'hosts',
    kind: 'list',
    help: 'Socket to listen on: unix:///path or tcp://address:port',
  },
  { flag: 'host-gateway-ip', kind: 'text', help: 'Address that "host-gateway" means in --add-host' },
  { flag: 'icc', kind: 'flag', help: 'Let containers on the default bridge reach each other (default true)' },
  {
    flag: 'data-root',
    kind: 'text',
    help: 'Directory of images, containers and volumes (default /var/lib/berth)',
  },
  { flag: 'init', kind: 'flag', help: 'Run an init in every container' },
  {
    flag: 'insecure-registry',
    key: 'insecure-registries',
    kind: 'list',
    help: 'Registry that may be reached without verified TLS',
  },
  { flag: 'ip-forward', kind: 'flag', help: 'Switch on IP forwarding (default true)' },
  { flag: 'ip-masq', kind: 'flag', help: "Give containers the host's address outside (default true)" },
  { flag: 'iptables', kind: 'flag', help: 'Make firewall rules (default true)' },
  { flag: 'label', key: 'labels', kind: 'list', help: 'Label of this engine, as key=value' },
  { flag: 'live-restore', kind: 'flag', help: 'Accepted; containers always go on when berthd ends' },
  { flag: 'log-driver', kind: 'text', help: 'Log driver of containers (default json-file)' },
  { flag: 'log-level', short: 'l', kind: 'text', help: 'debug, info, warn, error or fatal (default info)' },
  { flag: 'log-opt', key: 'log-opts', kind: 'pairs', help: 'Option of the log driver, as key=value' },
  { flag: 'max-concurrent-downloads', kind: 'integer', help: 'Layers pulled at once (default 3)' },
  { flag: 'metrics-addr', kind: 'text', help: 'Address of the metrics endpoint' },
  { flag: 'mtu', kind: 'integer', help: 'MTU of the default bridge (default 1500)' },
  { flag: 'no-new-privileges', kind: 'flag', help: 'Set no-new-privileges for every container' },
  { flag: 'pidfile', short: 'p', kind: 'text', help: 'Pid file (default /run/berthd.pid)' },
  { flag: 'registry-mirror', key: 'registry-mirrors', kind: 'list', help: 'Mirror of Docker Hub' },
  { flag: 'seccomp-profile', kind: 'text', help: 'Default seccomp profile: a path, builtin or unconfined' },
  {
    flag: 'shutdown-timeout',
    kind: 'integer',
    help: 'Seconds a container gets to stop when it does not say',
  },
  { flag: 'storage-driver', short: 's', kind: 'text', help: 'Storage driver; overlay2 is the one there is' },
  { flag: 'tls', kind: 'flag', help: 'Use TLS on TCP' },
  { flag: 'tlscacert', kind: 'text', help: 'Certificate authority of clients' },
  { flag: 'tlscert', kind: 'text', help: 'Certificate of this engine' },
  { flag: 'tlskey', kind: 'text', help: 'Key of that certificate' },
  { flag: 'tlsverify', kind: 'flag', help: 'Use TLS on TCP and demand client certificates' },
  {
    flag: 'userland-proxy',
    kind: 'flag',
    help: 'Accepted; published ports always work from the host itself',
  },
  { flag: 'userns-remap', kind: 'text', help: 'User and group for user namespaces' },
];

/** Its name in daemon.json and in the settings. */
export const keyOf = (option: Option): string | null => (option.key === undefined ? option.flag : option.key);
