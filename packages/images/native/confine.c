/* Shutting the process in: mount namespace, new root, capabilities. */
#include <errno.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "archiver.h"

void private_mounts(void) {
  if (unshare(CLONE_NEWNS) < 0) fail_errno("cannot make a mount namespace (root is needed)");
  if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) fail_errno("cannot make the mounts private");
}

/* trusted.overlay.* can only be read and written with CAP_SYS_ADMIN, so both kinds of work keep it. */
static uint64_t rights_mask(enum confine_rights rights) {
  const uint64_t one = 1;
  uint64_t reading = one << CAP_DAC_READ_SEARCH | one << CAP_DAC_OVERRIDE | one << CAP_SYS_ADMIN;
  switch (rights) {
    case RIGHTS_NONE: return 0;
    case RIGHTS_READ: return reading;
    case RIGHTS_WRITE:
      return reading | one << CAP_CHOWN | one << CAP_FOWNER | one << CAP_FSETID | one << CAP_MKNOD | one << CAP_SETFCAP;
  }
  return 0;
}

void drop_rights(enum confine_rights rights) {
  uint64_t keep = rights_mask(rights);
  for (int cap = 0; cap < 64; cap++) {
    if ((keep >> cap & 1) == 0 && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0 && errno == EINVAL) break;
  }
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  struct __user_cap_data_struct data[2];
  if (syscall(SYS_capget, &header, data) < 0) fail_errno("cannot read the capabilities");
  for (int word = 0; word < 2; word++) {
    uint32_t mask = (uint32_t)(keep >> (32 * word)) & data[word].permitted;
    data[word].effective = data[word].permitted = mask;
    data[word].inheritable = 0;
  }
  if (syscall(SYS_capset, &header, data) < 0) fail_errno("cannot drop capabilities");
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) fail_errno("cannot set no_new_privs");
}

void confine_to(const char *dir, enum confine_rights rights) {
  unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC | (rights == RIGHTS_READ ? MS_RDONLY : 0);
  if (mount(dir, dir, NULL, MS_BIND, NULL) < 0) fail_errno("cannot enter %s", dir);
  if (mount(NULL, dir, NULL, MS_REMOUNT | MS_BIND | flags, NULL) < 0) fail_errno("cannot enter %s", dir);
  if (chdir(dir) < 0) fail_errno("cannot enter %s", dir);
  if (syscall(SYS_pivot_root, ".", ".") == 0) {
    if (umount2(".", MNT_DETACH) < 0) fail_errno("cannot leave the host's root");
  } else if (mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0) {
    /* pivot_root cannot leave a ramfs root; moving over it is the way there. */
    fail_errno("cannot make %s the root", dir);
  }
  if (chdir("/") < 0) fail_errno("cannot enter %s", dir);
  drop_rights(rights);
}

/* mount(2) takes one page of options, so names are made relative to the directory all layers share, if any. */
static size_t shared_prefix(char *const *lower, size_t count) {
  const char *slash = strrchr(lower[0], '/');
  if (slash == NULL || slash == lower[0]) return 0;
  size_t length = (size_t)(slash - lower[0]) + 1;
  for (size_t i = 1; i < count; i++) {
    if (strncmp(lower[i], lower[0], length) != 0 || strchr(lower[i] + length, '/') != NULL) return 0;
  }
  return length;
}

void mount_layers(char *const *lower, size_t count) {
  if (count == 1) return;
  size_t prefix = shared_prefix(lower, count);
  if (prefix > 0) {
    char *dir = must_alloc(strndup(lower[0], prefix));
    if (chdir(dir) < 0) fail_errno("cannot enter %s", dir);
    free(dir);
  }
  size_t size = sizeof "lowerdir=";
  for (size_t i = 0; i < count; i++) size += strlen(lower[i]) + 1;
  char *options = must_alloc(malloc(size));
  char *at = stpcpy(options, "lowerdir=");
  for (size_t i = 0; i < count; i++) {
    if (strpbrk(lower[i], ":,\\") != NULL) fail("the path %s cannot be an overlay layer", lower[i]);
    if (i > 0) *at++ = ':';
    at = stpcpy(at, lower[i] + prefix);
  }
  if (mount("overlay", lower[0], "overlay", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, options) < 0)
    fail_errno("cannot mount the layers");
  free(options);
}
