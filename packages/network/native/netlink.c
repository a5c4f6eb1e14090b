#include "netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* One request with room for its attributes; nothing we send comes near the limit. */
struct message {
  struct nlmsghdr header;
  char body[1024];
};

int netlink_open(void) {
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  return fd < 0 ? -errno : fd;
}

static void *begin(struct message *m, uint16_t type, uint16_t flags, const void *body, size_t size) {
  memset(m, 0, sizeof *m);
  m->header.nlmsg_type = type;
  m->header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
  m->header.nlmsg_len = NLMSG_LENGTH(size);
  memcpy(NLMSG_DATA(&m->header), body, size);
  return NLMSG_DATA(&m->header);
}

static struct rtattr *tail(struct message *m) {
  return (struct rtattr *)((char *)m + NLMSG_ALIGN(m->header.nlmsg_len));
}

static void put(struct message *m, uint16_t type, const void *data, size_t size) {
  struct rtattr *attribute = tail(m);
  attribute->rta_type = type;
  attribute->rta_len = (uint16_t)RTA_LENGTH(size);
  if (size > 0) memcpy(RTA_DATA(attribute), data, size);
  m->header.nlmsg_len = NLMSG_ALIGN(m->header.nlmsg_len) + RTA_ALIGN(attribute->rta_len);
}

static void put_string(struct message *m, uint16_t type, const char *text) { put(m, type, text, strlen(text) + 1); }
static void put_u32(struct message *m, uint16_t type, uint32_t value) { put(m, type, &value, sizeof value); }

static struct rtattr *nest(struct message *m, uint16_t type) {
  struct rtattr *attribute = tail(m);
  put(m, type, NULL, 0);
  return attribute;
}

static void end_nest(struct message *m, struct rtattr *attribute) {
  attribute->rta_len = (uint16_t)((char *)tail(m) - (char *)attribute);
}

/* Sends one request and waits for the kernel's verdict. */
static int talk(int fd, struct message *m) {
  static uint32_t sequence;
  m->header.nlmsg_seq = ++sequence;
  struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
  if (sendto(fd, m, m->header.nlmsg_len, 0, (struct sockaddr *)&kernel, sizeof kernel) < 0) return -errno;
  for (;;) {
    union {
      struct nlmsghdr header;
      char bytes[4096];
    } reply;
    ssize_t size = recv(fd, &reply, sizeof reply, 0);
    if (size < 0) {
      if (errno == EINTR) continue;
      return -errno;
    }
    if ((size_t)size < NLMSG_LENGTH(sizeof(struct nlmsgerr)) || reply.header.nlmsg_seq != sequence) continue;
    if (reply.header.nlmsg_type == NLMSG_ERROR) return ((struct nlmsgerr *)NLMSG_DATA(&reply.header))->error;
  }
}

int netlink_add_veth(int fd, const struct veth_request *request) {
  struct message m;
  struct ifinfomsg up = {.ifi_family = AF_UNSPEC, .ifi_flags = IFF_UP, .ifi_change = IFF_UP};
  begin(&m, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &up, sizeof up);
  put_string(&m, IFLA_IFNAME, request->host_name);
  put_u32(&m, IFLA_MTU, request->mtu);
  put_u32(&m, IFLA_MASTER, request->bridge);
  struct rtattr *info = nest(&m, IFLA_LINKINFO);
  put_string(&m, IFLA_INFO_KIND, "veth");
  struct rtattr *data = nest(&m, IFLA_INFO_DATA);
  struct rtattr *peer = nest(&m, VETH_INFO_PEER);
  /* The peer's attribute starts with a link header of its own: all zero, a peer cannot be made up at once. */
  m.header.nlmsg_len += NLMSG_ALIGN(sizeof up);
  put_string(&m, IFLA_IFNAME, request->inner_name);
  put_u32(&m, IFLA_MTU, request->mtu);
  put_u32(&m, IFLA_NET_NS_FD, (uint32_t)request->inner_netns);
  end_nest(&m, peer);
  end_nest(&m, data);
  end_nest(&m, info);
  return talk(fd, &m);
}

int netlink_delete_link(int fd, const char *name) {
  struct message m;
  struct ifinfomsg link = {.ifi_family = AF_UNSPEC};
  begin(&m, RTM_DELLINK, 0, &link, sizeof link);
  put_string(&m, IFLA_IFNAME, name);
  return talk(fd, &m);
}

int netlink_set_up(int fd, uint32_t index) {
  struct message m;
  struct ifinfomsg link = {.ifi_index = (int)index, .ifi_flags = IFF_UP, .ifi_change = IFF_UP};
  begin(&m, RTM_NEWLINK, 0, &link, sizeof link);
  return talk(fd, &m);
}

int netlink_set_mac(int fd, uint32_t index, const uint8_t mac[MAC_BYTES]) {
  struct message m;
  struct ifinfomsg link = {.ifi_index = (int)index};
  begin(&m, RTM_NEWLINK, 0, &link, sizeof link);
  put(&m, IFLA_ADDRESS, mac, MAC_BYTES);
  return talk(fd, &m);
}

int netlink_set_hairpin(int fd, uint32_t index) {
  struct message m;
  struct ifinfomsg link = {.ifi_family = AF_BRIDGE, .ifi_index = (int)index};
  begin(&m, RTM_SETLINK, 0, &link, sizeof link);
  uint8_t on = 1;
  struct rtattr *port = nest(&m, IFLA_PROTINFO | NLA_F_NESTED);
  put(&m, IFLA_BRPORT_MODE, &on, sizeof on);
  end_nest(&m, port);
  return talk(fd, &m);
}

int netlink_add_address(int fd, uint32_t index, uint32_t address, uint8_t prefix_length) {
  struct message m;
  struct ifaddrmsg body = {.ifa_family = AF_INET, .ifa_prefixlen = prefix_length, .ifa_index = index};
  begin(&m, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &body, sizeof body);
  uint32_t host_part = prefix_length >= 32 ? 0 : htonl(0xffffffffu >> prefix_length);
  put_u32(&m, IFA_LOCAL, address);
  put_u32(&m, IFA_ADDRESS, address);
  put_u32(&m, IFA_BROADCAST, address | host_part);
  return talk(fd, &m);
}

int netlink_add_default_route(int fd, uint32_t index, uint32_t gateway) {
  struct message m;
  struct rtmsg body = {.rtm_family = AF_INET,
                       .rtm_table = RT_TABLE_MAIN,
                       .rtm_protocol = RTPROT_BOOT,
                       .rtm_scope = RT_SCOPE_UNIVERSE,
                       .rtm_type = RTN_UNICAST};
  begin(&m, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, &body, sizeof body);
  put_u32(&m, RTA_GATEWAY, gateway);
  put_u32(&m, RTA_OIF, index);
  return talk(fd, &m);
}

uint32_t netlink_index(int fd, const char *name) {
  struct ifreq request;
  memset(&request, 0, sizeof request);
  if (strlen(name) >= sizeof request.ifr_name) return 0;
  memcpy(request.ifr_name, name, strlen(name));
  return ioctl(fd, SIOCGIFINDEX, &request) < 0 ? 0 : (uint32_t)request.ifr_ifindex;
}
