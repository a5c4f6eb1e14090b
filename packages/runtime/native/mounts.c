#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "child.h"
#include "protocol.h"

/* What the kernel wrote into the file system context, without its level prefix ("e "). */
static void kernel_message(int fs, char *text, size_t size)
{
	char line[256];
	ssize_t n;

	text[0] = 0;
	while ((n = read(fs, line, sizeof(line) - 1)) > 0) {
		line[n] = 0;
		line[strcspn(line, "\n")] = 0;
		snprintf(text, size, " (%.200s)", n > 2 && line[1] == ' ' ? line + 2 : line);
	}
}

void fail_mount(int fs, int error, const char *type, const char *target)
{
	char words[256];

	kernel_message(fs, words, sizeof(words));
	fail_errno(error, "error mounting \"%s\" to rootfs at \"%s\"%s", type, target, words);
}

void configure(int fs, const char *type, const char *key, const char *value)
{
	if (fsconfig(fs, FSCONFIG_SET_STRING, key, value, 0) < 0) {
		int error = errno;
		char words[256];

		kernel_message(fs, words, sizeof(words));
		fail_errno(error, "mount option %s=%s of %s%s", key, value, type, words);
	}
}

/* A mount over the container's /proc would fake what tools and the masks below rely on. */
static void refuse_proc(int target, const char *path, uint32_t flags)
{
	struct statfs fs;

	if (flags & MOUNT_ON_PROC || fstatfs(target, &fs) < 0 || fs.f_type != PROC_SUPER_MAGIC)
		return;
	fail(EXIT_SETUP, EPERM, "\"%s\" cannot be mounted because it is inside /proc", path);
}

/* Nothing but the proc file system itself may be what the container has at /proc (CVE-2019-16884). */
static void refuse_false_proc(int mount, const char *path)
{
	struct statfs fs;

	if (strcmp(path, "/proc") == 0 && (fstatfs(mount, &fs) < 0 || fs.f_type != PROC_SUPER_MAGIC))
		fail(EXIT_SETUP, EPERM, "\"/proc\" cannot be mounted because it is not of type proc");
}

