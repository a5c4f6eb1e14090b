/* tar -> directory. The caller has made that directory this process's root, so the kernel keeps every name inside. */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "archiver.h"

#define READ_SIZE (256 * 1024)
/* Far above any real layer; a tar of endless empty entries ends here and not when the inodes run out. */
#define MAX_ENTRIES 20000000

struct name_list {
  char **names;
  size_t count;
  size_t room;
};

struct unpack {
  struct archive *in;
  struct archive *disk;
  bool whiteouts;
  const int *lower_fds;
  size_t lower_count;
  /* Directories the tar did not have (yet) when something in them came ... */
  struct name_list implied;
  /* ... and those that it brought when they were there already. */
  struct name_list restated;
  /* Parent that is known to exist, to spare a look per entry. */
  char parent[PATH_MAX];
  struct unpack_result result;
};

static void set_opaque(const char *dir) {
  if (setxattr(dir, "trusted.overlay.opaque", "y", 1, 0) < 0) fail_errno("cannot make %.200s opaque", dir);
}

static void note(struct name_list *list, const char *name) {
  if (list->count == list->room) {
    list->room = list->room == 0 ? 16 : list->room * 2;
    list->names = must_alloc(reallocarray(list->names, list->room, sizeof *list->names));
  }
  list->names[list->count++] = must_alloc(strdup(name));
}

static void free_list(struct name_list *list) {
  for (size_t i = 0; i < list->count; i++) free(list->names[i]);
  free(list->names);
}

static int compare_names(const void *left, const void *right) {
  return strcmp(*(char *const *)left, *(char *const *)right);
}

static void make_directory(struct unpack *unpack, const char *name) {
  struct stat stat;
  bool opaque = false;
  if (lstat(name, &stat) == 0 && is_whiteout(&stat)) {
    /* Removed below and made anew in the same layer: nothing of the old one shows. */
    if (unlink(name) < 0) fail_errno("cannot replace %.200s", name);
    opaque = true;
  }
  if (mkdir(name, 0755) < 0) {
    struct stat target;
    if (errno != EEXIST || fstatat(AT_FDCWD, name, &target, 0) < 0 || !S_ISDIR(target.st_mode))
      fail("cannot unpack into %.200s: it is not a directory of this layer", name);
    return;
  }
  if (opaque && unpack->whiteouts) set_opaque(name);
  note(&unpack->implied, name);
}

static void make_parents(struct unpack *unpack, const char *name) {
  char parent[PATH_MAX];
  parent_name(name, parent);
  if (parent[0] == '\0' || strcmp(parent, unpack->parent) == 0) return;
  for (char *at = parent; at != NULL;) {
    char *slash = strchr(at, '/');
    if (slash != NULL) *slash = '\0';
    make_directory(unpack, parent);
    if (slash != NULL) *slash = '/';
    at = slash == NULL ? NULL : slash + 1;
  }
  strcpy(unpack->parent, parent);
}

/* aufs kept its own files in the layer under names like ".wh..wh.plnk/"; they are nobody's content. */
static bool is_aufs_metadata(const char *name) {
  for (const char *at = name; at != NULL; at = strchr(at, '/')) {
    if (*at == '/') at++;
    if (strncmp(at, ".wh..wh.", 8) == 0 && strcmp(at, ".wh..wh..opq") != 0) return true;
  }
  return false;
}

/* @returns whether it was a marker, which is then done with. */
static bool unpack_whiteout(const char *name) {
  const char *base = base_name(name);
  if (strncmp(base, ".wh.", 4) != 0) return false;
  char path[PATH_MAX];
  parent_name(name, path);
  if (strcmp(base, ".wh..wh..opq") == 0) {
    set_opaque(path[0] == '\0' ? "." : path);
    return true;
  }
  const char *hidden = base + 4;
  if (*hidden == '\0' || strcmp(hidden, ".") == 0 || strcmp(hidden, "..") == 0)
    fail("refusing the whiteout \"%.200s\": it names no file", name);
  size_t length = strlen(path);
  if (length > 0) path[length++] = '/';
  strcpy(path + length, hidden);
  if (mknod(path, S_IFCHR, makedev(0, 0)) == 0) return true;
  struct stat stat;
  if (errno != EEXIST || lstat(path, &stat) < 0) fail_errno("cannot write the whiteout of %.200s", path);
  /* A whiteout speaks of lower layers only; what this layer itself brings stays. */
  if (S_ISDIR(stat.st_mode)) set_opaque(path);
  return true;
}

