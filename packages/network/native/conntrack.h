#ifndef BERTH_CONNTRACK_H
#define BERTH_CONNTRACK_H

#include <stdint.h>

/*
 * Makes the kernel forget every IPv4 udp flow that was sent to this port. Returns 0 or a negative errno; a kernel
 * without connection tracking has nothing to forget.
 */
int conntrack_forget_udp(uint16_t port);

#endif
