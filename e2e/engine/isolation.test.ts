/** What a container sees of the machine and what it can do to it; the expected values are those of Docker. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { PrivateBerthd } from '../lib/private-berthd.ts';
import { Client, type Docker, dockerOf } from './command-line.ts';

let berthd: PrivateBerthd;
let docker: Docker;
before(async () => {
  berthd = await PrivateBerthd.start();
  docker = dockerOf(berthd);
  await docker('run', '-d', '--name', 'idle', '-u', '0', 'busybox', 'sleep', '1000');
});
after(async () => {
  await berthd[Symbol.asyncDispose]();
});

const shell = (...args: string[]): Promise<string> =>
  docker('run', '--rm', ...args.slice(0, -1), 'busybox', 'sh', '-c', args.at(-1) ?? '');
const inIdle = (script: string, ...options: string[]): Promise<string> =>
  docker('exec', ...options, 'idle', 'sh', '-c', script);
const lines = (text: string): string[] => text.split('\n').filter(Boolean);

const privileges =
  "grep -E '^(Cap|NoNewPrivs|Seccomp:|Groups|Umask)' /proc/self/status | tr -s '\\t ' '  ' | sed 's/ *$//'";

function expected(capabilities: string, changes: Record<string, string> = {}): string[] {
  const fields = { Umask: '0022', Groups: '0', CapInh: '0000000000000000', CapPrm: capabilities };
  const more = { CapEff: capabilities, CapBnd: capabilities, CapAmb: '0000000000000000', NoNewPrivs: '0' };
  return Object.entries({ ...fields, ...more, Seccomp: '2', ...changes }).map(([key, value]) =>
    value === '' ? `${key}:` : `${key}: ${value}`,
  );
}

describe('privileges', () => {
  const defaults = '00000000a80425fb';
  const none = '0000000000000000';
  const rows: [title: string, options: string[], fields: string[]][] = [
    ['by default', [], expected(defaults)],
    [
      'of a user who is not root',
      ['-u', '1000:1000'],
      expected(defaults, { Groups: '1000', CapPrm: none, CapEff: none }),
    ],
    ['with --cap-drop ALL', ['--cap-drop', 'ALL'], expected(none)],
    [
      'with one capability left',
      ['--cap-drop', 'all', '--cap-add', 'net_bind_service'],
      expected('0000000000000400'),
    ],
    ['with one more', ['--cap-add', 'SYS_ADMIN'], expected('00000000a82425fb')],
    ['without new ones', ['--security-opt', 'no-new-privileges'], expected(defaults, { NoNewPrivs: '1' })],
    ['without a filter', ['--security-opt', 'seccomp=unconfined'], expected(defaults, { Seccomp: '0' })],
  ];
  for (const [title, options, fields] of rows)
    test(title, async () => {
      assert.deepEqual(lines(await shell(...options, privileges)), fields);
    });

  test('of an exec are those of the container, and its groups those of its user', async () => {
    assert.deepEqual(lines(await inIdle(privileges)), expected(defaults));
    const user = expected(defaults, { Groups: '1000', CapPrm: none, CapEff: none });
    assert.deepEqual(lines(await inIdle(privileges, '-u', '1000')), expectedGroups(user, '0'));
  });

  test('of --privileged are all that berthd has, without filter and masks', async () => {
    const own = /^CapBnd:\s+(\w+)/m.exec(await readFile('/proc/self/status', 'utf8'))?.[1] ?? '';
    const out = await shell('--privileged', `${privileges}; grep -c ' /proc/' /proc/mounts; ls /dev/kmsg`);
    assert.deepEqual(lines(out), [...expected(own, { Seccomp: '0' }), '0', '/dev/kmsg']);
  });

  test('are not enough to mount, to set the clock or the host name, to load, to reboot', async () => {
    const out = await shell(
      `mount -t tmpfs x /tmp && echo mounted
      unshare -m true && echo unshared
      hostname other && echo renamed
      dmesg >/dev/null && echo read the kernel log
      echo x > /proc/sysrq-trigger && echo sysrq
      echo 1 > /proc/sys/kernel/domainname && echo sysctl
      mkdir /sys/fs/cgroup/memory/mine && echo cgroup
      true`,
    );
    assert.equal(out, '');
  });
});

function expectedGroups(fields: string[], groups: string): string[] {
  return fields.map((field) => (field.startsWith('Groups:') ? `Groups: ${groups}` : field));
}

test('mounts are those of Docker', async () => {
  const out = await shell("cut -d' ' -f2-4 /proc/mounts");
  const options = new Map(
    lines(out).map((line) => {
      const [path = '', type = '', flags = ''] = line.split(' ');
      return [path, `${type} ${flags.split(',').slice(0, 5).join(',')}`];
    }),
  );
  const guarded = 'nosuid,nodev,noexec,relatime';
  const wanted = {
    '/proc': `proc rw,${guarded}`,
    '/dev': 'tmpfs rw,nosuid,size=65536k,mode=755',
    '/dev/pts': 'devpts rw,nosuid,noexec,relatime,gid=5',
    '/sys': `sysfs ro,${guarded}`,
    '/dev/mqueue': `mqueue rw,${guarded}`,
    '/dev/shm': `tmpfs rw,${guarded}`,
    '/proc/bus': `proc ro,${guarded}`,
    '/proc/fs': `proc ro,${guarded}`,
    '/proc/irq': `proc ro,${guarded}`,
    '/proc/sys': `proc ro,${guarded}`,
    '/sys/firmware': `tmpfs ro,${guarded}`,
  };
  for (const [path, flags] of Object.entries(wanted))
    if (path !== '/sys/firmware' || existsSync(path)) assert.equal(options.get(path), flags, path);
  assert.match(options.get('/sys/fs/cgroup') ?? '', /^(tmpfs|cgroup2) ro,/);
  for (const path of options.keys())
    assert.match(path, /^\/($|proc|sys|dev|etc\/(hosts|hostname|resolv.conf)$)/);
});

test('paths that tell of the host are empty or read-only', async () => {
  const masked = ['/proc/kcore', '/proc/keys', '/proc/timer_list', '/proc/interrupts', '/proc/acpi'];
  const script = [...masked, '/proc/scsi', '/sys/firmware', '/sys/devices/virtual/powercap']
    .map((path) => `[ -d ${path} ] && ls -A ${path}; [ -f ${path} -o -c ${path} ] && head -c 9 ${path}`)
    .join('; ');
  assert.equal(await shell(`{ ${script}; true; } 2>&1`), '');
});

test('/dev has the nodes of Docker and no others', async () => {
  const out = await shell(
    'cd /dev && stat -c "%n %A %t:%T" *; for link in fd stdin stdout stderr ptmx; do readlink $link; done',
  );
  const character = 'crw-rw-rw-';
  assert.deepEqual(
    lines(out).filter((line) => !line.startsWith('core')),
    [
      'fd lrwxrwxrwx 0:0',
      `full ${character} 1:7`,
      'mqueue drwxrwxrwt 0:0',
      `null ${character} 1:3`,
      'ptmx lrwxrwxrwx 0:0',
      'pts drwxr-xr-x 0:0',
      `random ${character} 1:8`,
      'shm drwxrwxrwt 0:0',
      'stderr lrwxrwxrwx 0:0',
      'stdin lrwxrwxrwx 0:0',
      'stdout lrwxrwxrwx 0:0',
      `tty ${character} 5:0`,
      `urandom ${character} 1:9`,
      `zero ${character} 1:5`,
      ...['/proc/self/fd', '/proc/self/fd/0', '/proc/self/fd/1', '/proc/self/fd/2', 'pts/ptmx'],
    ],
  );
});

test('devices of the host stay closed, even with a node of one’s own', async () => {
  const { dev } = await stat(berthd.directory);
  const [major, minor] = [(dev >> 8) & 0xfff, (dev & 0xff) | ((dev >> 12) & 0xfff00)];
  const out = await shell(
    `mknod /disk b ${major || 8} ${minor} && mknod /kmsg c 1 11 && mknod /mem c 1 1
    for node in /disk /kmsg /mem; do head -c 1 $node 2>/dev/null | wc -c; true 2>/dev/null >> $node && echo open; done
    mknod /tmp/null c 1 3 && echo thrown away > /tmp/null && echo fine`,
  );
  assert.deepEqual(lines(out), ['0', '0', '0', 'fine']);
});

const loopControl = '/dev/loop-control';
test('--device opens one device with the given rights', { skip: !existsSync(loopControl) }, async () => {
  const script = 'true < /dev/loops && echo read; true >> /dev/loops && echo written';
  const open = async (rights: string): Promise<string> =>
    shell('--device', `${loopControl}:/dev/loops:${rights}`, `{ ${script}; true; } 2>/dev/null`);
  assert.deepEqual(await Promise.all(['r', 'w', 'rwm'].map(open)), ['read', 'written', 'read\nwritten']);
  const { stderr } = await berthd.docker('run', '--rm', '--device', '/dev/none', 'busybox', 'true');
  assert.match(stderr, /"\/dev\/none": no such file or directory/);
});

describe('descriptors', () => {
  test('are only the standard streams, of a program that is the image’s', async () => {
    const all = 'ls -l /proc/1/fd /proc/1/exe | grep -o "[^ ]* -> [^:]*"';
    assert.deepEqual(lines(await inIdle(all)), [
      ...['/proc/1/exe -> /bin/busybox', '0 -> /dev/null', '1 -> pipe', '2 -> pipe'],
    ]);
    // The fourth is of ls itself.
    for (const command of [
      ['exec', 'idle'],
      ['run', '--rm', '-i', 'busybox'],
      ['run', '--rm', '-t', 'busybox'],
    ]) {
      const found = await docker(...command, 'ls', '/proc/self/fd');
      assert.deepEqual(found.split(/\s+/), ['0', '1', '2', '3'], command.join(' '));
    }
  });

  // With a descriptor or a mount of the host's device, root in a container changes its mode for everybody.
  test('and masks lead to nothing of the host’s /dev', async () => {
    const script = 'stat -L -c %d /proc/self/fd/0; stat -c %d /dev/null';
    for (const out of [await shell(script), await inIdle(script)]) {
      const [input, own] = lines(out);
      assert.equal(input, own);
    }
    assert.equal(await shell('chmod 666 /proc/keys 2>/dev/null || echo refused'), 'refused');
  });

  test('a trap at /dev/null catches no exec', async () => {
    await docker(
      'run',
      '-d',
      '--name',
      'trap',
      'busybox',
      'sh',
      '-c',
      'rm /dev/null; mkfifo /dev/null; sleep 99',
    );
    assert.equal(await docker('exec', 'trap', 'sh', '-c', 'cat; echo read'), 'read');
    await docker('rm', '-f', 'trap');
  });
});

describe('identity', () => {
  test('process 1, session, host name, environment, limits', async () => {
    const out = await shell(
      '-h',
      'harbour.example.org',
      'echo $$; hostname; cat /etc/hostname; env | sort; pwd',
    );
    assert.deepEqual(lines(out), [
      ...['1', 'harbour.example.org', 'harbour.example.org'],
      ...['HOME=/root', 'HOSTNAME=harbour.example.org'],
      'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      ...['PWD=/', 'SHLVL=1', '/'],
    ]);
  });

  test('hosts and resolv.conf', async () => {
    const out = await shell(
      ...['-h', 'a.b', '--add-host', 'shore:192.0.2.7', '--dns', '192.0.2.1', '--dns-search', 'c.d'],
      'cat /etc/hosts; cat /etc/resolv.conf',
    );
    const found = lines(out).map((line) => line.replaceAll('\t', ' '));
    assert.equal(found[0], '127.0.0.1 localhost');
    assert.ok(found.includes('192.0.2.7 shore'));
    assert.ok(found.some((line) => line.startsWith(`${berthd.subnet}.`) && line.endsWith(' a.b a')));
    assert.deepEqual(found.slice(-2).sort(), ['nameserver 192.0.2.1', 'search c.d']);
  });

  test('-t sets TERM and gives a terminal of the container’s own', async () => {
    await using client = new Client(
      berthd,
      ['run', '--rm', '-it', 'busybox', 'sh', '-c', 'echo $TERM; tty; ls /dev/pts; ls -l /dev/console'],
      { terminal: true },
    );
    assert.equal(await client.ended, 0);
    assert.match(client.output, /^xterm\r\n\/dev\/pts\/0\r\n0\s+ptmx\r\ncrw--w---- /);
  });

  const users: [options: string[], id: string][] = [
    [['-u', 'root'], 'uid=0(root) gid=0(root) groups=0(root)'],
    [['-u', '1234'], 'uid=1234 gid=0(root) groups=0(root)'],
    [['-u', '1234:4321'], 'uid=1234 gid=4321 groups=4321'],
    [['-u', '1234:4321', '--group-add', '7'], 'uid=1234 gid=4321 groups=7,4321'],
  ];
  for (const [options, id] of users)
    test(options.join(' '), async () => {
      const [user = '', own = ''] = [await docker('run', '--rm', ...options, 'busybox', 'id'), id];
      assert.equal(user.replace(/groups=.*/, sortGroups), own.replace(/groups=.*/, sortGroups));
    });

  test('users and groups that do not exist are named', async () => {
    for (const [option, value, message] of [
      ['-u', 'nobody-here', /unable to find user nobody-here: no matching entries in passwd file/],
      ['-u', 'root:nowhere', /unable to find group nowhere: no matching entries in group file/],
      ['--group-add', 'nowhere', /[Uu]nable to find group nowhere/],
    ] as const) {
      const result = await berthd.docker('run', '--rm', option, value, 'busybox', 'true');
      assert.equal(result.code, 125);
      assert.match(result.stderr, message);
      assert.equal(lines(result.stderr).filter((line) => message.test(line)).length, 1, result.stderr);
    }
  });
});

