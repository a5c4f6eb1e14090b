/*
 * netctl BRIDGE: makes and removes network namespaces and their links on request.
 *
 * It stays for as long as its parent does, so a container's start costs system calls and no process.
 * Runs in the folder where namespaces are pinned; one request per line on stdin, one answer per line
 * on stdout ("ok" or "err ERRNO STEP"), in order. It holds no state: what it made stays when it ends.
 *
 *   bridge NAME                                  attach new links to this bridge ("-": none)
 *   new TAG VETH MTU                             namespace with lo up, pinned at ./TAG; VETH "-": no link
 *   up TAG ADDRESS/PREFIX MAC GATEWAY            address of eth0; GATEWAY "-": no default route
 *   hairpin VETH
 *   sysctl TAG PATH VALUE...                     PATH below /proc/sys, VALUE is the rest of the line
 *   del TAG                                      unpins; the kernel removes namespace and link by itself
 *   dellink VETH
 *   forget-udp PORT                              drops tracked flows to this host port
 *   restore LINES                                gives the next LINES lines to iptables-restore
 *
 * The parent validates; names here are checked only so far that a mistake cannot leave the folder.
 */
#include "command.h"
#include "conntrack.h"
#include "netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <unistd.h>

static int host_netns;
static int host_socket;
static char bridge_name[16] = "-";
/* Which step failed, for the message of the answer. */
static const char *step;

static int fail(const char *what, int error) {
  step = what;
  return error;
}

static int write_file(const char *path, const char *value) {
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return -errno;
  size_t size = strlen(value);
  int result = write(fd, value, size) == (ssize_t)size ? 0 : -errno;
  close(fd);
  return result;
}

static int go_home(void) {
  /* Staying in a container's namespace would send later requests to the wrong place. */
  if (setns(host_netns, CLONE_NEWNET) < 0) {
    perror("netctl: cannot return to the host's network namespace");
    _exit(1);
  }
  return 0;
}

