import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { removeChains } from './firewall.ts';
import { createNetworks, type PortBinding, type SandboxRequest } from './index.ts';
import { askFrom, context, hostAddress, run, runIn, skipReason } from './testing/context.ts';

const options = { skip: skipReason };

/** How long a call that must be dropped is given to get through after all. */
const dropMs = 500;

const bridged = (containerId: string, ports: PortBinding[] = []): SandboxRequest => ({
  containerId,
  mode: 'bridge',
  ports,
});

const publish = (protocol: 'tcp' | 'udp', hostPort = 0, hostIp = '0.0.0.0'): PortBinding => ({
  containerPort: 8000,
  protocol,
  hostIp,
  hostPort,
});

test('two containers reach each other and the host, under their own addresses', options, async () => {
  await using here = await context();
  await here.networks.start(new Set());
  const one = await here.networks.createSandbox(bridged('one'));
  const two = await here.networks.createSandbox(bridged('two'));
  assert.equal(one.endpoint?.ipv4Address, here.address(2));
  assert.equal(two.endpoint?.ipv4Address, here.address(3));
  await here.serve(one.netnsPath, 8000);
  assert.equal(await askFrom(two.netnsPath, 'tcp', here.address(2), 8000), here.address(3));
  assert.equal(await askFrom(undefined, 'udp', here.address(2), 8000), here.gateway);

  await using onHost = createServer((socket) => socket.end(`host saw ${socket.remoteAddress}`)).listen(
    0,
    here.gateway,
  );
  await once(onHost, 'listening');
  const { port } = onHost.address() as AddressInfo;
  const answer = askFrom(two.netnsPath, 'tcp', here.gateway, port);
  assert.equal(await answer, `host saw ${here.address(3)}`);
});

test('published ports are reached from everywhere', options, async () => {
  await using here = await context();
  await here.networks.start(new Set());
  const server = await here.networks.createSandbox(bridged('server', [publish('tcp'), publish('udp')]));
  const neighbour = await here.networks.createSandbox(bridged('neighbour'));
  const outside = here.outsider();
  await here.serve(server.netnsPath, 8000);
  const external = hostAddress();
  const callers = [
    ['the host, by 127.0.0.1', undefined, '127.0.0.1', here.gateway],
    ['the host, by the bridge address', undefined, here.gateway, here.gateway],
    ...(external === undefined ? [] : [['the host, by its own address', undefined, external, /./] as const]),
    ['another machine', outside.netns, outside.hostAddress, outside.hostAddress.replace(/1$/, '2')],
    ['a neighbour on the bridge', neighbour.netnsPath, outside.hostAddress, here.gateway],
    ['the container itself', server.netnsPath, outside.hostAddress, here.gateway],
  ] as const;
  for (const { protocol, hostPort } of server.ports) {
    assert.ok(hostPort >= 1024);
    for (const [who, netns, host, seen] of callers) {
      const answer = await askFrom(netns, protocol, host, hostPort);
      assert.match(
        answer,
        seen instanceof RegExp ? seen : new RegExp(`${seen.replaceAll('.', '\\.')}$`),
        `${who}, ${protocol}`,
      );
    }
  }
});

test('what is not published stays closed, and 127.0.0.1 ports stay local', options, async () => {
  await using here = await context();
  await here.networks.start(new Set());
  const { netnsPath, ports } = await here.networks.createSandbox(
    bridged('server', [publish('tcp', 0, '127.0.0.1')]),
  );
  const outside = here.outsider();
  await here.serve(netnsPath, 8000);
  const hostPort = ports[0]?.hostPort ?? 0;
  assert.equal(await askFrom(undefined, 'tcp', '127.0.0.1', hostPort), here.gateway);
  await assert.rejects(askFrom(outside.netns, 'tcp', outside.hostAddress, hostPort), /ECONNREFUSED/);
  await assert.rejects(askFrom(outside.netns, 'tcp', here.address(2), 8000, dropMs), /no answer/);

  // With route_localnet the host would take packets for 127.0.0.1 from the bridge.
  await using onLoopback = createServer((socket) => socket.end('leaked')).listen(0, '127.0.0.1');
  await once(onLoopback, 'listening');
  const { port } = onLoopback.address() as AddressInfo;
  runIn(netnsPath, 'sh', '-c', 'echo 1 > /proc/sys/net/ipv4/conf/all/route_localnet');
  runIn(netnsPath, 'ip', 'addr', 'del', '127.0.0.1/8', 'dev', 'lo');
  runIn(netnsPath, 'ip', 'route', 'add', '127.0.0.1/32', 'via', here.gateway);
  await assert.rejects(askFrom(netnsPath, 'tcp', '127.0.0.1', port, dropMs), /no answer/);
});