static void place(int mount, const char *source, int target, const char *path, uint64_t propagation)
{
	refuse_false_proc(mount, path);
	if (move_mount(mount, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		fail_errno(errno, "error mounting \"%s\" to rootfs at \"%s\"", source, path);
	if (propagation) {
		struct mount_attr attributes = { .propagation = propagation };

		if (mount_setattr(mount, "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes, sizeof(attributes)) < 0)
			fail_errno(errno, "set the propagation of \"%s\"", path);
	}
}

static int open_target(const char *path, bool is_directory)
{
	int target = ensure_in_root(path, is_directory);

	if (target < 0)
		fail_errno(errno, "create mount point \"%s\" in rootfs", path);
	return target;
}

void mount_file_system(struct reader *r)
{
	const char *type = read_string(r), *source = read_string(r), *path = read_string(r);
	unsigned int attributes = (unsigned int)read_u64(r);
	uint64_t propagation = read_u64(r);
	uint32_t flags = read_u32(r), count = read_u32(r);
	auto_close int target = open_target(path, true);
	auto_close int fs = fsopen(type, FSOPEN_CLOEXEC);
	auto_close int mount = -1;

	if (fs < 0)
		fail_errno(errno, "error mounting \"%s\" to rootfs at \"%s\"", type, path);
	refuse_proc(target, path, flags);
	configure(fs, type, "source", source);
	while (count-- > 0 && !r->bad) {
		bool has_value = read_u32(r);
		const char *key = read_string(r), *value = read_string(r);

		if (has_value)
			configure(fs, type, key, value);
		else if (fsconfig(fs, FSCONFIG_SET_FLAG, key, NULL, 0) < 0)
			fail_mount(fs, errno, type, path);
	}
	if (fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		fail_mount(fs, errno, type, path);
	mount = fsmount(fs, FSMOUNT_CLOEXEC, attributes);
	if (mount < 0)
		fail_mount(fs, errno, type, path);
	place(mount, type, target, path, propagation);
}

static void refuse_other_kind(int target, bool is_directory, const char *source, const char *path)
{
	struct stat status;

	if (fstat(target, &status) < 0)
		fail_errno(errno, "error mounting \"%s\" to rootfs at \"%s\"", source, path);
	if (S_ISDIR(status.st_mode) != is_directory)
		fail(EXIT_SETUP, ENOTDIR,
		     "error mounting \"%s\" to rootfs at \"%s\": not a directory: Are you trying to mount a directory onto "
		     "a file (or vice-versa)? Check if the specified host path exists and is the expected type",
		     source, path);
}

void mount_bind(struct reader *r)
{
	const char *source = read_string(r), *path = read_string(r);
	uint64_t set = read_u64(r), clear = read_u64(r), propagation = read_u64(r);
	uint32_t flags = read_u32(r);
	unsigned int recursive = flags & MOUNT_RECURSIVE ? AT_RECURSIVE : 0;
	struct mount_attr attributes = { .attr_set = set, .attr_clr = clear };
	auto_close int mount = open_tree(AT_FDCWD, source, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | recursive);
	auto_close int target = -1;
	struct stat status;

	if (mount < 0 && errno == ENOENT)
		fail(EXIT_SETUP, ENOENT, "invalid mount config: bind source path does not exist: %s", source);
	if (mount < 0 || fstat(mount, &status) < 0)
		fail_errno(errno, "error mounting \"%s\" to rootfs at \"%s\"", source, path);
	target = open_target(path, S_ISDIR(status.st_mode));
	refuse_proc(target, path, flags);
	refuse_other_kind(target, S_ISDIR(status.st_mode), source, path);
	if ((set || clear) &&
	    mount_setattr(mount, "", AT_EMPTY_PATH | recursive, &attributes, sizeof(attributes)) < 0)
		fail_errno(errno, "set mount attributes of \"%s\"", path);
	place(mount, source, target, path, propagation);
}

/* An empty read-only tmpfs, made once; every masked directory gets a copy of the mount. */
static int empty_directory(void)
{
	static int empty = -1;
	int fs;

	if (empty < 0) {
		fs = fsopen("tmpfs", FSOPEN_CLOEXEC);
		if (fs < 0 || fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
			fail_errno(errno, "make an empty directory for masked paths");
		empty = fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
		if (empty < 0)
			fail_errno(errno, "make an empty directory for masked paths");
		close(fs);
		return fcntl(empty, F_DUPFD_CLOEXEC, 0);
	}
	return open_tree(empty, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
}

/*
 * The host's /dev/null, opened before the pivot; the container's own could be anything. Read-only, or the container
 * could change the mode and the owner of the host's device through the mask.
 */
static int null_device(void)
{
	struct mount_attr attributes = { .attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC };
	int mount = open_tree(AT_FDCWD, "/dev/null", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	if (mount >= 0 && mount_setattr(mount, "", AT_EMPTY_PATH, &attributes, sizeof(attributes)) < 0)
		close_fd(&mount);
	return mount;
}

void mask_path(struct reader *r)
{
	const char *path = read_string(r);
	auto_close int target = open_in_root(path);
	auto_close int mount = -1;
	struct stat status;

	if (target < 0 && (errno == ENOENT || errno == ENOTDIR))
		return;
	if (target < 0 || fstat(target, &status) < 0)
		fail_errno(errno, "mask %s", path);
	mount = S_ISDIR(status.st_mode) ? empty_directory() : null_device();
	if (mount < 0)
		fail_errno(errno, "mask %s", path);
	place(mount, "mask", target, path, 0);
}

void make_read_only(struct reader *r)
{
	const char *path = read_string(r);
	auto_close int target = open_in_root(path);
	auto_close int mount = -1;
	struct mount_attr attributes = { .attr_set = MOUNT_ATTR_RDONLY };

	if (target < 0 && (errno == ENOENT || errno == ENOTDIR))
		return;
	if (target < 0)
		fail_errno(errno, "make %s read-only", path);
	mount = open_tree(target, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
	if (mount < 0 || mount_setattr(mount, "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes, sizeof(attributes)) < 0)
		fail_errno(errno, "make %s read-only", path);
	place(mount, path, target, path, 0);
}

void set_attributes(struct reader *r)
{
	const char *path = read_string(r);
	struct mount_attr attributes = { .attr_set = read_u64(r) };
	auto_close int target = open_in_root(path);

	if (target < 0 || mount_setattr(target, "", AT_EMPTY_PATH, &attributes, sizeof(attributes)) < 0)
		fail_errno(errno, "set mount attributes of \"%s\"", path);
}
