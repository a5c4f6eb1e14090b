import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { compileDeviceFilter } from './cgroup/device-filter.ts';
import { type ContainerInput, compileContainer, compileExec, namespaceFlags } from './compile.ts';
import { parseMountOptions } from './mount-options.ts';
import { encodeProgram, type Operation, type Program } from './program.ts';
import { attachFlags, frames, mountFlags, type OpName, ops } from './protocol.ts';
import { makeProcess, makeSpec, type SpecChanges } from './runtime.fixture.ts';
import type { OciMount } from './spec.ts';

const v1 = {
  version: 1,
  layout: {
    version: 1,
    hierarchies: [
      {
        name: 'cpu,cpuacct',
        mountPoint: '/cg/cpu,cpuacct',
        mountData: '',
        controllers: ['cpu'],
        symlinks: ['cpu'],
      },
      {
        name: 'memory',
        mountPoint: '/cg/memory',
        mountData: 'memory',
        controllers: ['memory'],
        symlinks: [],
      },
    ],
  },
  path: '/b/c',
  ownCgroupNamespace: true,
  cgroupDirectories: ['/cg/cpu,cpuacct/b/c', '/cg/memory/b/c'],
  joinFiles: ['/cg/cpu,cpuacct/b/c/tasks', '/cg/memory/b/c/tasks'],
  oomFile: '/cg/memory/b/c/memory.oom_control',
} as const satisfies ContainerInput['cgroup'];

const v2 = {
  ...v1,
  version: 2,
  layout: { version: 2, mountPoint: '/cg' },
  cgroupDirectories: ['/cg/b/c'],
  joinFiles: ['/cg/b/c'],
  oomFile: '/cg/b/c/memory.events',
} as const satisfies ContainerInput['cgroup'];

function compile(changes: SpecChanges = {}, input: Partial<ContainerInput> = {}): Program {
  return compileContainer({
    spec: makeSpec(['prog', 'arg'], changes),
    overlay: { lower: ['/l/2', '/l/1'], upper: '/l/u', work: '/l/w' },
    hold: false,
    stateDir: '/run/c',
    spillDir: '/logs',
    cgroup: v1,
    seccomp: undefined,
    ...input,
  }).program;
}

const names = (program: Program): OpName[] => program.map(([name]) => name);
const all = (program: Program, wanted: OpName): Operation[] => program.filter(([name]) => name === wanted);
/** Asserts that these operations come in this order, whatever stands between them. */
function assertOrder(program: Program, ...order: OpName[]): void {
  const found = names(program).filter((name) => order.includes(name));
  assert.deepEqual([...new Set(found)], order);
}

