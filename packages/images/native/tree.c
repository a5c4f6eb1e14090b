/* Walking, measuring and removing trees of any depth without following links. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "archiver.h"

struct names {
  char **list;
  size_t count;
  size_t next;
  /* Length of the walk's path above this directory's names. */
  size_t prefix;
};

static int compare_names(const void *left, const void *right) {
  return strcmp(*(char *const *)left, *(char *const *)right);
}

static struct names read_names(int dirfd, size_t prefix) {
  struct names names = {.prefix = prefix};
  int copy = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *dir = copy < 0 ? NULL : fdopendir(copy);
  if (dir == NULL) fail_errno("cannot read a directory");
  size_t room = 0;
  errno = 0;
  for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    if (names.count == room) {
      room = room == 0 ? 32 : room * 2;
      names.list = must_alloc(reallocarray(names.list, room, sizeof *names.list));
    }
    names.list[names.count++] = must_alloc(strdup(entry->d_name));
  }
  if (errno != 0) fail_errno("cannot read a directory");
  closedir(dir);
  if (names.count > 1) qsort(names.list, names.count, sizeof *names.list, compare_names);
  return names;
}

static void free_names(struct names *names) {
  for (size_t i = 0; i < names->count; i++) free(names->list[i]);
  free(names->list);
}

struct walk {
  struct names *levels;
  size_t depth;
  size_t room;
  char *path;
  size_t path_room;
};

static void descend(struct walk *walk, int fd, size_t prefix) {
  if (walk->depth == walk->room) {
    walk->room = walk->room == 0 ? 16 : walk->room * 2;
    walk->levels = must_alloc(reallocarray(walk->levels, walk->room, sizeof *walk->levels));
  }
  walk->levels[walk->depth++] = read_names(fd, prefix);
}

static size_t append_name(struct walk *walk, size_t prefix, const char *name) {
  size_t length = strlen(name);
  if (prefix + length + 2 > walk->path_room) {
    walk->path_room = (prefix + length + 2) * 2;
    walk->path = must_alloc(realloc(walk->path, walk->path_room));
  }
  memcpy(walk->path + prefix, name, length + 1);
  return prefix + length;
}

/* One descriptor however deep the tree is: the way back up is "..", which cannot leave the root of a
 * confined process, and the names still to visit are kept in memory. */
void walk_tree(int rootfd, void (*visit)(const struct tree_item *item, void *context), void *context) {
  struct walk walk = {0};
  int fd = rootfd;
  descend(&walk, fd, 0);
  while (walk.depth > 0) {
    struct names *level = &walk.levels[walk.depth - 1];
    if (level->next == level->count) {
      free_names(level);
      if (--walk.depth == 0) break;
      int up = openat(fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      if (up < 0) fail_errno("cannot go back to a directory");
      close(fd);
      fd = up;
      continue;
    }
    const char *name = level->list[level->next++];
    size_t length = append_name(&walk, level->prefix, name);
    struct stat stat;
    if (fstatat(fd, name, &stat, AT_SYMLINK_NOFOLLOW) < 0) {
      if (errno == ENOENT) continue; /* A running container removed it meanwhile. */
      fail_errno("cannot read %.200s", walk.path);
    }
    struct tree_item item = {.dirfd = fd, .name = name, .path = walk.path, .stat = &stat};
    visit(&item, context);
    if (!S_ISDIR(stat.st_mode)) continue;
    int down = openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (down < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP)) continue;
    if (down < 0) fail_errno("cannot read %.200s", walk.path);
    close(fd);
    fd = down;
    walk.path[length] = '/';
    descend(&walk, fd, length + 1);
  }
  close(fd);
  free(walk.levels);
  free(walk.path);
}

bool is_whiteout(const struct stat *stat) {
  return S_ISCHR(stat->st_mode) && stat->st_rdev == makedev(0, 0);
}

struct sum {
  uint64_t bytes;
  ino_t *seen; /* Open-addressed set of inodes with several names; 0 is free. */
  size_t room;
  size_t used;
};

static bool first_sight(struct sum *sum, ino_t inode) {
  if (sum->used * 2 >= sum->room) {
    struct sum larger = {.room = sum->room == 0 ? 64 : sum->room * 2};
    larger.seen = must_alloc(calloc(larger.room, sizeof *larger.seen));
    for (size_t i = 0; i < sum->room; i++) {
      if (sum->seen[i] != 0) first_sight(&larger, sum->seen[i]);
    }
    free(sum->seen);
    sum->seen = larger.seen;
    sum->room = larger.room;
  }
  size_t at = (size_t)inode * 11400714819323198485u % sum->room;
  while (sum->seen[at] != 0 && sum->seen[at] != inode) at = (at + 1) % sum->room;
  if (sum->seen[at] == inode) return false;
  sum->seen[at] = inode;
  sum->used++;
  return true;
}

static void add_size(const struct tree_item *item, void *context) {
  struct sum *sum = context;
  if (S_ISDIR(item->stat->st_mode)) return;
  if (item->stat->st_nlink > 1 && !first_sight(sum, item->stat->st_ino)) return;
  sum->bytes += (uint64_t)item->stat->st_size;
}

bool tree_size(const char *dir, uint64_t *bytes) {
  int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return false;
  struct sum sum = {0};
  walk_tree(fd, add_size, &sum);
  free(sum.seen);
  *bytes = sum.bytes;
  return true;
}

/* Removes what can go at once; gives the name of the first directory that is not empty, or NULL. */
static char *empty_directory(int fd) {
  int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *dir = copy < 0 ? NULL : fdopendir(copy);
  if (dir == NULL) return NULL;
  char *blocked = NULL;
  for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    if (unlinkat(fd, entry->d_name, 0) == 0) continue;
    if (unlinkat(fd, entry->d_name, AT_REMOVEDIR) == 0) continue;
    if (errno == ENOTEMPTY || errno == EEXIST) {
      blocked = must_alloc(strdup(entry->d_name));
      break;
    }
    fail_errno("cannot remove %.200s", entry->d_name);
  }
  closedir(dir);
  return blocked;
}

bool remove_tree(int dirfd, const char *name) {
  if (unlinkat(dirfd, name, 0) == 0) return true;
  if (errno != EISDIR && errno != EPERM) return errno == ENOENT;
  if (unlinkat(dirfd, name, AT_REMOVEDIR) == 0) return true;
  if (errno != ENOTEMPTY && errno != EEXIST) return errno == ENOENT;
  int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return false;
  char **above = NULL;
  size_t depth = 0;
  for (;;) {
    char *blocked = empty_directory(fd);
    int next = openat(fd, blocked == NULL ? ".." : blocked, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (next < 0) fail_errno("cannot remove %.200s", blocked == NULL ? name : blocked);
    close(fd);
    fd = next;
    if (blocked != NULL) {
      above = must_alloc(reallocarray(above, depth + 1, sizeof *above));
      above[depth++] = blocked;
      continue;
    }
    if (depth == 0) break;
    char *emptied = above[--depth];
    if (unlinkat(fd, emptied, AT_REMOVEDIR) < 0) fail_errno("cannot remove %.200s", emptied);
    free(emptied);
  }
  close(fd);
  free(above);
  return unlinkat(dirfd, name, AT_REMOVEDIR) == 0;
}
