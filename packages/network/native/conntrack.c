#include "conntrack.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The kernel fills at most this much per read of a dump. */
enum { DUMP_BYTES = 32768, NAME_BYTES = 256, HEADER_BYTES = NLMSG_LENGTH(sizeof(struct nfgenmsg)) };

struct message {
  struct nlmsghdr header;
  struct nfgenmsg family;
  char body[NAME_BYTES];
};

static int send_message(int fd, struct message *m, uint16_t type, uint16_t flags, size_t body) {
  m->header.nlmsg_len = (uint32_t)(HEADER_BYTES + body);
  m->header.nlmsg_type = (uint16_t)(NFNL_SUBSYS_CTNETLINK << 8 | type);
  m->header.nlmsg_flags = NLM_F_REQUEST | flags;
  m->family.nfgen_family = AF_INET;
  m->family.version = NFNETLINK_V0;
  return send(fd, m, m->header.nlmsg_len, 0) < 0 ? -errno : 0;
}

/* The attribute of this type among `size` bytes of them, NULL when it is not there. */
static const struct nlattr *find(const void *start, size_t size, int type) {
  const char *at = start, *end = at + size;
  while (end - at >= (long)sizeof(struct nlattr)) {
    const struct nlattr *attribute = (const struct nlattr *)at;
    if (attribute->nla_len < sizeof *attribute || attribute->nla_len > end - at) return NULL;
    if ((attribute->nla_type & NLA_TYPE_MASK) == type) return attribute;
    at += NLA_ALIGN(attribute->nla_len);
  }
  return NULL;
}

static const struct nlattr *find_in(const struct nlattr *nest, int type) {
  return nest == NULL ? NULL : find((const char *)nest + NLA_HDRLEN, nest->nla_len - NLA_HDRLEN, type);
}

static const void *value(const struct nlattr *attribute) { return (const char *)attribute + NLA_HDRLEN; }

static int is_udp_to(const struct nlattr *original, uint16_t port) {
  const struct nlattr *proto = find_in(original, CTA_TUPLE_PROTO);
  const struct nlattr *number = find_in(proto, CTA_PROTO_NUM), *to = find_in(proto, CTA_PROTO_DST_PORT);
  uint16_t found;
  if (number == NULL || to == NULL || *(const uint8_t *)value(number) != IPPROTO_UDP) return 0;
  memcpy(&found, value(to), sizeof found);
  return ntohs(found) == port;
}

/* A flow is named by the addresses and ports of its first packet, sent back as they came. */
static int forget(int fd, const struct nlattr *original) {
  struct message m;
  size_t size = NLA_ALIGN(original->nla_len);
  if (size > sizeof m.body) return -EMSGSIZE;
  memset(&m, 0, sizeof m);
  memcpy(m.body, original, original->nla_len);
  int result = send_message(fd, &m, IPCTNL_MSG_CT_DELETE, NLM_F_ACK, size);
  if (result < 0) return result;
  union {
    struct nlmsghdr header;
    char bytes[1024];
  } reply;
  if (recv(fd, &reply, sizeof reply, 0) < 0) return -errno;
  if (reply.header.nlmsg_type != NLMSG_ERROR) return -EPROTO;
  int error = ((struct nlmsgerr *)NLMSG_DATA(&reply.header))->error;
  /* It may have ended by itself meanwhile. */
  return error == -ENOENT ? 0 : error;
}

static int open_socket(void) {
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
  return fd < 0 ? -errno : fd;
}

/* Goes through the answers of a dump. Deletes on another socket, for this one is busy answering. */
static int forget_matching(int list, int other, uint16_t port) {
  static union {
    struct nlmsghdr header;
    char bytes[DUMP_BYTES];
  } reply;
  for (;;) {
    ssize_t received = recv(list, &reply, sizeof reply, 0);
    if (received < 0) return -errno;
    size_t size = (size_t)received;
    for (struct nlmsghdr *m = &reply.header; NLMSG_OK(m, size); m = NLMSG_NEXT(m, size)) {
      if (m->nlmsg_type == NLMSG_DONE) return 0;
      if (m->nlmsg_type == NLMSG_ERROR) return ((struct nlmsgerr *)NLMSG_DATA(m))->error;
      if (m->nlmsg_len < HEADER_BYTES) continue;
      const struct nlattr *original = find((char *)m + HEADER_BYTES, m->nlmsg_len - HEADER_BYTES, CTA_TUPLE_ORIG);
      int result = is_udp_to(original, port) ? forget(other, original) : 0;
      if (result < 0) return result;
    }
  }
}

int conntrack_forget_udp(uint16_t port) {
  struct message m;
  memset(&m, 0, sizeof m);
  int list = open_socket();
  if (list == -EPROTONOSUPPORT) return 0;
  int other = open_socket();
  int result = list < 0 ? list : other < 0 ? other : 0;
  if (result == 0) result = send_message(list, &m, IPCTNL_MSG_CT_GET, NLM_F_DUMP, 0);
  if (result == 0) result = forget_matching(list, other, port);
  if (list >= 0) close(list);
  if (other >= 0) close(other);
  /* ctnetlink may be missing from the kernel: then nothing can be forgotten, and nothing was tracked by it. */
  return result == -EOPNOTSUPP || result == -EINVAL ? 0 : result;
}