test('a taken port is refused in Docker’s words and leaves nothing behind', options, async () => {
  await using here = await context();
  await here.networks.start(new Set());
  const first = await here.networks.createSandbox(bridged('first', [publish('tcp')]));
  const [taken] = first.ports;
  assert.ok(taken);
  const before = here.traces().filter((trace) => trace.includes('DNAT') || trace.endsWith('.json'));
  await assert.rejects(
    here.networks.createSandbox({
      ...bridged('second', [publish('udp'), publish('tcp', taken.hostPort)]),
      containerName: 'web',
    }),
    {
      kind: 'conflict',
      message: new RegExp(
        `^driver failed programming external connectivity on endpoint web \\([0-9a-f]{64}\\): Bind for 0\\.0\\.0\\.0:${taken.hostPort} failed: port is already allocated$`,
      ),
    },
  );
  await using program = createServer().listen(0, '127.0.0.1');
  await once(program, 'listening');
  const { port } = program.address() as AddressInfo;
  await assert.rejects(here.networks.createSandbox(bridged('third', [publish('tcp', port)])), {
    kind: 'conflict',
    message: new RegExp(`listen tcp4 0\\.0\\.0\\.0:${port}: bind: address already in use$`),
  });
  assert.deepEqual(
    here.traces().filter((trace) => trace.includes('DNAT') || trace.endsWith('.json')),
    before,
  );

  await here.networks.removeSandbox('first');
  const again = await here.networks.createSandbox(bridged('again', [publish('tcp', taken.hostPort)]));
  assert.equal(again.ports[0]?.hostPort, taken.hostPort);
});

test('a published port is held against other programs', options, async () => {
  await using here = await context();
  await here.networks.start(new Set());
  const { ports } = await here.networks.createSandbox(bridged('one', [publish('tcp'), publish('udp')]));
  const [tcp, udp] = ports.map(({ hostPort }) => hostPort);
  const intruder = createServer();
  await assert.rejects(once(intruder.listen(tcp, '0.0.0.0'), 'listening'), { code: 'EADDRINUSE' });
  const socket = createSocket('udp4');
  await assert.rejects(once(socket.bind(udp, '0.0.0.0'), 'listening'), { code: 'EADDRINUSE' });
  socket.close();
});

test('address, MAC address, settings and counters are as asked for', options, async () => {
  await using here = await context();
  await here.networks.start(new Set());
  const { netnsPath, endpoint } = await here.networks.createSandbox({
    ...bridged('one'),
    endpoint: { ipv4Address: here.address(77), macAddress: '02:AA:bb:cc:dd:ee' },
    sysctls: { 'net.ipv4.ip_local_port_range': '20000 20100', 'net.ipv4.conf.eth0.forwarding': '0' },
  });
  assert.equal(endpoint?.macAddress, '02:aa:bb:cc:dd:ee');
  const link = runIn(netnsPath, 'ip', '-o', 'addr', 'show');
  assert.match(link, new RegExp(`eth0 +inet ${here.address(77)}/24`));
  assert.doesNotMatch(link, /eth0 +inet6/);
  assert.match(runIn(netnsPath, 'ip', 'link', 'show', 'eth0'), /02:aa:bb:cc:dd:ee/);
  assert.match(runIn(netnsPath, 'ip', 'route'), new RegExp(`default via ${here.gateway} `));
  const setting = (path: string): string => runIn(netnsPath, 'cat', `/proc/sys/net/${path}`).trim();
  assert.equal(setting('ipv4/ip_local_port_range'), '20000\t20100');
  assert.equal(setting('ipv4/conf/eth0/forwarding'), '0');
  assert.equal(setting('ipv4/ip_unprivileged_port_start'), '0');

  const [before] = await here.networks.counters('one');
  runIn(
    netnsPath,
    'sh',
    '-c',
    `echo > /dev/udp/${here.gateway}/9 || bash -c 'echo > /dev/udp/${here.gateway}/9'`,
  );
  const [after] = await here.networks.counters('one');
  assert.ok(before && after && after.txPackets > before.txPackets, 'what the container sent counts as sent');
  assert.equal(after.name, 'eth0');

  const taken = { ...bridged('two'), endpoint: { ipv4Address: here.address(77) } };
  await assert.rejects(here.networks.createSandbox(taken), {
    kind: 'conflict',
    message: /^Address already in use/,
  });
});

