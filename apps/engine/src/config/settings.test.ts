import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { parseCommandLine, UsageError } from './flags.ts';
import { helpText } from './help.ts';
import { options } from './options.ts';
import { loadSettings, type Settings } from './settings.ts';

/** Settings of the flags, with a daemon.json of this text. */
async function load(argv: string[], file = '{}'): Promise<Settings> {
  const directory = await mkdtemp(path.join(tmpdir(), 'berth-settings-'));
  try {
    const config = path.join(directory, 'daemon.json');
    await writeFile(config, file);
    return await loadSettings(parseCommandLine(['--config-file', config, ...argv]));
  } finally {
    await rm(directory, { recursive: true });
  }
}

test('without flags everything is as documented', async () => {
  const settings = await load([]);
  assert.deepEqual(settings.hosts, ['unix:///run/berth/berth.sock']);
  assert.deepEqual(
    [settings['data-root'], settings['exec-root'], settings.bridge, settings.iptables, settings.mtu],
    ['/var/lib/berth', '/run/berth', 'berth0', true, 1500],
  );
});

test('flags take every form, lists are repeated', async () => {
  const settings = await load([
    ...['-H', 'unix:///a.sock', '--host=tcp://127.0.0.1:1', '-b', 'b0', '--iptables=false', '-D'],
    ...[
      '--log-opt',
      'max-size=1m',
      '--log-opt=max-file=3',
      '--default-ulimit',
      'nofile=1:2',
      '--mtu',
      '1400',
    ],
    ...['--default-shm-size', '1g', '--label', 'a=b'],
  ]);
  assert.deepEqual(settings.hosts, ['unix:///a.sock', 'tcp://127.0.0.1:1']);
  assert.deepEqual(
    [settings.bridge, settings.iptables, settings.debug, settings.mtu],
    ['b0', false, true, 1400],
  );
  assert.deepEqual(settings['log-opts'], { 'max-size': '1m', 'max-file': '3' });
  assert.deepEqual(settings['default-ulimits'], { nofile: { Name: 'nofile', Soft: 1, Hard: 2 } });
  assert.equal(settings['default-shm-size'], 2 ** 30);
});

test('daemon.json has the same options under its own keys', async () => {
  const settings = await load(
    ['--mtu=1400'],
    '{"hosts":["unix:///f.sock"],"icc":false,"insecure-registries":["r:5000"]}',
  );
  assert.deepEqual(
    [settings.hosts, settings.icc, settings.mtu, settings['insecure-registries']],
    [['unix:///f.sock'], false, 1400, ['r:5000']],
  );
});

const refusals: [argv: string[], file: string | undefined, message: RegExp][] = [
  [['--colour'], undefined, /unknown flag: --colour/],
  [['start'], undefined, /unexpected argument: start/],
  [['--data-root'], undefined, /needs an argument: --data-root/],
  [['--mtu', 'big'], undefined, /"big" for --mtu/],
  [['--mtu', '5'], undefined, /invalid value for mtu/],
  [['--iptables=perhaps'], undefined, /--iptables/],
  [['--storage-driver', 'zfs'], undefined, /storage-driver: overlay2/],
  [['--userns-remap', 'default'], undefined, /userns-remap: .*later release/],
  [['--default-shm-size', 'big'], undefined, /default-shm-size: it is not a size/],
  [[], '{"colour":1}', /unknown: colour/],
  [['--mtu', '1400'], '{"mtu":1300}', /only one may be: mtu/],
  [[], '{"mtu":"big"}', /invalid value for mtu/],
  [[], '{', /is not valid/],
  [['--config-file', '/nowhere/daemon.json'], undefined, /cannot read/],
];
for (const [argv, file, message] of refusals) {
  test(`refused: ${argv.join(' ')} ${file ?? ''}`, async () => {
    const config = argv.includes('--config-file') ? loadSettings(parseCommandLine(argv)) : undefined;
    await assert.rejects(
      async () => config ?? (await load(argv, file)),
      (error) => error instanceof UsageError && message.test(error.message),
    );
  });
}

test('help names every option', () => {
  for (const { flag } of options) assert.ok(helpText().includes(`--${flag} `), flag);
});