const sortGroups = (text: string): string =>
  `groups=${text.slice('groups='.length).split(',').sort().join(',')}`;

test('--read-only, --tmpfs, --shm-size and --ulimit', async () => {
  const out = await shell(
    ...['--read-only', '--tmpfs', '/scratch:size=1m,mode=700,exec', '--shm-size', '2m'],
    ...['--ulimit', 'nofile=100:200', '--ulimit', 'core=0'],
    `for file in /x /etc/hosts /etc/x /proc/x; do true 2>/dev/null >> $file && echo $file; done
    true > /dev/shm/x && true > /scratch/x && stat -c %a /scratch; grep -c 'scratch.*noexec' /proc/mounts
    df -k /scratch /dev/shm | awk '{print $2}'; ulimit -Sn; ulimit -Hn; ulimit -c`,
  );
  assert.deepEqual(lines(out), ['700', '0', '1K-blocks', '1024', '2048', '100', '200', '0']);
});

describe('binds', () => {
  test('-v makes a missing source, --mount names it', async () => {
    const missing = join(berthd.directory, 'made/by/v');
    await shell('-v', `${missing}:/made`, 'echo kept > /made/file');
    assert.equal(await readFile(join(missing, 'file'), 'utf8'), 'kept\n');
    const refused = await berthd.docker(
      ...['run', '--rm', '--mount', `type=bind,source=${berthd.directory}/none,target=/x`, 'busybox', 'true'],
    );
    assert.match(refused.stderr, /bind source path does not exist: .*\/none/);
    assert.ok(!existsSync(join(berthd.directory, 'none')));
  });

  test('a file goes onto a file only', async () => {
    const file = join(berthd.directory, 'single');
    await writeFile(file, 'one file\n');
    assert.equal(await shell('-v', `${file}:/new/place/file:ro`, 'cat /new/place/file'), 'one file');
    for (const mount of [`${file}:/etc`, `${berthd.directory}:/etc/passwd`]) {
      const { stderr } = await berthd.docker('run', '--rm', '-v', mount, 'busybox', 'true');
      assert.match(stderr, /not a directory: Are you trying to mount a directory onto a file/);
    }
  });

  test('/proc is a proc file system or nothing', async () => {
    for (const target of ['/proc', '/proc/sys', '/proc/self']) {
      const mount = `${berthd.directory}:${target}`;
      const { code, stderr } = await berthd.docker('run', '--rm', '-v', mount, 'busybox', 'true');
      assert.equal(code, 125);
      assert.match(stderr, /cannot be mounted because it is (not of type proc|inside \/proc)/);
    }
  });

  test('links that a container left at the mount target lead nowhere outside', async () => {
    const outside = join(berthd.directory, 'outside');
    const source = join(berthd.directory, 'source');
    await mkdir(outside);
    await mkdir(source);
    await writeFile(join(source, 'mark'), 'from the source\n');
    const targets = {
      absolute: outside,
      climbing: `${'../'.repeat(12)}${outside.slice(1)}`,
      dangling: `${outside}/deeper/down`,
    };
    for (const [name, target] of Object.entries(targets)) {
      const script = `cat /${name}/inner/mark; [ -L /${name} ] || { mv /${name} /old; ln -s ${target} /${name}; }`;
      const mount = ['-v', `${source}:/${name}/inner`, '-v', `${source}/mark:/${name}/file`];
      const id = await docker('create', ...mount, 'busybox', 'sh', '-c', script);
      for (const _ of ['made', 'replaced by a link']) {
        assert.equal(await docker('start', '-a', id), 'from the source');
      }
    }
    assert.deepEqual(await readdir(outside), []);
  });

  test('a source that is a link is what it points to', async () => {
    await writeFile(join(berthd.directory, 'pointed'), 'behind the link\n');
    await symlink('pointed', join(berthd.directory, 'link'));
    assert.equal(await shell('-v', `${berthd.directory}/link:/there`, 'cat /there'), 'behind the link');
  });
});

