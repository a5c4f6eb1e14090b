#include "queue.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util.h"

#define MEMORY_LIMIT (1u << 20)
#define MEMORY_START (16u << 10)
#define REFILL (256u << 10)
/* What waits on the disk for one client. Who is further behind than this is let go, or it would fill the disk. */
#define FILE_LIMIT (1ll << 30)

void queue_init(struct queue *queue)
{
	memset(queue, 0, sizeof(*queue));
	queue->file = -1;
}

void queue_free(struct queue *queue)
{
	free(queue->memory);
	close_fd(&queue->file);
	queue_init(queue);
}

static bool file_empty(const struct queue *queue)
{
	return queue->file_start == queue->file_end;
}

bool queue_empty(const struct queue *queue)
{
	return queue->length == 0 && file_empty(queue);
}

/* Makes room for `size` bytes behind those in memory. */
static bool reserve(struct queue *queue, size_t size)
{
	size_t capacity = queue->capacity ? queue->capacity : MEMORY_START;
	char *bigger;

	if (queue->start + queue->length + size <= queue->capacity)
		return true;
	if (queue->length > 0)
		memmove(queue->memory, queue->memory + queue->start, queue->length);
	queue->start = 0;
	while (capacity < queue->length + size)
		capacity *= 2;
	if (capacity == queue->capacity)
		return true;
	bigger = realloc(queue->memory, capacity);
	if (!bigger)
		return false;
	queue->memory = bigger;
	queue->capacity = capacity;
	return true;
}

static bool spill(struct queue *queue, const char *data, size_t size, const char *directory)
{
	if (queue->file_end - queue->file_start + (off_t)size > FILE_LIMIT)
		return false;
	if (queue->file < 0)
		queue->file = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	while (queue->file >= 0 && size > 0) {
		ssize_t n = pwrite(queue->file, data, size, queue->file_end);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		queue->file_end += n;
		data += n;
		size -= (size_t)n;
	}
	return size == 0;
}

bool queue_add(struct queue *queue, const void *data, size_t size, const char *directory)
{
	if (size == 0)
		return true;
	if (!file_empty(queue) || queue->length + size > MEMORY_LIMIT)
		return spill(queue, data, size, directory);
	if (!reserve(queue, size))
		return false;
	memcpy(queue->memory + queue->start + queue->length, data, size);
	queue->length += size;
	return true;
}

/* Moves the next part of the file to memory and gives its blocks back. */
static bool refill(struct queue *queue)
{
	off_t left = queue->file_end - queue->file_start;
	size_t size = left > REFILL ? REFILL : (size_t)left;
	ssize_t n;

	if (!reserve(queue, size))
		return false;
	n = pread(queue->file, queue->memory + queue->start + queue->length, size, queue->file_start);
	if (n <= 0)
		return false;
	queue->length += (size_t)n;
	queue->file_start += n;
	if (file_empty(queue)) {
		queue->file_start = queue->file_end = 0;
		return ftruncate(queue->file, 0) == 0;
	}
	/* Not every file system can; then the blocks stay until the end. */
	fallocate(queue->file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, queue->file_start);
	return true;
}

bool queue_send(struct queue *queue, int socket)
{
	while (!queue_empty(queue)) {
		ssize_t n;

		if (queue->length == 0 && !refill(queue))
			return false;
		n = send(socket, queue->memory + queue->start, queue->length, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0)
			return errno == EAGAIN || errno == EINTR;
		queue->start += (size_t)n;
		queue->length -= (size_t)n;
	}
	free(queue->memory);
	queue->memory = NULL;
	queue->start = queue->capacity = 0;
	return true;
}