describe('the launch program of a container', () => {
  it('makes all namespaces at once, the cgroup namespace after joining the cgroup', () => {
    const { pid, network, mount, ipc, uts, cgroup } = namespaceFlags;
    const program = compile();
    assert.deepEqual(all(program, 'CLONE'), [['CLONE', BigInt(pid | network | mount | ipc | uts)]]);
    assert.deepEqual(all(program, 'UNSHARE'), [['UNSHARE', BigInt(cgroup)]]);
    assertOrder(program, 'CLONE', 'CGROUP_TASKS', 'UNSHARE', 'ROOT_OVERLAY', 'PIVOT', 'EXEC');
    assert.deepEqual(all(program, 'CGROUP_TASKS').length, 2);
    assert.deepEqual(all(program, 'LOOPBACK').length, 1);
  });

  it('is born in its cgroup on v2', () => {
    const program = compile({}, { cgroup: v2 });
    assert.deepEqual(all(program, 'CGROUP_DIR'), [['CGROUP_DIR', '/cg/b/c']]);
    assert.deepEqual(all(program, 'CGROUP_TASKS'), []);
    const mounted = all(program, 'MOUNT').find(([, type]) => type === 'cgroup2');
    assert.equal(mounted?.[3], '/sys/fs/cgroup');
  });

  it('is kept from devices by a filter on v2, made before the process; v1 has a controller for that', () => {
    const rules = { linux: { resources: { devices: [{ allow: false, access: 'rwm' }] } } };
    const program = compile(rules, { cgroup: v2 });
    assertOrder(program, 'DEVICE_FILTER', 'CGROUP_DIR', 'PIVOT');
    const [filter] = all(program, 'DEVICE_FILTER');
    assert.deepEqual(filter?.[1], compileDeviceFilter(rules.linux.resources.devices));
    assert.deepEqual(all(compile(rules), 'DEVICE_FILTER'), []);
    assert.deepEqual(all(compile({}, { cgroup: v2 }), 'DEVICE_FILTER'), []);
  });

  it('shows the v1 hierarchies read-only, with the links of the host', () => {
    const program = compile();
    const cgroups = program.filter((operation) =>
      operation.some((field) => `${field}`.startsWith('/sys/fs/cgroup')),
    );
    assert.deepEqual(
      cgroups.map(([name, first, second]) => [name, first, second]),
      [
        ['MOUNT', 'tmpfs', 'tmpfs'],
        ['BIND', '/cg/cpu,cpuacct/b/c', '/sys/fs/cgroup/cpu,cpuacct'],
        ['SYMLINK', 'cpu,cpuacct', '/sys/fs/cgroup/cpu'],
        ['BIND', '/cg/memory/b/c', '/sys/fs/cgroup/memory'],
        ['ATTRIBUTES', '/sys/fs/cgroup', 1n],
      ],
    );
  });

  it('joins namespaces by path, the pid namespace before the fork', () => {
    const namespaces = [
      { type: 'mount' },
      { type: 'network', path: '/run/netns/x' },
      { type: 'pid', path: '/proc/1/ns/pid' },
    ] as const;
    const program = compile({ linux: { namespaces: [...namespaces] } });
    assert.deepEqual(all(program, 'JOIN'), [['JOIN', namespaceFlags.network, '/run/netns/x']]);
    assert.deepEqual(all(program, 'JOIN_PID'), [['JOIN_PID', '/proc/1/ns/pid']]);
    assert.deepEqual(all(program, 'KILL_FILE'), [['KILL_FILE', '/cg/cpu,cpuacct/b/c/cgroup.procs']]);
    assert.deepEqual(all(program, 'HOSTNAME').concat(all(program, 'LOOPBACK')), []);
    assert.throws(() => compile({ linux: { namespaces: [{ type: 'pid' }] } }), /mount namespace/);
    assert.throws(() => compile({ linux: { namespaces: [{ type: 'user' }] } }), { kind: 'not-implemented' });
  });

  it('takes privileges away in the order the kernel allows', () => {
    const seccomp = { flags: 0, program: Buffer.alloc(8) };
    const loose = compile({}, { seccomp, hold: true });
    assertOrder(
      loose,
      'PIVOT',
      'USER',
      'CWD',
      'BOUNDING',
      'IDENTITY',
      'LOOKUP',
      'HOLD',
      'SECCOMP',
      'CAPABILITIES',
      'EXEC',
    );
    const strict = compile({ process: { noNewPrivileges: true } }, { seccomp });
    assertOrder(strict, 'IDENTITY', 'CAPABILITIES', 'NO_NEW_PRIVILEGES', 'SECCOMP', 'EXEC');
    assert.equal(strict.at(-1)?.[0], 'EXEC');
  });

  it('protects paths after everything is mounted and before the root is entered', () => {
    const program = compile({ root: { readonly: true } });
    assertOrder(
      program,
      'MOUNT',
      'BIND',
      'SYMLINK',
      'ATTRIBUTES',
      'DEVICE',
      'READONLY',
      'MASK',
      'ROOT_ATTRIBUTES',
      'PIVOT',
    );
  });

  it('makes a terminal only when asked', () => {
    assert.deepEqual(all(compile(), 'PTY'), []);
    const program = compile({ process: { terminal: true, consoleSize: { height: 24, width: 80 } } });
    assert.deepEqual(all(program, 'TERMINAL'), [['TERMINAL', 24, 80]]);
    assertOrder(program, 'PIVOT', 'PTY', 'CONSOLE', 'STDIO');
  });

  it('keeps mounts from the host, and follows it only for volumes that say so', () => {
    const mount = (propagation: string): OciMount[] => [
      { destination: '/v', type: 'bind', source: '/v', options: ['rbind', propagation] },
    ];
    const propagation = (program: Program) => all(program, 'PROPAGATION')[0]?.slice(1);
    assert.deepEqual(propagation(compile()), ['/', 0x44000n]);
    assert.deepEqual(propagation(compile({ mounts: mount('rslave') })), ['/', 0x84000n]);
    const shared = compile({ mounts: mount('rshared') });
    assert.deepEqual(propagation(shared), ['/proc', 0x40000n]);
    assert.equal(all(shared, 'ROOT_OVERLAY')[0]?.[1], '/proc');
  });

  it('leaves a bound /dev alone', () => {
    const program = compile({
      mounts: [{ destination: '/dev', type: 'bind', source: '/dev', options: ['rbind'] }],
    });
    assert.deepEqual(all(program, 'DEVICE'), []);
  });

  it('refuses what makes no sense', () => {
    assert.throws(() => compile({ mounts: [{ destination: 'relative', type: 'tmpfs' }] }), /not absolute/);
    assert.throws(() => compile({ process: { args: [] } }), /no command specified/);
    assert.throws(
      () => compile({ process: { rlimits: [{ type: 'RLIMIT_X', soft: 1, hard: 1 }] } }),
      /RLIMIT_X/,
    );
    assert.throws(() => compile({ linux: { sysctl: { '../../etc/x': '1' } } }), /invalid sysctl name/);
    assert.throws(() => encodeProgram([['ARG', 'a\0b']]), /NUL/);
  });
});

