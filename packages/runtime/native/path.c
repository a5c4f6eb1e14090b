/*
 * Names inside the container's root. They come from images and users and may hold symbolic links to anywhere, so
 * the kernel resolves them with the root as "/" (openat2, RESOLVE_IN_ROOT); the host's tree is never looked at.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "child.h"

#define LINK_LIMIT 40

static int resolve(const char *path, uint64_t flags)
{
	struct open_how how = {
		.flags = O_PATH | O_CLOEXEC | flags,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	int fd;

	/* EAGAIN: something was renamed meanwhile, and the kernel could not be sure about "..". */
	do
		fd = (int)syscall(SYS_openat2, child.root, path, &how, sizeof(how));
	while (fd < 0 && errno == EAGAIN);
	return fd;
}

int open_in_root(const char *path)
{
	return resolve(path, 0);
}

/* Replaces the dangling link at `path[start..end)` by what it points to; `path` has PATH_MAX bytes. */
static bool follow_link(char *path, size_t start, size_t end)
{
	char target[PATH_MAX], link[PATH_MAX];
	ssize_t length;
	int written;

	snprintf(link, sizeof(link), "%.*s", (int)end, path);
	auto_close int fd = resolve(link, O_NOFOLLOW);
	if (fd < 0)
		return false;
	length = readlinkat(fd, "", target, sizeof(target) - 1);
	if (length <= 0)
		return false;
	target[length] = 0;
	written = snprintf(link, sizeof(link), "%.*s/%s%s", target[0] == '/' ? 0 : (int)start, path, target, path + end);
	if (written < 0 || (size_t)written >= sizeof(link))
		return false;
	memcpy(path, link, (size_t)written + 1);
	return true;
}

static int open_parent(char *path, size_t start)
{
	char saved = path[start];
	int fd;

	path[start] = 0;
	fd = start == 0 ? resolve("/", O_DIRECTORY) : resolve(path, O_DIRECTORY);
	path[start] = saved;
	return fd;
}

static int make_one(int parent, const char *name, bool directory)
{
	int fd;

	if (directory)
		return mkdirat(parent, name, 0755);
	fd = openat(parent, name, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return -1;
	close(fd);
	return 0;
}

/* Whether `path[0..end)` exists, links followed; errno says why not. */
static bool exists(char *path, size_t end)
{
	char saved = path[end];
	int error;

	path[end] = 0;
	auto_close int fd = resolve(path, 0);
	error = errno;
	path[end] = saved;
	errno = error;
	return fd >= 0;
}

/* Makes the components of `path` one after the other; the last one is a directory or an empty file. */
static int make_path(char *path, bool is_directory)
{
	size_t start = 0;
	int links = 0;

	for (;;) {
		char name[NAME_MAX + 1];
		size_t skip = strspn(path + start, "/"), length = strcspn(path + start + skip, "/");
		size_t end = start + skip + length;
		bool last = path[end + strspn(path + end, "/")] == 0;
		auto_close int parent = -1;

		if (length == 0)
			return resolve(path, 0);
		if (length > NAME_MAX)
			return errno = ENAMETOOLONG, -1;
		snprintf(name, sizeof(name), "%.*s", (int)length, path + start + skip);
		parent = open_parent(path, start);
		if (parent < 0)
			return -1;
		if (make_one(parent, name, !last || is_directory) < 0) {
			if (errno != EEXIST)
				return -1;
			if (!exists(path, end)) {
				/* A link to something that is not there yet: go on with its target, from the root. */
				if (errno != ENOENT || ++links > LINK_LIMIT || !follow_link(path, start, end))
					return errno = ELOOP, -1;
				start = 0;
				continue;
			}
		}
		if (last)
			return resolve(path, 0);
		start = end;
	}
}

int ensure_in_root(const char *path, int is_directory)
{
	char copy[PATH_MAX];
	int fd = resolve(path, 0);

	if (fd >= 0 || errno != ENOENT)
		return fd;
	if (snprintf(copy, sizeof(copy), "%s%s", path[0] == '/' ? "" : "/", path) >= (int)sizeof(copy))
		return errno = ENAMETOOLONG, -1;
	return make_path(copy, is_directory);
}

int ensure_parent(const char *path, const char **name)
{
	char copy[PATH_MAX];
	const char *slash = strrchr(path, '/');

	*name = slash ? slash + 1 : path;
	if (!slash || slash == path)
		return resolve("/", O_DIRECTORY);
	if (slash - path >= (ptrdiff_t)sizeof(copy))
		return errno = ENAMETOOLONG, -1;
	snprintf(copy, sizeof(copy), "%.*s", (int)(slash - path), path);
	return ensure_in_root(copy, true);
}
