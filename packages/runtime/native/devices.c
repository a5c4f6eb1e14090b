#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "child.h"
#include "protocol.h"

#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO('T', 0x41)
#endif

void make_device(struct reader *r)
{
	const char *path = read_string(r), *name;
	mode_t mode = read_u32(r);
	uint32_t major = read_u32(r), minor = read_u32(r), uid = read_u32(r), gid = read_u32(r);
	auto_close int parent = ensure_parent(path, &name);

	if (parent < 0)
		fail_errno(errno, "create the directory of device %s", path);
	/* Something is there: a bind of the host's device, or of the host's /dev, which is not ours to change. */
	if (mknodat(parent, name, mode, makedev(major, minor)) < 0) {
		if (errno == EEXIST)
			return;
		fail_errno(errno, "create device %s", path);
	}
	if ((uid || gid) && fchownat(parent, name, uid, gid, AT_SYMLINK_NOFOLLOW) < 0)
		fail_errno(errno, "set the owner of device %s", path);
}

void make_symlink(struct reader *r)
{
	const char *target = read_string(r), *path = read_string(r), *name;
	auto_close int parent = ensure_parent(path, &name);

	if (parent < 0)
		fail_errno(errno, "create the directory of %s", path);
	if (symlinkat(target, parent, name) < 0 && errno != EEXIST)
		fail_errno(errno, "link %s to %s", path, target);
}

/* Hands the pty's two ends to the monitor, which reads and writes the master. */
static void send_terminal(int master, int slave)
{
	char kind = SYNC_PTY;
	struct iovec data = { &kind, 1 };
	union {
		char space[CMSG_SPACE(2 * sizeof(int))];
		struct cmsghdr align;
	} control = { 0 };
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = control.space,
		.msg_controllen = sizeof(control.space),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	int ends[2] = { master, slave };

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(ends));
	memcpy(CMSG_DATA(header), ends, sizeof(ends));
	if (sendmsg(child.sync, &message, MSG_NOSIGNAL) < 0)
		fail_errno(errno, "hand over the terminal");
}

/* From the container's own devpts, so that its name is right inside. In an exec it may be a trap: look first. */
void open_pty(void)
{
	auto_close int master = open("/dev/pts/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct statfs fs;
	int locked = 0;

	if (master < 0)
		fail_errno(errno, "open /dev/pts/ptmx");
	if (fstatfs(master, &fs) < 0 || fs.f_type != DEVPTS_SUPER_MAGIC)
		fail(EXIT_SETUP, ENODEV, "/dev/pts/ptmx is not a terminal multiplexer");
	if (ioctl(master, TIOCSPTLCK, &locked) < 0)
		fail_errno(errno, "unlock the terminal");
	child.pty = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (child.pty < 0)
		fail_errno(errno, "open the terminal");
	if (child.program->rows && child.program->columns) {
		struct winsize size = { .ws_row = child.program->rows, .ws_col = child.program->columns };

		if (ioctl(master, TIOCSWINSZ, &size) < 0)
			fail_errno(errno, "set the terminal's size");
	}
	send_terminal(master, child.pty);
}

void bind_console(void)
{
	auto_close int mount = open_tree(child.pty, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	auto_close int target = -1;

	if (mount < 0)
		fail_errno(errno, "open the console");
	target = open("/dev/console", O_CREAT | O_WRONLY | O_NOFOLLOW | O_CLOEXEC | O_EXCL, 0620);
	if (target < 0 && errno == EEXIST)
		target = open("/dev/console", O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (target < 0)
		fail_errno(errno, "create /dev/console");
	if (move_mount(mount, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		fail_errno(errno, "bind /dev/console");
}

/*
 * An input that is empty. It is the container's own /dev/null: with the host's as a descriptor the container could
 * change that device's mode and owner. Whatever else goes by this name inside is replaced by a pipe at its end.
 */
static int empty_input(void)
{
	int fd = open("/dev/null", O_RDONLY | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), ends[2];
	struct stat status;

	if (fd >= 0 && fstat(fd, &status) == 0 && S_ISCHR(status.st_mode) && status.st_rdev == makedev(1, 3) &&
	    fcntl(fd, F_SETFL, 0) == 0)
		return fd;
	close_fd(&fd);
	if (pipe2(ends, O_CLOEXEC) < 0)
		fail_errno(errno, "make an empty input");
	close_fd(&ends[1]);
	return ends[0];
}

/* A session of its own, and standard input, output and error. */
void attach_stdio(void)
{
	int i;

	if (setsid() < 0)
		fail_errno(errno, "start a session");
	if (child.pty >= 0 && ioctl(child.pty, TIOCSCTTY, 0) < 0)
		fail_errno(errno, "set the controlling terminal");
	if (child.pty < 0 && child.stdio[0] < 0)
		child.stdio[0] = empty_input();
	for (i = 0; i < 3; i++) {
		if (dup2(child.pty >= 0 ? child.pty : child.stdio[i], i) < 0)
			fail_errno(errno, "set standard streams");
	}
}

void loopback_up(void)
{
	auto_close int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = { .ifr_name = "lo" };

	if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &request) < 0)
		fail_errno(errno, "look at the loopback interface");
	request.ifr_flags |= IFF_UP | IFF_RUNNING;
	if (ioctl(fd, SIOCSIFFLAGS, &request) < 0)
		fail_errno(errno, "bring up the loopback interface");
}

/* A private procfs: the one in the container's tree may be covered by a mount of the image's choice. */
static int private_proc(void)
{
	static int proc = -1;
	int fs;

	if (proc >= 0)
		return proc;
	fs = fsopen("proc", FSOPEN_CLOEXEC);
	if (fs < 0 || fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		fail_errno(errno, "open proc for sysctls");
	proc = fsmount(fs, FSMOUNT_CLOEXEC, 0);
	if (proc < 0)
		fail_errno(errno, "open proc for sysctls");
	close(fs);
	return proc;
}

void set_sysctl(struct reader *r)
{
	const char *path = read_string(r), *value = read_string(r);
	struct open_how how = {
		.flags = O_WRONLY | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	auto_close int fd = (int)syscall(SYS_openat2, private_proc(), path, &how, sizeof(how));

	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		fail_errno(errno, "write sysctl %s", path);
}
