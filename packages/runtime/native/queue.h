/*
 * Bytes that wait for a slow reader: up to 1 MiB in memory, then in a file without a name. So a client that does not
 * read neither holds up the container nor loses anything, and costs the host disk instead of memory.
 */
#ifndef BERTH_QUEUE_H
#define BERTH_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

struct queue {
	char *memory;
	size_t start, length, capacity;
	int file; /* -1 until it is needed */
	off_t file_start, file_end;
};

void queue_init(struct queue *queue);
void queue_free(struct queue *queue);
bool queue_empty(const struct queue *queue);
/* False when neither memory nor disk has room. */
bool queue_add(struct queue *queue, const void *data, size_t size, const char *directory);
/* Sends what the socket takes; false when the connection is broken. */
bool queue_send(struct queue *queue, int socket);

#endif
