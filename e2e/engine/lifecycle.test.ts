/** Containers over their life, as scripts and people ask for it with the docker CLI. */
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { PrivateBerthd } from '../lib/private-berthd.ts';
import { until } from '../lib/until.ts';
import { type Docker, dockerOf } from './command-line.ts';
import { dockerArchive, tar } from './tar.ts';

let berthd: PrivateBerthd;
let docker: Docker;
before(async () => {
  berthd = await PrivateBerthd.start();
  docker = dockerOf(berthd);
});
after(async () => {
  await berthd[Symbol.asyncDispose]();
});

const show = (id: string, format: string): Promise<string> => docker('inspect', '-f', format, id);
const fails = async (message: RegExp, ...args: string[]): Promise<void> => {
  const { code, stderr } = await berthd.docker(...args);
  assert.notEqual(code, 0, args.join(' '));
  assert.match(stderr, message, args.join(' '));
};
/** `0s` would be the beginning of this second. */
const now = (): string => (Date.now() / 1000).toFixed(3);
const lines = (text: string): string[] => text.split('\n').filter(Boolean);

describe('restart policies', () => {
  test('on-failure tries as often as it may, then leaves it', async () => {
    const id = await docker('run', '-d', '--restart', 'on-failure:2', 'busybox', 'sh', '-c', 'exit 3');
    await until('it gave up', async () => (await show(id, '{{.State.Status}}')) === 'exited');
    assert.equal(await show(id, '{{.RestartCount}} {{.State.ExitCode}} {{.State.Restarting}}'), '2 3 false');
    await docker('rm', id);
  });

  test('success is not a failure', async () => {
    const id = await docker('run', '-d', '--restart', 'on-failure', 'busybox', 'true');
    assert.equal(await docker('wait', id), '0');
    assert.equal(await show(id, '{{.RestartCount}} {{.State.Status}}'), '0 exited');
    await docker('rm', id);
  });

  test('always comes back after a kill from inside, not after a stop, and again with berthd', async () => {
    const script = 'trap "exit 1" TERM USR1; while :; do sleep 0.1; done';
    const name = 'lasting';
    await docker('run', '-d', '--restart', 'always', '--name', name, 'busybox', 'sh', '-c', script);
    await docker(
      'run',
      '-d',
      '--restart',
      'unless-stopped',
      '--name',
      'stopped',
      'busybox',
      'sh',
      '-c',
      script,
    );
    await docker('exec', name, 'kill', '-USR1', '1');
    await until(
      'it came back',
      async () => (await show(name, '{{.RestartCount}} {{.State.Status}}')) === '1 running',
    );
    await docker('stop', name, 'stopped');
    assert.equal(await show(name, '{{.State.Status}} {{.State.ExitCode}}'), 'exited 1');
    await berthd.stopDaemon();
    await berthd.startDaemon();
    await until('the policy holds', async () => (await show(name, '{{.State.Status}}')) === 'running');
    assert.equal(await show('stopped', '{{.State.Status}}'), 'exited');
    await docker('update', '--restart', 'no', name);
    await docker('exec', name, 'kill', '-USR1', '1');
    await docker('wait', name);
    assert.equal(await show(name, '{{.State.Status}}'), 'exited');
    await docker('rm', name, 'stopped');
  });

  test('a container that waits for its restart can be stopped and removed', async () => {
    const id = await docker('run', '-d', '--restart', 'always', 'busybox', 'false');
    await until('it waits', async () => (await docker('ps', '-q', '-f', 'status=restarting')) !== '');
    await docker('stop', id);
    assert.equal(await show(id, '{{.State.Status}}'), 'exited');
    await docker('start', id);
    await docker('rm', '-f', id);
    assert.equal(await docker('ps', '-aq'), '');
  });
});

