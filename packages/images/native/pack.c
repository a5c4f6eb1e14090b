/* Directory or overlay upper -> tar. */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "archiver.h"

#define BUFFER_SIZE (256 * 1024)

struct pack {
  struct archive *out;
  /* Fills in ACLs, extended attributes and holes from an open file. */
  struct archive *disk;
  struct archive_entry_linkresolver *links;
  bool whiteouts;
  char *buffer;
};

static void write_header(struct pack *pack, struct archive_entry *entry) {
  if (archive_write_header(pack->out, entry) < ARCHIVE_WARN)
    fail("cannot write %.200s: %s", archive_entry_pathname(entry), archive_error_string(pack->out));
}

static void write_content(struct pack *pack, int fd, const char *path) {
  for (;;) {
    ssize_t got = read(fd, pack->buffer, BUFFER_SIZE);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail_errno("cannot read %.200s", path);
    if (got == 0) return;
    if (archive_write_data(pack->out, pack->buffer, (size_t)got) < 0)
      fail("cannot write %.200s: %s", path, archive_error_string(pack->out));
  }
}

/* An empty file that tells "this is gone" or "nothing below shows through". */
static void write_marker(struct pack *pack, const char *directory, size_t length, const char *name) {
  struct archive_entry *entry = must_alloc(archive_entry_new());
  char *path = must_alloc(malloc(length + strlen(name) + 1));
  memcpy(path, directory, length);
  strcpy(path + length, name);
  archive_entry_copy_pathname(entry, path);
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_entry_set_perm(entry, 0600);
  archive_entry_set_size(entry, 0);
  write_header(pack, entry);
  archive_entry_free(entry);
  free(path);
}

static void write_whiteout(struct pack *pack, const struct tree_item *item) {
  char name[NAME_MAX + 8];
  snprintf(name, sizeof name, ".wh.%s", item->name);
  write_marker(pack, item->path, (size_t)(base_name(item->path) - item->path), name);
}

static bool is_opaque(int fd) {
  char value = '\0';
  return fgetxattr(fd, "trusted.overlay.opaque", &value, 1) == 1 && value == 'y';
}

/* overlay's own bookkeeping means nothing outside the layer it was written in. */
static void drop_overlay_xattrs(struct archive_entry *entry) {
  struct archive_entry *copy = must_alloc(archive_entry_clone(entry));
  const char *name;
  const void *value;
  size_t size;
  archive_entry_xattr_clear(entry);
  archive_entry_xattr_reset(copy);
  while (archive_entry_xattr_next(copy, &name, &value, &size) == ARCHIVE_OK) {
    if (strncmp(name, "trusted.overlay.", 16) != 0) archive_entry_xattr_add_entry(entry, name, value, size);
  }
  archive_entry_free(copy);
}

static void describe(struct pack *pack, struct archive_entry *entry, int fd, const struct stat *stat) {
  archive_entry_copy_stat(entry, stat);
  if (fd >= 0 && archive_read_disk_entry_from_file(pack->disk, entry, fd, stat) < ARCHIVE_WARN)
    fail("cannot read %.200s: %s", archive_entry_pathname(entry), archive_error_string(pack->disk));
  drop_overlay_xattrs(entry);
  /* Only what belongs to the file itself, so that packing the same tree twice gives the same bytes. */
  archive_entry_unset_atime(entry);
  archive_entry_unset_ctime(entry);
  archive_entry_unset_birthtime(entry);
  archive_entry_set_fflags(entry, 0, 0);
}

static void copy_link_target(struct archive_entry *entry, const struct tree_item *item) {
  char target[PATH_MAX];
  ssize_t length = readlinkat(item->dirfd, item->name, target, sizeof target - 1);
  if (length < 0) fail_errno("cannot read the link %.200s", item->path);
  target[length] = '\0';
  archive_entry_copy_symlink(entry, target);
}

static int open_item(const struct tree_item *item) {
  int flags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;
  if (S_ISDIR(item->stat->st_mode)) flags |= O_DIRECTORY;
  return openat(item->dirfd, item->name, flags);
}

static void pack_item(const struct tree_item *item, void *context) {
  struct pack *pack = context;
  struct stat stat = *item->stat;
  if (S_ISSOCK(stat.st_mode)) return;
  if (pack->whiteouts && is_whiteout(&stat)) {
    write_whiteout(pack, item);
    return;
  }
  int fd = -1;
  if (S_ISREG(stat.st_mode) || S_ISDIR(stat.st_mode)) {
    fd = open_item(item);
    if (fd < 0 && (errno == ENOENT || errno == ELOOP || errno == ENOTDIR)) return; /* Changed meanwhile. */
    if (fd < 0 || fstat(fd, &stat) < 0) fail_errno("cannot read %.200s", item->path);
    if ((stat.st_mode & S_IFMT) != (item->stat->st_mode & S_IFMT)) {
      close(fd);
      return;
    }
  }
  struct archive_entry *entry = must_alloc(archive_entry_new());
  archive_entry_copy_pathname(entry, item->path);
  describe(pack, entry, fd, &stat);
  if (S_ISLNK(stat.st_mode)) copy_link_target(entry, item);
  struct archive_entry *spare = NULL;
  archive_entry_linkify(pack->links, &entry, &spare);
  write_header(pack, entry);
  if (S_ISREG(stat.st_mode) && archive_entry_hardlink(entry) == NULL) write_content(pack, fd, item->path);
  if (pack->whiteouts && S_ISDIR(stat.st_mode) && is_opaque(fd))
    write_marker(pack, item->path, strlen(item->path), "/.wh..wh..opq");
  archive_entry_free(entry);
  if (fd >= 0) close(fd);
}

static void pack_root(struct pack *pack, int rootfd) {
  struct stat stat;
  if (fstat(rootfd, &stat) < 0) fail_errno("cannot read the directory");
  struct archive_entry *entry = must_alloc(archive_entry_new());
  archive_entry_copy_pathname(entry, "./");
  describe(pack, entry, rootfd, &stat);
  write_header(pack, entry);
  archive_entry_free(entry);
}

void pack_tree(int outfd, bool whiteouts) {
  int rootfd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (rootfd < 0) fail_errno("cannot read the directory");
  struct pack pack = {
      .out = must_alloc(archive_write_new()),
      .disk = must_alloc(archive_read_disk_new()),
      .links = must_alloc(archive_entry_linkresolver_new()),
      .whiteouts = whiteouts,
      .buffer = must_alloc(malloc(BUFFER_SIZE)),
  };
  archive_write_set_format_pax(pack.out);
  archive_entry_linkresolver_set_strategy(pack.links, ARCHIVE_FORMAT_TAR);
  archive_write_set_bytes_per_block(pack.out, BUFFER_SIZE);
  archive_write_set_bytes_in_last_block(pack.out, 1);
  if (archive_write_set_options(pack.out, "pax:xattrheader=SCHILY") != ARCHIVE_OK ||
      archive_write_open_fd(pack.out, outfd) != ARCHIVE_OK)
    fail("cannot write the tar: %s", archive_error_string(pack.out));
  if (!whiteouts) pack_root(&pack, rootfd);
  walk_tree(rootfd, pack_item, &pack);
  if (archive_write_close(pack.out) != ARCHIVE_OK) fail("cannot write the tar: %s", archive_error_string(pack.out));
  archive_write_free(pack.out);
  archive_read_free(pack.disk);
  archive_entry_linkresolver_free(pack.links);
  free(pack.buffer);
}