/* The later entry of a name wins, except that a directory keeps what is in it.
 * @returns whether a whiteout had to make room. */
static bool clear_way(struct unpack *unpack, const char *name, bool directory) {
  struct stat stat;
  if (lstat(name, &stat) < 0) return false;
  if (directory && S_ISDIR(stat.st_mode)) {
    if (unpack->implied.count > 0) note(&unpack->restated, name);
    return false;
  }
  if (!remove_tree(AT_FDCWD, name)) fail_errno("cannot replace %.200s", name);
  unpack->parent[0] = '\0';
  return is_whiteout(&stat);
}

static void drop_overlay_xattrs(struct archive_entry *entry) {
  const char *name;
  const void *value;
  size_t size;
  bool found = false;
  if (archive_entry_xattr_reset(entry) == 0) return;
  while (archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK)
    found = found || strncmp(name, "trusted.overlay.", 16) == 0;
  if (!found) return;
  struct archive_entry *copy = must_alloc(archive_entry_clone(entry));
  archive_entry_xattr_clear(entry);
  archive_entry_xattr_reset(copy);
  while (archive_entry_xattr_next(copy, &name, &value, &size) == ARCHIVE_OK) {
    if (strncmp(name, "trusted.overlay.", 16) != 0) archive_entry_xattr_add_entry(entry, name, value, size);
  }
  archive_entry_free(copy);
}

/* A lost owner would be a hole; a file system without extended attributes is only poorer. */
static void check_disk(struct unpack *unpack, int status, const char *name) {
  if (status == ARCHIVE_OK) return;
  const char *text = archive_error_string(unpack->disk);
  if (text == NULL) text = "unknown error";
  if (status == ARCHIVE_WARN && strstr(text, "extended attribute") != NULL) return;
  int code = archive_errno(unpack->disk);
  fail("cannot unpack %.200s: %s%s%s", name, text, code > 0 ? ": " : "", code > 0 ? strerror(code) : "");
}

static void copy_content(struct unpack *unpack, const char *name) {
  const void *block;
  size_t size;
  int64_t offset;
  for (;;) {
    int status = archive_read_data_block(unpack->in, &block, &size, &offset);
    if (status == ARCHIVE_EOF) return;
    if (status < ARCHIVE_WARN) fail("cannot read %.200s in the tar: %s", name, archive_error_string(unpack->in));
    ssize_t written = archive_write_data_block(unpack->disk, block, size, offset);
    if (written < ARCHIVE_WARN) check_disk(unpack, (int)written, name);
  }
}

/* @returns false when the entry links to itself and there is nothing to do. */
static bool prepare_links(const struct unpack *unpack, struct archive_entry *entry, const char *name) {
  const char *hardlink = archive_entry_hardlink(entry);
  if (hardlink != NULL) {
    char target[PATH_MAX];
    clean_name(hardlink, target);
    if (strcmp(target, name) == 0) return false;
    archive_entry_copy_hardlink(entry, target);
  } else if (unpack->whiteouts && archive_entry_filetype(entry) == AE_IFLNK) {
    /* Only in layers: there the root is the container's; a copied directory lies deeper in it. */
    const char *target = archive_entry_symlink(entry);
    check_symlink(name, target == NULL ? "" : target);
  }
  return true;
}

static void unpack_entry(struct unpack *unpack, struct archive_entry *entry) {
  const char *raw = archive_entry_pathname(entry);
  if (raw == NULL) fail("refusing an entry whose name cannot be read");
  char name[PATH_MAX];
  clean_name(raw, name);
  if (++unpack->result.entries > MAX_ENTRIES) fail("refusing the tar: more than %d entries", MAX_ENTRIES);
  if (unpack->whiteouts && is_aufs_metadata(name)) return;
  archive_entry_copy_pathname(entry, name);
  make_parents(unpack, name);
  if (unpack->whiteouts && unpack_whiteout(name)) return;
  if (!prepare_links(unpack, entry, name)) return;
  bool directory = archive_entry_filetype(entry) == AE_IFDIR && archive_entry_hardlink(entry) == NULL;
  if (!directory && strcmp(name, ".") == 0) fail("refusing the entry \"%.200s\": the root must be a directory", raw);
  bool opaque = clear_way(unpack, name, directory) && directory;
  drop_overlay_xattrs(entry);
  check_disk(unpack, archive_write_header(unpack->disk, entry), name);
  if (archive_entry_size(entry) > 0) copy_content(unpack, name);
  check_disk(unpack, archive_write_finish_entry(unpack->disk), name);
  if (opaque) set_opaque(name);
  if (archive_entry_hardlink(entry) == NULL && archive_entry_filetype(entry) == AE_IFREG)
    unpack->result.size += (uint64_t)archive_entry_size(entry);
}