describe('signals', () => {
  test('by number and name, with and without SIG', async () => {
    const script =
      'trap "echo usr1" USR1; trap "echo hup" HUP; trap "exit 9" WINCH; echo up; while :; do sleep 0.05; done';
    const id = await docker('run', '-d', '--stop-signal', 'SIGWINCH', 'busybox', 'sh', '-c', script);
    const says = (text: string): Promise<boolean> =>
      until(`it says ${text}`, async () => (await docker('logs', id)) === text);
    await says('up');
    await docker('kill', '-s', 'USR1', id);
    await says('up\nusr1');
    await docker('kill', '-s', 'SIGHUP', id);
    await says('up\nusr1\nhup');
    await docker('kill', '-s', '10', id);
    await says('up\nusr1\nhup\nusr1');
    await fails(/Invalid signal: NONE/, 'kill', '-s', 'NONE', id);
    await docker('stop', '-t', '20', id);
    assert.equal(await show(id, '{{.State.ExitCode}}'), '9');
    await fails(/is not running/, 'kill', id);
    await docker('rm', id);
  });

  test('stop gives up its patience, restart and rename keep the container', async () => {
    const id = await docker('run', '-d', '--name', 'before', 'busybox', 'sleep', '1000');
    const from = performance.now();
    await docker('stop', '-t', '0', id);
    assert.ok(performance.now() - from < 5000);
    assert.equal(await show(id, '{{.State.ExitCode}}'), '137');
    await docker('rename', 'before', 'after');
    await docker('restart', '-t', '0', 'after');
    await fails(/No such container: before/, 'inspect', '--type', 'container', 'before');
    await fails(/already in use by container/, 'create', '--name', 'after', 'busybox');
    await fails(/is running: stop the container before removing or force remove/, 'rm', 'after');
    await docker('rm', '-f', 'after');
  });
});

test('wait tells the code of each, also of one that is removed meanwhile', async () => {
  const first = await docker('run', '-d', 'busybox', 'sh', '-c', 'exit 11');
  const second = await docker('run', '-d', '--rm', 'busybox', 'sh', '-c', 'sleep 0.5; exit 12');
  assert.equal(await docker('wait', first, second), '11\n12');
  await until('--rm holds', async () => (await docker('ps', '-aq', '--no-trunc')) === first);
  await docker('rm', first);
});

