/* Entry of the archiver: one verb per run. See archiver.h for the rules they share. */
#include "archiver.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <locale.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define MAX_DECOMPRESS_MEMORY (1024UL * 1024 * 1024)

static const char usage_text[] =
    "usage: archiver VERB\n"
    "  unpack DIR [LOWER...]   tar on stdin -> layer in DIR; LOWER are the layers below, topmost first\n"
    "  pack DIR                layer in DIR -> tar on stdout\n"
    "  copy-from-layers PATH DESTINATION LAYER...   a directory of the union of layers, topmost first\n"
    "  usage DIR...            bytes of the files, hard links once: a line for each, or why it cannot be read\n"
    "  remove DIR              removes a tree of any depth\n"
    "  sync DIR                writes the file system of DIR to disk\n"
    "  decompress              xz, lzma, bzip2, gzip or zstd on stdin -> stdout\n";

_Noreturn void fail(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vfprintf(stderr, format, arguments);
  va_end(arguments);
  fputc('\n', stderr);
  fflush(stderr);
  _exit(EXIT_FAILED);
}

_Noreturn void fail_errno(const char *format, ...) {
  int code = errno;
  va_list arguments;
  va_start(arguments, format);
  vfprintf(stderr, format, arguments);
  va_end(arguments);
  fprintf(stderr, ": %s\n", strerror(code));
  fflush(stderr);
  _exit(EXIT_FAILED);
}

void *must_alloc(void *result) {
  if (result == NULL) fail("out of memory");
  return result;
}

static int unpack_verb(int count, char **arguments) {
  size_t lower_count = (size_t)count - 1;
  int *lower = must_alloc(calloc(lower_count + 1, sizeof *lower));
  private_mounts();
  for (size_t i = 0; i < lower_count; i++) {
    lower[i] = open(arguments[i + 1], O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (lower[i] < 0) fail_errno("cannot read the layer %s", arguments[i + 1]);
  }
  confine_to(arguments[0], RIGHTS_WRITE);
  struct unpack_result result = unpack_tar(STDIN_FILENO, true, lower, lower_count);
  printf("{\"entries\":%" PRIu64 ",\"size\":%" PRIu64 "}\n", result.entries, result.size);
  free(lower);
  return 0;
}

static int pack_verb(int count, char **arguments) {
  (void)count;
  private_mounts();
  confine_to(arguments[0], RIGHTS_READ);
  pack_tree(STDOUT_FILENO, true);
  return 0;
}

static int copy_verb(int count, char **arguments) {
  return copy_from_layers(arguments + 2, (size_t)count - 2, arguments[0], arguments[1]);
}

static int usage_verb(int count, char **arguments) {
  for (int i = 0; i < count; i++) {
    uint64_t bytes;
    if (tree_size(arguments[i], &bytes))
      printf("%" PRIu64 "\n", bytes);
    else
      printf("%s\n", strerror(errno));
  }
  return 0;
}

static int remove_verb(int count, char **arguments) {
  (void)count;
  if (!remove_tree(AT_FDCWD, arguments[0])) fail_errno("cannot remove %s", arguments[0]);
  return 0;
}

static int sync_verb(int count, char **arguments) {
  (void)count;
  int fd = open(arguments[0], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0 || syncfs(fd) < 0) fail_errno("cannot write %s to disk", arguments[0]);
  return 0;
}

static void write_all(const char *data, size_t size) {
  while (size > 0) {
    ssize_t written = write(STDOUT_FILENO, data, size);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail_errno("cannot write");
    data += written;
    size -= (size_t)written;
  }
}

static int decompress_verb(int count, char **arguments) {
  (void)count;
  (void)arguments;
  drop_rights(RIGHTS_NONE);
  /* The stream itself says how large its dictionary is. */
  struct rlimit memory = {MAX_DECOMPRESS_MEMORY, MAX_DECOMPRESS_MEMORY};
  setrlimit(RLIMIT_AS, &memory);
  struct archive *in = must_alloc(archive_read_new());
  struct archive_entry *entry;
  /* Named one by one: "all" would include filters that run other programs. */
  archive_read_support_filter_xz(in);
  archive_read_support_filter_lzma(in);
  archive_read_support_filter_bzip2(in);
  archive_read_support_filter_gzip(in);
  archive_read_support_filter_zstd(in);
  archive_read_support_format_raw(in);
  archive_read_support_format_empty(in);
  if (archive_read_open_fd(in, STDIN_FILENO, 256 * 1024) != ARCHIVE_OK) fail("%s", archive_error_string(in));
  int status = archive_read_next_header(in, &entry);
  while (status == ARCHIVE_OK) {
    const void *block;
    size_t size;
    int64_t offset;
    status = archive_read_data_block(in, &block, &size, &offset);
    if (status == ARCHIVE_OK) write_all(block, size);
  }
  if (status != ARCHIVE_EOF) fail("cannot decompress: %s", archive_error_string(in));
  archive_read_free(in);
  return 0;
}

static const struct verb {
  const char *name;
  int least;
  int most;
  int (*run)(int count, char **arguments);
} verbs[] = {
    {"unpack", 1, 1024, unpack_verb}, {"pack", 1, 1, pack_verb},     {"copy-from-layers", 3, 1024, copy_verb},
    {"usage", 1, 256, usage_verb},    {"remove", 1, 1, remove_verb}, {"sync", 1, 1, sync_verb},
    {"decompress", 0, 0, decompress_verb},
};

int main(int argc, char **argv) {
  /* The daemon owns this process: when it dies, so does a half-done task, which the next start sweeps. */
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  struct rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);
  /* Names are UTF-8 in pax headers; without this locale libarchive would refuse to give them out. Set before
   * confinement, so that nothing is ever loaded from inside a layer. */
  setlocale(LC_CTYPE, "C.UTF-8");
  for (size_t i = 0; argc > 1 && i < sizeof verbs / sizeof *verbs; i++) {
    int count = argc - 2;
    if (strcmp(argv[1], verbs[i].name) == 0 && count >= verbs[i].least && count <= verbs[i].most)
      return verbs[i].run(count, argv + 2);
  }
  fputs(usage_text, stderr);
  return EXIT_USAGE;
}
