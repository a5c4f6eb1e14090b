import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { socketOf, splitArguments } from './lib/arguments.mjs';
import { keepRunning } from './lib/keep-running.mjs';
import { formatLogLine, WARN } from './lib/log-format.mjs';
import { SetupError } from './lib/steps.mjs';

test('the console’s flags are taken out, the others stay as they are', () => {
  const { console: settings, engineFlags } = splitArguments([
    ...['--console-port', '8080', '-H', 'unix:///a=b.sock', '--console-host=::1', '--data-root=/d', '-D'],
  ]);
  assert.deepEqual(settings, { host: '::1', port: '8080', data: '/var/lib/berth-console' });
  assert.deepEqual(engineFlags, ['-H', 'unix:///a=b.sock', '--data-root=/d', '-D']);
  assert.equal(socketOf(engineFlags), '/a=b.sock');
});

test('the engine’s socket is the first unix one, or the default', () => {
  assert.equal(socketOf(['-H', 'tcp://127.0.0.1:1', '--host=unix:///b.sock']), '/b.sock');
  assert.equal(socketOf(['--data-root', '/d']), '/run/berth/berth.sock');
});

for (const [argv, message] of [
  [['--console-port'], /--console-port needs a value/],
  [['--console-data='], /--console-data needs a value/],
  [['--console-port=http'], /from 0 to 65535/],
  [['--console-colour', 'red'], /Unknown flag --console-colour/],
])
  test(`refused: ${argv.join(' ')}`, () => {
    assert.throws(
      () => splitArguments(argv),
      (error) => error instanceof SetupError && message.test(error.message),
    );
  });

const line = (fields) =>
  JSON.stringify({ level: 30, time: 0, pid: 1, hostname: 'h', msg: 'ready', ...fields });

test('information is level and message, trouble comes with details and stack', () => {
  assert.match(
    formatLogLine('berthd', line({ hosts: ['a'] })),
    /^ {2}\d\d:\d\d:\d\d berthd {3}info {2}ready$/,
  );
  assert.match(formatLogLine('berthd', line({ level: 40, id: 'abc' })), /warn {2}ready id=abc$/);
  const failed = formatLogLine(
    'console',
    line({ level: 50, err: { stack: 'Error: no\n    at f (x.ts:1)' } }),
  );
  assert.match(failed, /console {2}error ready: Error: no\n {6}at f \(x\.ts:1\)$/);
});

test('what is below the wanted level is left out, text that is no log line stays', () => {
  assert.equal(formatLogLine('berthd', line({}), { atLeast: WARN }), undefined);
  assert.equal(formatLogLine('berthd', '  '), undefined);
  assert.match(formatLogLine('console', '{ not json', { atLeast: WARN }), /console {2}\{ not json$/);
});

test('a log line cannot steer the terminal', () => {
  const shown = formatLogLine('berthd', line({ level: 40, msg: 'bad\u001b[2Jname\n', name: '\u009b31m' }));
  for (const control of '\u001b\u009b\n') assert.ok(!shown.includes(control), JSON.stringify(shown));
  assert.match(shown, /bad\\x1b\[2Jname\\x0a name=\\x9b31m/);
});

const program = (code) => () =>
  spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });

test('a program that ends unasked is started again', async () => {
  const said = [];
  const pids = [];
  let onSecond;
  const second = new Promise((resolve) => (onSecond = resolve));
  const kept = keepRunning({
    name: 'it',
    launch: program('process.send(process.pid); process.on("disconnect", () => process.exit())'),
    onLine: () => {},
    onReady(pid) {
      pids.push(pid);
      if (pids.length === 2) onSecond();
    },
    say: (text) => said.push(text),
  });
  await kept.start();
  const over = kept.guard();
  process.kill(pids[0], 'SIGKILL');
  await second;
  await kept.stop();
  await over;
  assert.notEqual(pids[0], pids[1]);
  assert.match(said[0], /it ended unexpectedly \(SIGKILL\)/);
});

test('a program that cannot start says so in its own words', async () => {
  const kept = keepRunning({
    name: 'it',
    launch: program('console.error("it: the address is in use"); process.exitCode = 1'),
    onLine: () => {},
    say: () => {},
  });
  await assert.rejects(kept.start(), new SetupError('it: the address is in use'));
});

test('without root one sentence comes before anything is set up', {
  skip: process.getuid?.() !== 0,
}, async () => {
  // In a user namespace of its own it is nobody, and still may read a checkout that only root can.
  const child = spawn('unshare', ['--user', process.execPath, 'scripts/start.mjs'], { stdio: 'pipe' });
  let output = '';
  child.stderr.on('data', (chunk) => (output += chunk));
  const [code] = await once(child, 'close');
  assert.equal(code, 1);
  assert.match(output, /^\n?berthd makes namespaces.*run npm start as root\.\n$/);
});