describe('namespaces', () => {
  test('of other containers can be joined when they allow it', async () => {
    const joined = ['--network', 'container:idle', '--pid', 'container:idle'];
    assert.match(await shell(...joined, 'ps'), /sleep 1000/);
    const refused = await berthd.docker('run', '--rm', '--ipc', 'container:idle', 'busybox', 'true');
    assert.match(refused.stderr, /non-shareable IPC/);
    for (const option of ['--network', '--pid', '--ipc']) {
      const result = await berthd.docker('run', '--rm', option, 'container:none-such', 'busybox', 'true');
      assert.match(result.stderr, /No such container: none-such/);
      assert.doesNotMatch(result.stderr, /Unable to find image/);
    }
  });

  test('of the host are seen only when asked for', async () => {
    const own = await Promise.all(
      ['pid', 'ipc', 'uts'].map((name) =>
        docker('run', '--rm', 'busybox', 'readlink', `/proc/self/ns/${name}`),
      ),
    );
    const host = await shell(
      ...['--pid', 'host', '--ipc', 'host', '--uts', 'host'],
      'for name in pid ipc uts; do readlink /proc/self/ns/$name; done',
    );
    for (const [index, name] of ['pid', 'ipc', 'uts'].entries()) {
      assert.notEqual(own[index], lines(host)[index], name);
    }
  });
});
