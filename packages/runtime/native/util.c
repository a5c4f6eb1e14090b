#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static const uint8_t *take(struct reader *reader, size_t size)
{
	const uint8_t *at = reader->at;

	if (reader->bad || size > reader->left) {
		reader->bad = true;
		return NULL;
	}
	reader->at += size;
	reader->left -= size;
	return at;
}

uint16_t read_u16(struct reader *reader)
{
	uint16_t value = 0;
	const uint8_t *at = take(reader, sizeof(value));

	if (at)
		memcpy(&value, at, sizeof(value));
	return value;
}

uint32_t read_u32(struct reader *reader)
{
	uint32_t value = 0;
	const uint8_t *at = take(reader, sizeof(value));

	if (at)
		memcpy(&value, at, sizeof(value));
	return value;
}

uint64_t read_u64(struct reader *reader)
{
	uint64_t value = 0;
	const uint8_t *at = take(reader, sizeof(value));

	if (at)
		memcpy(&value, at, sizeof(value));
	return value;
}

const char *read_string(struct reader *reader)
{
	size_t length = read_u32(reader);
	const uint8_t *at = take(reader, length + 1);

	if (!at || at[length] != 0 || memchr(at, 0, length)) {
		reader->bad = true;
		return "";
	}
	return (const char *)at;
}

const uint8_t *read_bytes(struct reader *reader, size_t *length)
{
	*length = read_u32(reader);
	return take(reader, *length);
}

bool read_all(int fd, void *data, size_t size)
{
	uint8_t *at = data;

	while (size > 0) {
		ssize_t n = read(fd, at, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		at += n;
		size -= (size_t)n;
	}
	return true;
}

bool write_all(int fd, const void *data, size_t size)
{
	const uint8_t *at = data;

	while (size > 0) {
		ssize_t n = write(fd, at, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		at += n;
		size -= (size_t)n;
	}
	return true;
}

int write_file(int directory, const char *path, const char *text, size_t size, int flags)
{
	auto_close int fd = openat(directory, path, O_WRONLY | O_CLOEXEC | flags, 0600);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = write(fd, text, size);
	if (n < 0)
		return -errno;
	return (size_t)n == size ? 0 : -EIO;
}

ssize_t read_file(const char *path, char *buffer, size_t capacity)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	buffer[0] = 0;
	if (fd < 0)
		return -errno;
	n = read(fd, buffer, capacity - 1);
	if (n < 0)
		return -errno;
	buffer[n] = 0;
	return n;
}

uint64_t process_start_time(pid_t pid)
{
	char path[64], text[1024];
	char *at;
	int field;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (read_file(path, text, sizeof(text)) <= 0)
		return 0;
	/* The second field is the command in parentheses and may hold anything, so count from its end. */
	at = strrchr(text, ')');
	for (field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	return at ? strtoull(at + 1, NULL, 10) : 0;
}

uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}