test('templates people use', async () => {
  await docker('volume', 'create', 'kept');
  const options = [
    '-p',
    '127.0.0.1:0:80',
    '-p',
    '53/udp',
    '-v',
    'kept:/kept',
    '--label',
    'team=harbour',
    '-e',
    'A=1',
  ];
  const id = await docker('run', '-d', '--name', 'shown', ...options, 'busybox', 'sleep', '1000');
  const rows: [format: string, expected: RegExp][] = [
    ['{{.NetworkSettings.IPAddress}}', new RegExp(`^${berthd.subnet}\\.\\d+$`)],
    ['{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}', new RegExp(`^${berthd.subnet}\\.\\d+$`)],
    ['{{.NetworkSettings.Gateway}}', new RegExp(`^${berthd.subnet}\\.1$`)],
    ['{{.NetworkSettings.MacAddress}}', /^02:42:/],
    ['{{.State.Health}}', /^<nil>$/],
    ['{{if .State.Health}}{{.State.Health.Status}}{{else}}none{{end}}', /^none$/],
    ['{{(index (index .NetworkSettings.Ports "80/tcp") 0).HostPort}}', /^\d+$/],
    [
      '{{json .Mounts}}',
      /^\[\{"Type":"volume","Name":"kept","Source":".*\/volumes\/kept\/_data","Destination":"\/kept"/,
    ],
    ['{{index .Config.Labels "team"}}', /^harbour$/],
    ['{{range .Config.Env}}{{println .}}{{end}}', /^A=1$/m],
    ['{{.Name}} {{.Path}} {{.Args}} {{.Config.Image}}', /^\/shown sleep \[1000\] busybox$/],
    ['{{.HostConfig.RestartPolicy.Name}} {{.HostConfig.NetworkMode}}', /^no (bridge|default)$/],
    ['{{.State.StartedAt}} {{.Created}}', /^\d{4}-\S+Z \d{4}-\S+Z$/],
    ['{{.LogPath}}', new RegExp(`/containers/${id}/${id}-json.log$`)],
    ['{{.GraphDriver.Name}} {{.GraphDriver.Data.UpperDir}}', /^overlay2 \/.*\/diff$/],
    ['{{.Image}} {{.Platform}} {{.Driver}}', /^sha256:\w{64} linux overlay2$/],
  ];
  for (const [format, expected] of rows) assert.match(await show(id, format), expected, format);
  assert.match(await docker('inspect', '--size', '-f', '{{.SizeRw}} {{.SizeRootFs}}', id), /^\d+ \d+$/);
  const row =
    '{{.Names}}|{{.Image}}|{{.Status}}|{{.Ports}}|{{.Mounts}}|{{.Networks}}|{{.Label "team"}}|{{.Size}}';
  assert.match(
    await docker('ps', '-s', '--format', row),
    /^shown\|busybox\|Up .*\|0\.0\.0\.0:\d+->53\/udp.*127\.0\.0\.1:\d+->80\/tcp\|kept\|bridge\|harbour\|\d+B \(virtual 1\.98MB\)$/,
  );
  assert.match(await docker('port', id, '80'), /^127\.0\.0\.1:\d+$/);
  assert.match(await docker('port', id), /^53\/udp -> 0\.0\.0\.0:\d+$/m);
  assert.match(await docker('top', id, '-o', 'pid,args'), /^PID\s+COMMAND\n\d+\s+sleep 1000$/);
  await docker('rm', '-f', id);
  await docker('volume', 'rm', 'kept');
});

test('a published range gives each container the first free port', async () => {
  const first = randomInt(20_000, 30_000);
  const range = `127.0.0.1:${first}-${first + 1}:80`;
  const one = await docker('run', '-d', '-p', range, 'busybox', 'sleep', '1000');
  const two = await docker('run', '-d', '-p', range, 'busybox', 'sleep', '1000');
  assert.deepEqual([await docker('port', one, '80'), await docker('port', two, '80')].sort(), [
    `127.0.0.1:${first}`,
    `127.0.0.1:${first + 1}`,
  ]);
  await fails(/port is already allocated/, 'run', '--rm', '-p', range, 'busybox', 'true');
  await docker('rm', '-f', one);
  assert.equal(await docker('run', '--rm', '-p', range, 'busybox', 'echo', 'free again'), 'free again');
  await docker('rm', '-f', two);
});

test('ps filters', async () => {
  const exited = await docker('run', '-d', '--name', 'filter-a', 'busybox', 'sh', '-c', 'exit 4');
  await docker('wait', exited);
  await docker(
    'run',
    '-d',
    '--name',
    'filter-b',
    '-l',
    'k=v',
    '-p',
    '127.0.0.1::80',
    '-v',
    'fv:/x',
    'busybox',
    'sleep',
    '1000',
  );
  const rows: [filters: string[], names: string[]][] = [
    [['exited=4'], ['filter-a']],
    [['status=running'], ['filter-b']],
    [
      ['status=running', 'status=exited'],
      ['filter-a', 'filter-b'],
    ],
    [['label=k'], ['filter-b']],
    [['label=k=other'], []],
    [
      ['ancestor=busybox', 'name=filter'],
      ['filter-a', 'filter-b'],
    ],
    [['volume=fv'], ['filter-b']],
    [['volume=/x'], ['filter-b']],
    [['publish=80'], ['filter-b']],
    [['publish=81'], []],
    [['expose=80'], ['filter-b']],
    [['network=bridge'], ['filter-a', 'filter-b']],
    [['since=filter-a'], ['filter-b']],
    [['before=filter-b'], ['filter-a']],
    [['health=none'], ['filter-a', 'filter-b']],
  ];
  for (const [filters, names] of rows) {
    const options = filters.flatMap((filter) => ['--filter', filter]);
    const found = lines(await docker('ps', '-a', ...options, '--format', '{{.Names}}')).sort();
    assert.deepEqual(found, names, filters.join(' '));
  }
  await fails(/invalid filter 'nonsense'/, 'ps', '--filter', 'nonsense=1');
  await docker('rm', '-f', '-v', 'filter-a', 'filter-b');
  await docker('volume', 'rm', 'fv');
});

test('events can be filtered', async () => {
  const since = (await docker('info', '-f', '{{.SystemTime}}')).trim();
  const id = await docker('run', '-d', '--name', 'eventful', '-l', 'k=v', 'busybox', 'sleep', '1000');
  await docker('exec', id, 'true');
  await docker('pause', id);
  await docker('unpause', id);
  await docker('rename', 'eventful', 'eventless');
  await docker('kill', id);
  await docker('rm', id);
  const events = async (format: string, ...filters: string[]): Promise<string[]> => {
    const options = filters.flatMap((filter) => ['--filter', filter]);
    return lines(await docker('events', '--since', since, '--until', now(), ...options, '--format', format));
  };
  assert.deepEqual(await events('{{.Action}}', `container=${id}`, 'event=start', 'event=die'), [
    'start',
    'die',
  ]);
  assert.deepEqual(
    (await events('{{.Action}}', 'label=k=v')).filter((action) => !action.startsWith('exec')),
    ['create', 'start', 'pause', 'unpause', 'rename', 'kill', 'die', 'destroy'],
  );
  assert.deepEqual(await events('{{.Actor.Attributes.exitCode}}', 'event=die', 'type=container'), ['137']);
  assert.deepEqual(await events('{{.Action}} {{.Actor.Attributes.name}}', 'type=network'), [
    'connect bridge',
    'disconnect bridge',
  ]);
  assert.deepEqual((await events('{{.Action}}', 'event=exec_create'))[0], 'exec_create: true');
});

test('prune removes what is not in use and nothing else', async () => {
  const running = await docker('run', '-d', '-v', 'used:/used', 'busybox', 'sleep', '1000');
  const ended = await docker('run', '-d', '-v', '/anonymous', 'busybox', 'true');
  await docker('wait', ended);
  await docker('volume', 'create', 'spare');
  assert.match(await docker('container', 'prune', '-f'), new RegExp(`Deleted Containers:\\n${ended}\\n`));
  assert.equal(lines(await docker('volume', 'ls', '-q')).length, 3);
  await docker('volume', 'prune', '-f');
  assert.deepEqual(lines(await docker('volume', 'ls', '-q')).sort(), ['spare', 'used']);
  await docker('volume', 'prune', '-af');
  assert.equal(await docker('volume', 'ls', '-q'), 'used');
  await fails(/volume is in use/, 'volume', 'rm', 'used');
  await docker('tag', 'busybox', 'used:1');
  assert.equal(await docker('images', '--format', '{{.Repository}}:{{.Tag}}', 'used'), 'used:1');
  const archive = join(berthd.directory, 'unused.tar');
  await writeFile(archive, dockerArchive(tar([{ name: 'file', content: 'x' }]), { tag: 'unused:1' }));
  await docker('load', '-i', archive);
  assert.match(await docker('image', 'prune', '-af'), /untagged: unused:1/);
  assert.deepEqual(lines(await docker('images', '--format', '{{.Repository}}:{{.Tag}}')).sort(), [
    'busybox:latest',
    'used:1',
  ]);
  assert.equal(await docker('ps', '-aq', '--no-trunc'), running);
  await docker('rm', '-f', running);
  await docker('volume', 'rm', 'used');
});

test('execs: user, directory, environment, exit codes, detached', async () => {
  const id = await docker('run', '-d', '-e', 'A=1', '-w', '/tmp', 'busybox', 'sleep', '1000');
  const exec = (...args: string[]): Promise<string> => docker('exec', ...args);
  assert.equal(await exec(id, 'sh', '-c', 'echo $A $PWD $(id -u)'), '1 /tmp 0');
  assert.equal(
    await exec('-u', '7:8', '-w', '/etc', '-e', 'A=2', id, 'sh', '-c', 'echo $A $PWD $(id -u):$(id -g)'),
    '2 /etc 7:8',
  );
  for (const [args, code, message] of [
    [[id, 'sh', '-c', 'exit 42'], 42, /^$/],
    [[id, 'sh', '-c', 'kill -9 $$'], 137, /^$/],
    [[id, 'no-such-program'], 127, /executable file not found in \$PATH/],
    [[id, '/etc/passwd'], 126, /permission denied/],
    [
      ['-w', '/no/such/place', id, 'pwd'],
      126,
      /chdir to cwd \("\/no\/such\/place"\).*no such file or directory/,
    ],
  ] as const) {
    const result = await berthd.docker('exec', ...args);
    assert.equal(result.code, code, args.join(' '));
    assert.match(result.stdout + result.stderr, message);
  }
  await exec('-d', id, 'sh', '-c', 'echo later > /tmp/file');
  await until(
    'the detached one ran',
    async () => (await berthd.docker('exec', id, 'cat', '/tmp/file')).stdout === 'later\n',
  );
  await docker('pause', id);
  await fails(/is paused, unpause the container before exec/, 'exec', id, 'true');
  await docker('rm', '-f', id);
});

test('compose and other plugins find an engine they can talk to', async (context) => {
  const version = await berthd.docker('compose', 'version');
  if (version.code !== 0) return context.skip('the compose plugin is not installed');
  assert.match(await docker('compose', 'ls'), /^NAME\s+STATUS\s+CONFIG FILES$/);
  assert.match(await docker('compose', '-p', 'none-such', 'ps'), /^NAME\s+IMAGE/);
});

test('nothing of this was an internal error', () => {
  assert.doesNotMatch(berthd.log, /"level":[56]0/);
});