describe('the launch program of an exec', () => {
  const { record } = compileContainer({
    spec: makeSpec(['x'], { process: { noNewPrivileges: true, oomScoreAdj: 7 } }),
    hold: false,
    stateDir: '/s',
    spillDir: '/s',
    cgroup: v1,
    seccomp: { flags: 2, program: Buffer.from([1, 2, 3, 4, 5, 6, 7, 8]) },
  });
  const input = { record, hold: false, stateDir: '/e', target: { pid: 9, startTime: 77n }, cgroup: v1 };

  it('is as confined as its container', () => {
    const { capabilities: _, ...process } = makeProcess(['prog']);
    const program = compileExec({ ...input, process });
    const { network, mount, ipc, uts, cgroup } = namespaceFlags;
    assert.deepEqual(all(program, 'ENTER'), [['ENTER', network | mount | ipc | uts | cgroup]]);
    assert.deepEqual(all(program, 'TARGET'), [['TARGET', 9, 77n]]);
    assert.deepEqual(all(program, 'SECCOMP'), [['SECCOMP', 2, Buffer.from([1, 2, 3, 4, 5, 6, 7, 8])]]);
    assert.deepEqual(all(program, 'CAPABILITIES'), [['CAPABILITIES', 0x80000e3n, 0x80000e3n, 0n, 0n]]);
    assert.deepEqual(all(program, 'OOM_SCORE'), [['OOM_SCORE', '7']]);
    assertOrder(
      program,
      'TARGET',
      'CGROUP_TASKS',
      'OOM_SCORE',
      'ENTER',
      'STDIO',
      'NO_NEW_PRIVILEGES',
      'EXEC',
    );
  });

  it('has other privileges when it asks for them', () => {
    const program = compileExec({
      ...input,
      process: makeProcess(['prog'], { capabilities: { effective: ['CHOWN'] } }),
    });
    assert.deepEqual(all(program, 'CAPABILITIES'), [['CAPABILITIES', 1n, 0n, 0n, 0n]]);
  });
});

describe('mount options', () => {
  it('are sorted into attributes, propagation and data; the later of two wins', () => {
    assert.deepEqual(
      parseMountOptions(['ro', 'nosuid', 'rw', 'rslave', 'size=1m', 'nr_inodes=5', 'lazytime']),
      {
        bind: false,
        recursive: false,
        set: 2n,
        clear: 1n,
        propagation: 0x80000n,
        data: [['size', '1m'], ['nr_inodes', '5'], ['lazytime']],
      },
    );
    assert.deepEqual(parseMountOptions(['rbind', 'noatime']).clear, 0x70n);
  });
});

describe('the protocol', () => {
  it('has the same numbers in C and in TypeScript', () => {
    const header = readFileSync(join(import.meta.dirname, '../native/protocol.h'), 'utf8');
    const inC = new Map(
      [...header.matchAll(/^#define (\w+) (\d+)/gm)].map(([, name, value]) => [name, Number(value)]),
    );
    const prefixed = (prefix: string, table: Record<string, number>) =>
      Object.entries(table).map(([name, value]): [string, number] => [`${prefix}_${name}`, value]);
    const inTypeScript = new Map([
      ...prefixed('FRAME', frames),
      ...prefixed('ATTACH', attachFlags),
      ...prefixed('OP', ops),
      ...prefixed('MOUNT', mountFlags),
    ]);
    for (const name of [
      'OP_FIRST_CHILD',
      'OP_LAST_CHILD',
      'EXIT_SETUP',
      'EXIT_NOT_EXECUTABLE',
      'EXIT_NOT_FOUND',
    ]) {
      inC.delete(name);
    }
    assert.deepEqual(inTypeScript, inC);
    assert.equal(new Set(Object.values(ops)).size, Object.keys(ops).length);
  });

  it('encodes numbers, strings and bytes', () => {
    const frame = encodeProgram([
      ['RLIMIT', 7, 5n],
      ['ARG', 'é'],
      ['SECCOMP', 1, Buffer.from([9])],
    ]);
    const expected = [
      ...[56, 0, 0, 0, frames.PROGRAM],
      ...[ops.RLIMIT, 0, 12, 0, 0, 0, 7, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0],
      ...[ops.ARG, 0, 7, 0, 0, 0, 2, 0, 0, 0, 0xc3, 0xa9, 0],
      ...[ops.SECCOMP, 0, 9, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 9],
    ];
    expected[0] = expected.length - 4;
    assert.deepEqual([...frame], expected);
  });
});
