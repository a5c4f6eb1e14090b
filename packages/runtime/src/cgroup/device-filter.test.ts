import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { compileDeviceFilter } from './device-filter.ts';
import { createCgroups } from './index.ts';

/** Attaches the program to a cgroup, joins it, and prints the errno of opening each path with flags `r`, `w` or `+`. */
const helperSource = `
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(int argc, char **argv) {
  static char program[65536], log[65536];
  FILE *file = fopen(argv[1], "r");
  size_t size = fread(program, 1, sizeof program, file);
  union bpf_attr load = {.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE, .insn_cnt = size / 8, .insns = (uintptr_t)program,
    .license = (uintptr_t)"Apache-2.0", .log_buf = (uintptr_t)log, .log_size = sizeof log, .log_level = 1};
  int fd = syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof load);
  if (fd < 0) return fprintf(stderr, "load: %s\\n%s", strerror(errno), log), 1;
  union bpf_attr attach = {.target_fd = open(argv[2], O_RDONLY | O_DIRECTORY), .attach_bpf_fd = fd,
    .attach_type = BPF_CGROUP_DEVICE, .attach_flags = BPF_F_ALLOW_MULTI};
  if (syscall(SYS_bpf, BPF_PROG_ATTACH, &attach, sizeof attach)) return perror("attach"), 1;
  int procs = openat(attach.target_fd, "cgroup.procs", O_WRONLY);
  if (write(procs, "0", 1) != 1) return perror("join"), 1;
  for (int i = 3; i + 1 < argc; i += 2) {
    int flags = *argv[i] == 'r' ? O_RDONLY : *argv[i] == 'w' ? O_WRONLY : O_RDWR;
    printf("%d\\n", open(argv[i + 1], flags) < 0 ? errno : 0);
  }
  return 0;
}
`;

const root = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified'].find((path) =>
  existsSync(join(path, 'cgroup.procs')),
);
const options = {
  skip: process.getuid?.() === 0 && root !== undefined ? false : 'needs root and a cgroup v2 tree',
};

test('the kernel takes the device filter and lets only the listed devices through', options, async () => {
  const program = compileDeviceFilter([
    { allow: false, access: 'rwm' },
    { allow: true, type: 'c', major: 1, minor: 3, access: 'rwm' },
    { allow: true, type: 'c', major: 1, minor: 5, access: 'r' },
    { allow: true, type: 'c', major: 1, access: 'm' },
    { allow: true, type: 'c', major: 1, minor: 7, access: 'rw' },
    { allow: false, type: 'c', major: 1, minor: 7, access: 'w' },
  ]);
  const expected: [mode: 'r' | 'w' | '+', path: string, errno: number][] = [
    ['+', '/dev/null', 0],
    ['r', '/dev/zero', 0],
    ['w', '/dev/zero', 1],
    ['+', '/dev/zero', 1],
    ['r', '/dev/urandom', 1],
    ['r', '/dev/full', 0],
    ['w', '/dev/full', 1],
  ];
  const manager = createCgroups(root === undefined ? {} : { root });
  const directory = mkdtempSync(join(tmpdir(), 'berth-devices-'));
  const path = `berth-test-${process.pid}-devices`;
  await manager.create(path, {});
  try {
    const helper = join(directory, 'helper');
    execFileSync('cc', ['-x', 'c', '-o', helper, '-'], { input: helperSource });
    writeFileSync(join(directory, 'program'), program);
    const args = [
      join(directory, 'program'),
      manager.directories(path)[0] ?? '',
      ...expected.flatMap(([mode, device]) => [mode.toString(), device]),
    ];
    const output = execFileSync(helper, args, { encoding: 'utf8' });
    assert.deepEqual(
      output.trim().split('\n').map(Number),
      expected.map(([, , errno]) => errno),
    );
  } finally {
    await manager.open(path).remove();
    rmSync(directory, { recursive: true });
  }
});

test('every device is allowed by one rule, and unknown accesses are refused', () => {
  // The prologue, then the answer 1.
  const program = compileDeviceFilter([{ allow: true, type: 'a', access: 'rwm' }]);
  assert.deepEqual([...program.subarray(48, 64)], [0xb4, 0, 0, 0, 1, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0]);
  assert.throws(() => compileDeviceFilter([{ allow: true, access: 'rx' }]), { message: /"rx"/ });
});