test('bad requests are refused with the field they are about', options, async () => {
  await using here = await context();
  await here.networks.start(new Set());
  const cases = [
    [{ ...bridged('../x') }, /invalid container id/],
    [{ ...bridged('x'), endpoint: { ipv4Address: '10.44.0.300' } }, /IPv4Address: invalid IPv4 address/],
    [
      { ...bridged('x'), endpoint: { ipv4Address: '192.0.2.1' } },
      /no configured subnet contains IP address 192\.0\.2\.1/,
    ],
    [{ ...bridged('x'), endpoint: { macAddress: '01:00:5e:00:00:01' } }, /invalid MAC address/],
    [{ ...bridged('x'), sysctls: { 'kernel.core_pattern': 'x' } }, /sysctl "kernel.core_pattern"/],
    [{ ...bridged('x'), sysctls: { 'net.ipv4/../../kernel/core_pattern': 'x' } }, /sysctl/],
    [{ ...bridged('x'), sysctls: { 'net.ipv4.ip_forward': '1\ndel 0000' } }, /invalid value/],
    [bridged('x', [publish('tcp', 70_000)]), /invalid host port: 70000/],
    [bridged('x', [publish('tcp', 80, '::1')]), /only IPv4 ports can be published/],
  ] as const;
  for (const [request, message] of cases)
    await assert.rejects(here.networks.createSandbox(request), { kind: 'invalid-parameter', message });
});

test('the three networks of every engine keep their ids', options, async () => {
  await using here = await context();
  await here.networks.start(new Set());
  await here.networks.createSandbox(bridged('one'));
  const none = await here.networks.createSandbox({ containerId: 'two', mode: 'none', ports: [] });
  assert.equal(none.endpoint, undefined);
  assert.match(runIn(none.netnsPath, 'ip', '-o', 'link'), /^1: lo: <LOOPBACK,UP,LOWER_UP>[^\n]*\n$/);
  assert.deepEqual(await here.networks.counters('two'), []);
  const listed = here.networks.list();
  assert.deepEqual(
    listed.map(({ name, driver }) => [name, driver]),
    [
      ['bridge', 'bridge'],
      ['host', 'host'],
      ['none', 'null'],
    ],
  );
  const bridge = here.networks.get('bridge');
  assert.deepEqual(bridge.containers, ['one']);
  assert.equal(bridge.endpoints[0]?.networkId, bridge.id);
  assert.deepEqual(here.networks.get(bridge.id.slice(0, 12)), bridge);
  assert.throws(() => here.networks.get('nope'), { kind: 'not-found', message: 'network nope not found' });
  await here.networks.close();

  const again = createNetworks(here.options);
  await again.start(new Set(['one', 'two']));
  assert.deepEqual(again.list(), listed);
  await again.close();
});

test('removing leaves no link, rule, namespace or file', options, async () => {
  await using here = await context();
  await here.networks.start(new Set());
  const ids = Array.from({ length: 12 }, (_, index) => `c${index}`);
  await Promise.all(
    ids.map((id) => here.networks.createSandbox(bridged(id, [publish('tcp'), publish('udp')]))),
  );
  assert.equal(here.traces().filter((trace) => trace.includes('DNAT')).length, 24);
  await Promise.all(ids.map((id) => here.networks.removeSandbox(id)));
  await here.networks.removeSandbox('c0');
  await here.networks.close();
  assert.deepEqual(here.traces(), []);
  assert.deepEqual(here.warnings, []);
});

test(
  'after SIGKILL running containers keep address and ports, everything else is gone',
  options,
  async () => {
    await using here = await context();
    const { child, line } = await here.hold(
      [],
      [bridged('survivor', [publish('tcp'), publish('udp')]), bridged('ended', [publish('tcp')])],
    );
    const [survivor] = JSON.parse(line);
    await here.serve(survivor.netnsPath, 8000);
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
    run('iptables', '-t', 'nat', '-F', `BERTH-${here.options.instance}`);
    run('iptables', '-D', 'FORWARD', '-j', `BERTH-${here.options.instance}`);

    await here.networks.start(new Set(['survivor', 'never-started']));
    const kept = here.traces().filter((trace) => trace.includes('DNAT') || trace.endsWith('.json'));
    assert.equal(kept.length, 3, kept.join('\n'));
    assert.deepEqual(here.networks.get('bridge').containers, ['survivor']);
    for (const { protocol, hostPort } of survivor.ports)
      assert.match(await askFrom(undefined, protocol, '127.0.0.1', hostPort), new RegExp(`${here.gateway}$`));
    const next = await here.networks.createSandbox(bridged('next'));
    assert.notEqual(next.endpoint?.ipv4Address, survivor.endpoint.ipv4Address);
    await assert.rejects(
      here.networks.createSandbox(bridged('thief', [publish('tcp', survivor.ports[0].hostPort)])),
      {
        message: /port is already allocated$/,
      },
    );
    await Promise.all(['survivor', 'next'].map((id) => here.networks.removeSandbox(id)));
    await here.networks.close();
    assert.deepEqual(here.traces(), []);
  },
);

