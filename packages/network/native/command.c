#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* Not a fork: this process is small, but its parent's reason to ask is that forking is dear. */
static int spawn(pid_t *pid, char *const argv[], int input, int errors) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  sigset_t defaults;
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO);
  int error = posix_spawnp(pid, argv[0], &actions, &attributes, argv, environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  return -error;
}

/* A program that stops reading is judged by its exit status. */
static void feed(int fd, const char *input, size_t size) {
  while (size > 0) {
    ssize_t written = write(fd, input, size);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    input += written;
    size -= (size_t)written;
  }
}

/* Reads to the end, keeps what fits. */
static void drain(int fd, char *text, size_t size) {
  char rest[512];
  size_t used = 0;
  for (;;) {
    size_t room = size - 1 - used;
    ssize_t got = room > 0 ? read(fd, text + used, room) : read(fd, rest, sizeof rest);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    if (room > 0) used += (size_t)got;
  }
  text[used] = '\0';
  for (char *at = text; *at != '\0'; at++)
    if (*at == '\n') *at = ' ';
}

int command_run(char *const argv[], const char *input, size_t input_size, char *complaint, size_t complaint_size) {
  int in[2], err[2];
  if (pipe2(in, O_CLOEXEC) < 0) return -errno;
  if (pipe2(err, O_CLOEXEC) < 0) {
    int error = -errno;
    close(in[0]);
    close(in[1]);
    return error;
  }
  pid_t pid = 0;
  int result = spawn(&pid, argv, in[0], err[1]);
  close(in[0]);
  close(err[1]);
  if (result == 0) feed(in[1], input, input_size);
  close(in[1]);
  if (result == 0) {
    int status = 0;
    drain(err[0], complaint, complaint_size);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
    result = WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : 1;
  }
  close(err[0]);
  return result;
}
