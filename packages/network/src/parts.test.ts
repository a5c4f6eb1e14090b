import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { formatAddress, macOf, overlaps, parseAddress, parseCidr } from './address.ts';
import { fullRestore, removalRestore } from './firewall-rules.ts';
import { AddressPool } from './ipam.ts';
import { readResolvers } from './resolvers.ts';
import { sysctlPath } from './sysctl.ts';

const pool = (cidr: string, range?: string): AddressPool => {
  const { address, subnet } = parseCidr(cidr, 'test');
  const part = range === undefined ? undefined : parseCidr(range, 'test').subnet;
  return new AddressPool({ subnet, range: part, reserved: [address], networkName: 'bridge' });
};

test('addresses come back only after a full round', () => {
  const addresses = pool('10.0.0.1/29');
  const next = (): string => formatAddress(addresses.allocate());
  const first = [next(), next()];
  addresses.release(parseAddress('10.0.0.2', 'test'));
  const rest = [next(), next(), next()];
  assert.deepEqual([...first, ...rest], ['10.0.0.2', '10.0.0.3', '10.0.0.4', '10.0.0.5', '10.0.0.6']);
  assert.equal(next(), '10.0.0.2');
  assert.throws(next, { kind: 'unavailable', message: /no available IPv4 addresses on network bridge/ });
});

test('a large subnet skips .0 and .255, a range is kept to', () => {
  const wide = pool('10.0.0.1/16', '10.0.0.252/30');
  assert.deepEqual([wide.allocate(), wide.allocate(), wide.allocate()].map(formatAddress), [
    '10.0.0.252',
    '10.0.0.253',
    '10.0.0.254',
  ]);
  assert.throws(() => wide.allocate(), { kind: 'unavailable' });
  wide.take(parseAddress('10.0.9.9', 'test'));
  assert.throws(() => wide.take(parseAddress('10.0.0.1', 'test')), { kind: 'conflict' });
});

test('leases found after a restart are not given out again', () => {
  const addresses = pool('10.0.0.1/24');
  addresses.restore(parseAddress('10.0.0.7', 'test'));
  assert.equal(formatAddress(addresses.allocate()), '10.0.0.8');
});

test('addresses above 127 stay unsigned', () => {
  assert.equal(formatAddress(parseAddress('255.255.255.254', 'x')), '255.255.255.254');
  assert.equal(macOf(parseAddress('172.30.0.2', 'x')), '02:42:ac:1e:00:02');
  const { subnet } = parseCidr('192.168.64.1/20', 'x');
  assert.equal(formatAddress(subnet.base), '192.168.64.0');
  assert.ok(overlaps(subnet, parseCidr('192.168.79.255/32', 'x').subnet));
  assert.ok(!overlaps(subnet, parseCidr('192.168.80.0/24', 'x').subnet));
  for (const bad of ['10.0.0.1', '10.0.0.1/33', '10.0.0.1/x', '1/8', '10.0.0.1/8/8'])
    assert.throws(() => parseCidr(bad, '--bip'), { kind: 'invalid-parameter', message: /^--bip: invalid/ });
});

const plan = {
  instance: 'aabbccdd',
  bridge: 'berth0',
  subnet: '172.30.0.0/16',
  masquerade: true,
  interContainer: true,
};

test('rules are rebuilt without doubling jumps and without touching other engines', () => {
  const saved = [
    '*nat',
    ':PREROUTING ACCEPT [0:0]',
    ':BERTH-aabbccdd - [0:0]',
    ':BERTH-11111111 - [0:0]',
    '-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER',
    '-A PREROUTING ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j BERTH-aabbccdd',
    '-A PREROUTING ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j BERTH-11111111',
    'COMMIT',
  ].join('\n');
  const lines = fullRestore(plan, [], saved).split('\n');
  assert.deepEqual(
    lines.filter((line) => line.startsWith('-D')),
    ['-D PREROUTING ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j BERTH-aabbccdd'],
  );
  assert.ok(lines.includes('-I FORWARD 1 -j BERTH-aabbccdd'));
  assert.ok(!lines.some((line) => line.includes('11111111') || line.includes('DOCKER')));
  assert.equal(
    removalRestore('aabbccdd', saved),
    '*nat\n:BERTH-aabbccdd - [0:0]\n-D PREROUTING ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j BERTH-aabbccdd\n-X BERTH-aabbccdd\nCOMMIT\n',
  );
  assert.equal(removalRestore('22222222', saved), '');
});

test('icc and ip-masq off are honoured', () => {
  const closed = fullRestore({ ...plan, masquerade: false, interContainer: false }, [], '');
  assert.match(closed, /-A BERTH-aabbccdd -i berth0 -o berth0 -j DROP/);
  assert.doesNotMatch(closed, /! -o berth0 -j MASQUERADE/);
});

const resolvConfs = [
  [
    'nameserver 10.0.0.53\nsearch a b\noptions ndots:2\n',
    { nameservers: ['10.0.0.53'], search: ['a', 'b'], options: ['ndots:2'] },
  ],
  [
    '# none\nnameserver 127.0.0.1\nnameserver ::1\n',
    { nameservers: ['8.8.8.8', '8.8.4.4'], search: [], options: [] },
  ],
  ['nameserver 127.0.0.53\nsearch stub\n', { nameservers: ['192.0.2.1'], search: ['real'], options: [] }],
] as const;

test('containers get name servers they can reach', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'berth-resolv-'));
  try {
    const files = { host: join(folder, 'host'), resolved: join(folder, 'resolved') };
    await writeFile(files.resolved, 'nameserver 192.0.2.1\nsearch real\n');
    for (const [text, expected] of resolvConfs) {
      await writeFile(files.host, text);
      assert.deepEqual(await readResolvers(files), expected);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('names of kernel settings become paths, and only inside net', () => {
  assert.equal(sysctlPath('net.ipv4.ip_forward'), 'net/ipv4/ip_forward');
  assert.equal(sysctlPath('net/ipv4/conf/eth0.100/forwarding'), 'net/ipv4/conf/eth0.100/forwarding');
  for (const bad of ['kernel.msgmax', 'net', 'net..x', 'net/../kernel/x', 'net.ipv4.a b', 'net.\n'])
    assert.throws(() => sysctlPath(bad), { kind: 'invalid-parameter' });
});
