/* The few rtnetlink requests a container's network needs. Every call returns 0 or a negative errno. */
#ifndef BERTH_NETLINK_H
#define BERTH_NETLINK_H

#include <stddef.h>
#include <stdint.h>

enum { MAC_BYTES = 6 };

/* A socket keeps speaking to the namespace it was opened in, wherever the process goes afterwards. */
int netlink_open(void);

struct veth_request {
  const char *host_name;   /* name on the host's side */
  const char *inner_name;  /* name in the container */
  int inner_netns;         /* descriptor of the container's namespace */
  uint32_t bridge;         /* interface index the host's side is attached to */
  uint32_t mtu;
};
/* Makes both ends in one request, the host's one attached and up. */
int netlink_add_veth(int socket, const struct veth_request *request);
int netlink_delete_link(int socket, const char *name);
int netlink_set_up(int socket, uint32_t index);
int netlink_set_mac(int socket, uint32_t index, const uint8_t mac[MAC_BYTES]);
/* Makes packets a bridge port sent come back to it: a container calling its own published port. */
int netlink_set_hairpin(int socket, uint32_t index);
int netlink_add_address(int socket, uint32_t index, uint32_t address, uint8_t prefix_length);
int netlink_add_default_route(int socket, uint32_t index, uint32_t gateway);
/* Index of a link in the namespace of `socket`, 0 when there is none. */
uint32_t netlink_index(int socket, const char *name);

#endif
