/*
 * The container's root, mounted inside its own mount namespace: nothing of it is ever visible on the host.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "child.h"
#include "protocol.h"

/* fsconfig takes strings of at most 255 characters. */
#define FSCONFIG_STRING 255
#define OVERLAY_LAYERS 500

void set_propagation(struct reader *r)
{
	const char *path = read_string(r);
	uint64_t flags = read_u64(r);

	if (mount(NULL, path, NULL, flags, NULL) < 0)
		fail_errno(errno, "set the propagation of %s", path);
}

static void attach_root(int fd, const char *at)
{
	if (move_mount(fd, "", AT_FDCWD, at, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		fail_errno(errno, "attach the root at %s", at);
}

struct overlay {
	const char *at, *upper, *work;
	bool is_volatile;
	size_t count;
	const char *layers[OVERLAY_LAYERS];
};

static int open_layer(const char *path)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		fail_errno(errno, "open layer %s", path);
	return fd;
}

static bool overlay_directory(int fs, const char *key, const char *path)
{
	char name[32];

	/* A name too long for fsconfig goes through an open descriptor. */
	if (strlen(path) > FSCONFIG_STRING) {
		snprintf(name, sizeof(name), "/proc/self/fd/%d", open_layer(path));
		path = name;
	}
	return fsconfig(fs, FSCONFIG_SET_STRING, key, path, 0) == 0;
}

/* False with EINVAL when the kernel (before 6.8) does not know a layer at a time; other failures end the process. */
static bool overlay_by_layer(const struct overlay *overlay)
{
	auto_close int fs = fsopen("overlay", FSOPEN_CLOEXEC);
	bool done;
	size_t i;

	if (fs < 0)
		fail_errno(errno, "this kernel has no overlay file system");
	for (i = 0, done = true; done && i < overlay->count; i++)
		done = overlay_directory(fs, "lowerdir+", overlay->layers[i]);
	done = done && overlay_directory(fs, "upperdir", overlay->upper) &&
	       overlay_directory(fs, "workdir", overlay->work) &&
	       fsconfig(fs, FSCONFIG_SET_STRING, "source", "overlay", 0) == 0 &&
	       (!overlay->is_volatile || fsconfig(fs, FSCONFIG_SET_FLAG, "volatile", NULL, 0) == 0) &&
	       fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0;
	if (!done && errno == EINVAL)
		return false;
	if (!done)
		fail_mount(fs, errno, "overlay", "/");
	child.root = fsmount(fs, FSMOUNT_CLOEXEC, 0);
	if (child.root < 0)
		fail_errno(errno, "mount the overlay root");
	attach_root(child.root, overlay->at);
	return true;
}

/* All layers in one string, which must fit into a page: descriptors make short names. */
static void overlay_by_string(const struct overlay *overlay)
{
	char data[4096] = "lowerdir=";
	size_t length = strlen(data), i;

	for (i = 0; i < overlay->count && length < sizeof(data); i++)
		length += (size_t)snprintf(data + length, sizeof(data) - length, "%s/proc/self/fd/%d", i ? ":" : "",
					   open_layer(overlay->layers[i]));
	if (length < sizeof(data))
		length += (size_t)snprintf(data + length, sizeof(data) - length,
					   ",upperdir=/proc/self/fd/%d,workdir=/proc/self/fd/%d%s",
					   open_layer(overlay->upper), open_layer(overlay->work),
					   overlay->is_volatile ? ",volatile" : "");
	if (length >= sizeof(data))
		fail(EXIT_SETUP, E2BIG, "too many layers (%zu) for this kernel", overlay->count);
	if (mount("overlay", overlay->at, "overlay", 0, data) < 0)
		fail_errno(errno, "error mounting \"overlay\" to rootfs at \"/\"");
	child.root = open_layer(overlay->at);
}

/* overlayfs marks a volatile mount in its work directory and refuses to mount it again before this is gone. */
static void forget_volatile(const char *work)
{
	static const struct {
		const char *name;
		int flags;
	} marks[] = { { "volatile/dirty", 0 }, { "volatile", AT_REMOVEDIR }, { "", AT_REMOVEDIR } };
	char path[PATH_MAX];
	size_t i;

	for (i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		snprintf(path, sizeof(path), "%s/work/incompat/%s", work, marks[i].name);
		if (unlinkat(AT_FDCWD, path, marks[i].flags) < 0 && errno != ENOENT)
			fail_errno(errno, "remove %s", path);
	}
}

void root_overlay(struct reader *r)
{
	struct overlay overlay;
	size_t i;

	overlay.at = read_string(r);
	overlay.upper = read_string(r);
	overlay.work = read_string(r);
	overlay.is_volatile = read_u32(r);
	overlay.count = read_u32(r);
	if (overlay.count == 0 || overlay.count > OVERLAY_LAYERS)
		fail(EXIT_SETUP, EINVAL, "an overlay root takes 1 to %d layers, not %zu", OVERLAY_LAYERS, overlay.count);
	for (i = 0; i < overlay.count; i++)
		overlay.layers[i] = read_string(r);
	if (overlay.is_volatile)
		forget_volatile(overlay.work);
	if (!overlay_by_layer(&overlay))
		overlay_by_string(&overlay);
}

void root_bind(struct reader *r)
{
	const char *at = read_string(r), *source = read_string(r);
	int fd = open_tree(AT_FDCWD, source, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);

	if (fd < 0)
		fail_errno(errno, "open the root %s", source);
	attach_root(fd, at);
	child.root = fd;
}

void root_attributes(struct reader *r)
{
	struct mount_attr attributes = { 0 };

	attributes.attr_set = read_u64(r);
	attributes.propagation = read_u64(r);
	if (mount_setattr(child.root, "", AT_EMPTY_PATH, &attributes, sizeof(attributes)) < 0)
		fail_errno(errno, "set the root's mount attributes");
}

/* The old root ends up on top of the new one at "/", and is taken off from there. */
void root_pivot(void)
{
	if (fchdir(child.root) < 0)
		fail_errno(errno, "enter the root");
	if (syscall(SYS_pivot_root, ".", ".") < 0)
		fail_errno(errno, "pivot_root");
	if (umount2(".", MNT_DETACH) < 0)
		fail_errno(errno, "detach the host's root");
	if (chdir("/") < 0)
		fail_errno(errno, "enter the new root");
}
