import { startedMark, statusMark } from './boot.ts';
import { node, nodeOptions, root } from './contents.ts';

/** Folders in memory; one that holds the checkout is left as it is. */
const memoryFolders = ['/dev/shm', '/run', '/tmp', '/var/lib', '/scratch'].filter(
  (folder) => !root.startsWith(`${folder}/`),
);

/**
 * Process 1 of the machine. The tests run in a bind mount of the initial file system: a container's pivot_root is
 * refused while the root directory is that file system itself. It is moved over the root, as every boot does, because
 * entering a mount namespace leads to what is mounted there.
 */
export const initScript = (
  tests: readonly string[],
  environment: Readonly<Record<string, string>>,
): string => `#!/usr/bin/busybox sh
/usr/bin/busybox --install -s /usr/bin
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp NO_COLOR=1 TMPDIR=/scratch NODE_OPTIONS='${nodeOptions}'
M=/machine
mount --bind / $M
mount -t proc proc $M/proc
mount -t sysfs sysfs $M/sys
mount -t cgroup2 cgroup2 $M/sys/fs/cgroup
mount -t devtmpfs devtmpfs $M/dev
mkdir -p $M/dev/pts $M/dev/shm $M/dev/mqueue
mount -t devpts devpts $M/dev/pts
for d in ${memoryFolders.join(' ')}; do mkdir -p $M$d; mount -t tmpfs tmpfs $M$d; done
cd $M
mount --move . /
exec chroot . /usr/bin/busybox sh -c '
mkdir -p /sbin; ln -sf /usr/bin/busybox /usr/sbin/modprobe
echo 3 > /proc/sys/kernel/printk
ip link set lo up
modprobe overlay
cd ${root}
${Object.entries(environment)
  .map(([name, value]) => `export ${name}=${value}`)
  .join('\n')}
echo; echo ${startedMark}
${node} --test --test-reporter=spec --test-concurrency=1 --test-timeout=200000 ${tests.join(' ')}
echo ${statusMark} $?
poweroff -f
'
`;