/* Enters the pinned namespace; the caller leaves it with go_home(). */
static int enter(const char *tag) {
  int fd = open(tag, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return fail("open namespace", -errno);
  int result = setns(fd, CLONE_NEWNET) < 0 ? fail("enter namespace", -errno) : 0;
  close(fd);
  return result;
}

static int unpin(const char *tag) {
  int result = 0;
  if (umount2(tag, MNT_DETACH | UMOUNT_NOFOLLOW) < 0 && errno != EINVAL && errno != ENOENT)
    result = fail("unmount namespace", -errno);
  if (unlink(tag) < 0 && errno != ENOENT && result == 0) result = fail("remove namespace file", -errno);
  return result;
}

static int pin(const char *tag) {
  int fd = open(tag, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
  if (fd < 0) return fail("create namespace file", -errno);
  close(fd);
  if (mount("/proc/self/ns/net", tag, NULL, MS_BIND, NULL) < 0) return fail("pin namespace", -errno);
  return 0;
}

/* A namespace, seen from outside. */
struct inside {
  int netns;
  int socket;
};

static void leave(struct inside *inside) {
  if (inside->netns >= 0) close(inside->netns);
  if (inside->socket >= 0) close(inside->socket);
}

/* Runs in the new namespace. eth0, made next, gets no IPv6: the bridge does not carry it. */
static int prepare(const char *tag, struct inside *inside) {
  int result = pin(tag);
  if (result < 0) return result;
  inside->netns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  if (inside->netns < 0) return fail("open namespace", -errno);
  inside->socket = netlink_open();
  if (inside->socket < 0) return fail("open netlink", inside->socket);
  /* Fails where the kernel has no IPv6, and that is as good. */
  (void)write_file("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
  result = netlink_set_up(inside->socket, 1);
  return result < 0 ? fail("set lo up", result) : 0;
}

static int add_link(const char *veth, const char *mtu, const struct inside *inside) {
  struct veth_request request = {.host_name = veth, .inner_name = "eth0", .inner_netns = inside->netns};
  request.mtu = (uint32_t)strtoul(mtu, NULL, 10);
  request.bridge = netlink_index(host_socket, bridge_name);
  if (request.bridge == 0) return fail("find bridge", -ENODEV);
  int result = netlink_add_veth(host_socket, &request);
  if (result < 0) return fail("create veth", result);
  result = netlink_set_up(inside->socket, netlink_index(inside->socket, "eth0"));
  return result < 0 ? fail("set eth0 up", result) : 0;
}

static int do_new(char **argument) {
  struct inside inside = {.netns = -1, .socket = -1};
  if (unshare(CLONE_NEWNET) < 0) return fail("create namespace", -errno);
  int result = prepare(argument[0], &inside);
  go_home();
  if (result == 0 && strcmp(argument[1], "-") != 0) result = add_link(argument[1], argument[2], &inside);
  leave(&inside);
  if (result < 0) {
    const char *first = step;
    (void)unpin(argument[0]);
    step = first;
  }
  return result;
}

static int parse_mac(const char *text, uint8_t mac[MAC_BYTES]) {
  int end = 0;
  int fields = sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%n", &mac[0], &mac[1], &mac[2], &mac[3], &mac[4],
                      &mac[5], &end);
  return fields == MAC_BYTES && text[end] == '\0' ? 0 : -EINVAL;
}

static int configure(int inner, const char *address, uint8_t prefix, const char *mac_text, const char *gateway) {
  struct in_addr local, router;
  uint8_t mac[MAC_BYTES];
  if (inet_pton(AF_INET, address, &local) != 1 || parse_mac(mac_text, mac) < 0) return fail("read address", -EINVAL);
  uint32_t index = netlink_index(inner, "eth0");
  if (index == 0) return fail("find eth0", -ENODEV);
  int result = netlink_set_mac(inner, index, mac);
  if (result < 0) return fail("set MAC address", result);
  result = netlink_add_address(inner, index, local.s_addr, prefix);
  if (result < 0) return fail("set address", result);
  if (strcmp(gateway, "-") == 0) return 0;
  if (inet_pton(AF_INET, gateway, &router) != 1) return fail("read gateway", -EINVAL);
  result = netlink_add_default_route(inner, index, router.s_addr);
  return result < 0 ? fail("set default route", result) : 0;
}

static int do_up(char **argument) {
  char *slash = strchr(argument[1], '/');
  if (slash == NULL) return fail("read address", -EINVAL);
  *slash = '\0';
  int result = enter(argument[0]);
  if (result < 0) return result;
  int inner = netlink_open();
  go_home();
  if (inner < 0) return fail("open netlink", inner);
  result = configure(inner, argument[1], (uint8_t)strtoul(slash + 1, NULL, 10), argument[2], argument[3]);
  close(inner);
  return result;
}

static int do_sysctl(char **argument) {
  char path[256];
  if (strstr(argument[1], "..") != NULL) return fail("read sysctl", -EINVAL);
  if ((size_t)snprintf(path, sizeof path, "/proc/sys/%s", argument[1]) >= sizeof path)
    return fail("read sysctl", -ENAMETOOLONG);
  int result = enter(argument[0]);
  if (result < 0) return result;
  result = write_file(path, argument[2]);
  go_home();
  return result < 0 ? fail("write sysctl", result) : 0;
}

static int do_del(char **argument) { return unpin(argument[0]); }

static int do_dellink(char **argument) {
  int result = netlink_delete_link(host_socket, argument[0]);
  return result < 0 && result != -ENODEV ? fail("delete link", result) : 0;
}

static int do_hairpin(char **argument) {
  uint32_t index = netlink_index(host_socket, argument[0]);
  int result = index == 0 ? -ENODEV : netlink_set_hairpin(host_socket, index);
  return result < 0 ? fail("set hairpin mode", result) : 0;
}

static int do_forget_udp(char **argument) {
  int result = conntrack_forget_udp((uint16_t)strtoul(argument[0], NULL, 10));
  return result < 0 ? fail("forget udp flows", result) : 0;
}

/* Takes the input off stdin in any case, or it would be read as requests. */
static int do_restore(char **argument) {
  static char complaint[512];
  char *const argv[] = {"iptables-restore", "--noflush", "-w", NULL};
  char *input = NULL, *line = NULL;
  size_t size = 0, capacity = 0;
  FILE *collected = open_memstream(&input, &size);
  if (collected == NULL) _exit(1);
  for (unsigned long left = strtoul(argument[0], NULL, 10); left > 0; left--) {
    ssize_t length = getline(&line, &capacity, stdin);
    if (length < 0) _exit(1);
    fwrite(line, 1, (size_t)length, collected);
  }
  free(line);
  fclose(collected);
  int result = command_run(argv, input, size, complaint, sizeof complaint);
  free(input);
  if (result > 0) return fail(complaint, -EIO);
  return result < 0 ? fail("run iptables-restore", result) : 0;
}

static int do_bridge(char **argument) {
  if (strlen(argument[0]) >= sizeof bridge_name) return fail("read bridge name", -EINVAL);
  strcpy(bridge_name, argument[0]);
  return 0;
}

/* The last argument of a request takes the rest of the line. */
static const struct {
  const char *name;
  int arguments;
  int (*run)(char **argument);
} requests[] = {
    {"bridge", 1, do_bridge}, {"new", 3, do_new}, {"up", 4, do_up},           {"hairpin", 1, do_hairpin},
    {"sysctl", 3, do_sysctl}, {"del", 1, do_del}, {"dellink", 1, do_dellink},
    {"forget-udp", 1, do_forget_udp},
    {"restore", 1, do_restore},
};

static int handle(char *line) {
  char *argument[4] = {0};
  char *rest = line;
  const char *name = strsep(&rest, " ");
  for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
    if (strcmp(name, requests[i].name) != 0) continue;
    for (int n = 0; n < requests[i].arguments; n++) {
      argument[n] = n + 1 == requests[i].arguments ? rest : strsep(&rest, " ");
      if (argument[n] == NULL || argument[n][0] == '\0') return fail("read request", -EINVAL);
    }
    if (strchr(argument[0], '/') != NULL || argument[0][0] == '.') return fail("read request", -EINVAL);
    return requests[i].run(argument);
  }
  return fail("read request", -EINVAL);
}

int main(void) {
  char line[1024];
  /* The parent decides when this ends, by closing stdin; a terminal's Ctrl-C goes to both. When the parent is killed,
   * what it still had asked for must not appear while its successor clears up. */
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  signal(SIGINT, SIG_IGN);
  signal(SIGTERM, SIG_IGN);
  signal(SIGHUP, SIG_IGN);
  signal(SIGPIPE, SIG_IGN);
  host_netns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  host_socket = netlink_open();
  if (host_netns < 0 || host_socket < 0) {
    perror("netctl");
    return 1;
  }
  setvbuf(stdout, NULL, _IOLBF, 4096);
  while (fgets(line, sizeof line, stdin) != NULL) {
    line[strcspn(line, "\n")] = '\0';
    int result = handle(line);
    if (result < 0)
      printf("err %d %s\n", -result, step);
    else
      puts("ok");
  }
  return 0;
}