static void copy_attributes(const char *name, const struct stat *stat) {
  if (lchown(name, stat->st_uid, stat->st_gid) < 0 || chmod(name, stat->st_mode & 07777) < 0)
    fail_errno("cannot set the attributes of %.200s", name);
  struct timespec times[2] = {stat->st_atim, stat->st_mtim};
  if (utimensat(AT_FDCWD, name, times, AT_SYMLINK_NOFOLLOW) < 0) fail_errno("cannot set the time of %.200s", name);
}

/* The layers below lie outside this process's root, so names are resolved in them without any link. */
static bool stat_below(int layer, const char *name, struct stat *stat) {
  struct open_how how = {.flags = O_PATH | O_NOFOLLOW | O_CLOEXEC, .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS};
  int fd = (int)syscall(SYS_openat2, layer, name, &how, sizeof how);
  if (fd < 0) return false;
  bool found = fstat(fd, stat) == 0;
  close(fd);
  return found;
}

/* overlay shows the attributes of the topmost directory, so one that this layer has only as a way to
 * something else must look like the one below it. */
static void adopt_implied(struct unpack *unpack) {
  struct name_list *restated = &unpack->restated;
  if (restated->count > 1) qsort(restated->names, restated->count, sizeof *restated->names, compare_names);
  for (size_t i = 0; i < unpack->implied.count; i++) {
    const char *name = unpack->implied.names[i];
    struct stat own;
    if (restated->count > 0 && bsearch(&name, restated->names, restated->count, sizeof name, compare_names) != NULL)
      continue;
    if (lstat(name, &own) < 0 || !S_ISDIR(own.st_mode)) continue;
    for (size_t lower = 0; lower < unpack->lower_count; lower++) {
      struct stat stat;
      if (!stat_below(unpack->lower_fds[lower], name, &stat)) continue;
      if (S_ISDIR(stat.st_mode)) copy_attributes(name, &stat);
      break;
    }
  }
  free_list(&unpack->implied);
  free_list(&unpack->restated);
}

static void drain(int fd) {
  char *buffer = must_alloc(malloc(READ_SIZE));
  for (;;) {
    ssize_t got = read(fd, buffer, READ_SIZE);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail_errno("cannot read the tar");
    if (got == 0) break;
  }
  free(buffer);
}

struct unpack_result unpack_tar(int infd, bool whiteouts, const int *lower_fds, size_t lower_count) {
  umask(0);
  struct unpack unpack = {
      .in = must_alloc(archive_read_new()),
      .disk = must_alloc(archive_write_disk_new()),
      .whiteouts = whiteouts,
      .lower_fds = lower_fds,
      .lower_count = lower_count,
  };
  archive_read_support_format_tar(unpack.in);
  archive_read_support_format_empty(unpack.in);
  archive_write_disk_set_options(unpack.disk, ARCHIVE_EXTRACT_OWNER | ARCHIVE_EXTRACT_PERM | ARCHIVE_EXTRACT_TIME |
                                                  ARCHIVE_EXTRACT_XATTR | ARCHIVE_EXTRACT_ACL);
  if (archive_read_open_fd(unpack.in, infd, READ_SIZE) != ARCHIVE_OK)
    fail("cannot read the tar: %s", archive_error_string(unpack.in));
  struct archive_entry *entry = must_alloc(archive_entry_new());
  note(&unpack.implied, ".");
  for (;;) {
    int status = archive_read_next_header2(unpack.in, entry);
    if (status == ARCHIVE_EOF) break;
    if (status < ARCHIVE_WARN) fail("cannot read the tar: %s", archive_error_string(unpack.in));
    unpack_entry(&unpack, entry);
  }
  archive_entry_free(entry);
  if (archive_write_close(unpack.disk) < ARCHIVE_WARN)
    fail("cannot finish unpacking: %s", archive_error_string(unpack.disk));
  adopt_implied(&unpack);
  drain(infd);
  archive_read_free(unpack.in);
  archive_write_free(unpack.disk);
  return unpack.result;
}
