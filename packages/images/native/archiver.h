/*
 * The archiver: everything that touches file names inside an image layer or a container's root.
 * One short-lived process per task; it confines itself to the directory it works on before it looks at
 * untrusted names, so that no name can lead out of it. Errors are one sentence on stderr and exit code 1.
 */
#ifndef BERTH_ARCHIVER_H
#define BERTH_ARCHIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

enum {
  EXIT_FAILED = 1,
  EXIT_USAGE = 2,
  /* copy-from-layers: the layers hold no directory at that path. */
  EXIT_ABSENT = 3,
};

/* What the process may still do after confinement. */
enum confine_rights { RIGHTS_NONE, RIGHTS_READ, RIGHTS_WRITE };

/* archiver.c */
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* As fail, followed by the text of errno. */
_Noreturn void fail_errno(const char *format, ...) __attribute__((format(printf, 1, 2)));
void *must_alloc(void *result);

/* confine.c */
/* A mount namespace of our own, from which nothing propagates to the host. */
void private_mounts(void);
/* Makes `dir` the root of this process (needs private_mounts) and drops every right the work does not need. */
void confine_to(const char *dir, enum confine_rights rights);
void drop_rights(enum confine_rights rights);
/* Mounts the read-only union of `lower` (topmost first) over the directory lower[0]. */
void mount_layers(char *const *lower, size_t count);

/* names.c */
/* Writes `raw` without leading slashes, doubled slashes and "."; fails on ".." and on overlong names.
 * `out` holds PATH_MAX bytes; the root itself becomes ".". */
void clean_name(const char *raw, char *out);
/* Fails when a symbolic link at `name` with `target` would climb above the root. */
void check_symlink(const char *name, const char *target);
const char *base_name(const char *name);
/* "" for a name without a slash. */
void parent_name(const char *name, char *out);

/* tree.c */
struct tree_item {
  int dirfd;
  const char *name;
  /* Below the root of the walk, without a leading slash. */
  const char *path;
  const struct stat *stat;
};
/* Visits everything below `rootfd` (consumed), each directory before its content, names sorted. */
void walk_tree(int rootfd, void (*visit)(const struct tree_item *item, void *context), void *context);
/* Bytes of all files below `dir`, hard links counted once; false with errno when it cannot be opened. */
bool tree_size(const char *dir, uint64_t *bytes);
/* Removes what is called `name` in `dirfd`, of any depth, without following links. False with errno set. */
bool remove_tree(int dirfd, const char *name);
bool is_whiteout(const struct stat *stat);

/* pack.c, unpack.c */
void pack_tree(int outfd, bool whiteouts);
struct unpack_result {
  uint64_t entries;
  uint64_t size;
};
/* Unpacks the tar on `infd` into the current directory; reads it to its end. `lower_fds` are roots of lower
 * layers, topmost first, from which directories that the tar leaves out take their attributes. */
struct unpack_result unpack_tar(int infd, bool whiteouts, const int *lower_fds, size_t lower_count);

/* copy.c */
int copy_from_layers(char *const *lower, size_t count, const char *path, const char *destination);

#endif