test('killed in the middle of many starts, the next start removes every orphan', options, async () => {
  await using here = await context();
  const requests = Array.from({ length: 10 }, (_, index) => bridged(`c${index}`, [publish('tcp')]));
  await here.dieWhileMaking(requests);
  assert.notDeepEqual(here.traces(), []);
  await here.networks.start(new Set());
  await here.networks.close();
  assert.deepEqual(here.traces(), []);
});

test('a foreign bridge is not taken over, and no rule is written with iptables off', options, async () => {
  await using here = await context({ iptables: false });
  await here.networks.start(new Set());
  assert.doesNotMatch(run('iptables-save'), new RegExp(here.options.instance));
  const stranger = createNetworks({ ...here.options, instance: '00000000' });
  await assert.rejects(stranger.start(new Set()), {
    kind: 'conflict',
    message: /belongs to another Berth engine/,
  });
  const notBridge = createNetworks({ ...here.options, bridge: 'lo' });
  await assert.rejects(notBridge.start(new Set()), {
    message: 'the interface lo exists and is not a bridge',
  });
  assert.match(readFileSync(`/sys/class/net/${here.options.bridge}/ifalias`, 'utf8'), /^berth:/);
});

test(
  'a udp client keeps being answered when the container behind the port is replaced',
  options,
  async () => {
    await using here = await context();
    await here.networks.start(new Set());
    const first = await here.networks.createSandbox(bridged('first', [publish('udp')]));
    const [binding] = first.ports;
    assert.ok(binding);
    const client = createSocket('udp4');
    const call = async (): Promise<string> => {
      const answer = once(client, 'message', { signal: AbortSignal.timeout(3000) });
      client.send('hello', binding.hostPort, '127.0.0.1');
      return String((await answer)[0]);
    };
    try {
      const { child } = await here.serve(first.netnsPath, 8000);
      assert.equal(await call(), here.gateway);
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
      await here.networks.removeSandbox('first');
      const second = await here.networks.createSandbox(bridged('second', [binding]));
      assert.notEqual(second.endpoint?.ipv4Address, first.endpoint?.ipv4Address);
      await here.serve(second.netnsPath, 8000);
      assert.equal(await call(), here.gateway);
    } finally {
      client.close();
    }
  },
);

test('rules another program swept away come back with the next published port', options, async () => {
  await using here = await context();
  await here.networks.start(new Set());
  const one = await here.networks.createSandbox(bridged('one', [publish('tcp')]));
  await here.serve(one.netnsPath, 8000);
  await removeChains(here.options.instance);
  const two = await here.networks.createSandbox(bridged('two', [publish('tcp')]));
  await here.serve(two.netnsPath, 8000);
  for (const { ports } of [one, two])
    assert.equal(await askFrom(undefined, 'tcp', '127.0.0.1', ports[0]?.hostPort ?? 0), here.gateway);
  await removeChains(here.options.instance);
  await here.networks.removeSandbox('one');
  await here.networks.removeSandbox('two');
  await here.networks.close();
  assert.deepEqual(here.traces(), []);
  assert.match(here.warnings.join('\n'), /changed by another program/);
});

test('the helper program is started again when it was killed', options, async () => {
  await using here = await context();
  await here.networks.start(new Set());
  await here.networks.createSandbox(bridged('one'));
  const helper = Number(run('pgrep', '-P', String(process.pid), '-x', 'netctl'));
  process.kill(helper, 'SIGKILL');
  const isUp = async (): Promise<boolean> => {
    try {
      await here.networks.createSandbox({ containerId: 'two', mode: 'none', ports: [] });
      return true;
    } catch (error) {
      assert.match(String(error), /netctl is gone/);
      return false;
    }
  };
  assert.ok((await isUp()) || (await isUp()));
  const three = await here.networks.createSandbox(bridged('three'));
  assert.match(runIn(three.netnsPath, 'ip', 'addr'), /eth0/);
});
