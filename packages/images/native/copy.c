/* A directory of the union of layers -> another directory: a confined packer feeds a confined unpacker. */
#include <errno.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "archiver.h"

static _Noreturn void pack_side(char *const *lower, size_t count, const char *path, int outfd) {
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  private_mounts();
  mount_layers(lower, count);
  confine_to(lower[0], RIGHTS_READ);
  if (chdir(path) < 0) {
    /* Links are resolved inside the layers; one that leads nowhere is no directory either. */
    if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP) _exit(EXIT_ABSENT);
    fail_errno("cannot enter %s in the image", path);
  }
  pack_tree(outfd, false);
  _exit(0);
}

int copy_from_layers(char *const *lower, size_t count, const char *path, const char *destination) {
  int ends[2];
  if (pipe(ends) < 0) fail_errno("cannot make a pipe");
  pid_t packer = fork();
  if (packer < 0) fail_errno("cannot fork");
  if (packer == 0) {
    close(ends[0]);
    pack_side(lower, count, path, ends[1]);
  }
  close(ends[1]);
  private_mounts();
  confine_to(destination, RIGHTS_WRITE);
  unpack_tar(ends[0], false, NULL, 0);
  int status = 0;
  while (waitpid(packer, &status, 0) < 0) {
    if (errno != EINTR) fail_errno("cannot wait for the packer");
  }
  if (WIFEXITED(status)) return WEXITSTATUS(status);
  fail("the packer was killed by signal %d", WTERMSIG(status));
}
