#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "util.h"

/* Room for one record whose every byte becomes \u00XX, and for many ordinary ones. */
#define OUT_SIZE (160u << 10)
#define TIME_SIZE sizeof("2006-01-02T15:04:05.000000000Z")

static struct {
	int fd;
	char *path;
	uint64_t size, max_size;
	uint32_t max_files;
	char *out;
	size_t out_length;
	/* The beginning of a line whose end has not come yet. */
	struct {
		char *data;
		size_t length;
	} partial[3];
	char time[TIME_SIZE];
} output = { .fd = -1 };

static int open_file(void)
{
	struct stat status;

	output.fd = open(output.path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
	if (output.fd < 0 || fstat(output.fd, &status) < 0)
		return -errno;
	output.size = (uint64_t)status.st_size;
	return 0;
}

int log_open(const char *path, uint64_t max_size, uint32_t max_files)
{
	output.path = strdup(path);
	output.max_size = max_size;
	output.max_files = max_files;
	return output.path ? open_file() : -ENOMEM;
}

/* One clock reading for all that one read brought: the lines have arrived together. */
static void stamp(void)
{
	struct timespec now;
	struct tm parts;
	size_t length;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &parts);
	length = strftime(output.time, sizeof(output.time), "%Y-%m-%dT%H:%M:%S", &parts);
	snprintf(output.time + length, sizeof(output.time) - length, ".%09ldZ", now.tv_nsec);
}

/* A failing disk must neither block nor end the container: the lines are lost, the file stays whole. */
static void write_out(size_t length)
{
	size_t done = 0;

	while (done < length) {
		ssize_t n = write(output.fd, output.out + done, length - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			/* Not even that may be possible; the lines must go all the same, there is no room for more. */
			if (ftruncate(output.fd, (off_t)output.size) == 0)
				done = 0;
			break;
		}
		done += (size_t)n;
	}
	output.size += done;
	memmove(output.out, output.out + length, output.out_length - length);
	output.out_length -= length;
}

/* path.1 is the newest of the old ones, as Docker names them. */
static void rotate(void)
{
	char from[PATH_MAX], to[PATH_MAX];
	uint32_t i;

	if (output.max_files < 2) {
		if (ftruncate(output.fd, 0) == 0)
			output.size = 0;
		return;
	}
	for (i = output.max_files - 1; i > 0; i--) {
		snprintf(to, sizeof(to), "%s.%u", output.path, i);
		if (i == 1)
			snprintf(from, sizeof(from), "%s", output.path);
		else
			snprintf(from, sizeof(from), "%s.%u", output.path, i - 1);
		if (rename(from, to) < 0 && errno != ENOENT)
			return;
	}
	close_fd(&output.fd);
	open_file();
}

/* Length of the UTF-8 sequence at `at`, 0 when it is not one (Unicode 3.9, table 3-7). */
static size_t utf8_length(const unsigned char *at, size_t left)
{
	unsigned char first = at[0];
	unsigned char low = 0x80, high = 0xbf;
	size_t length, i;

	if (first >= 0xc2 && first <= 0xdf)
		length = 2;
	else if (first >= 0xe0 && first <= 0xef)
		length = 3;
	else if (first >= 0xf0 && first <= 0xf4)
		length = 4;
	else
		return 0;
	if (length > left)
		return 0;
	if (first == 0xe0)
		low = 0xa0;
	else if (first == 0xed)
		high = 0x9f;
	else if (first == 0xf0)
		low = 0x90;
	else if (first == 0xf4)
		high = 0x8f;
	if (at[1] < low || at[1] > high)
		return 0;
	for (i = 2; i < length; i++) {
		if (at[i] < 0x80 || at[i] > 0xbf)
			return 0;
	}
	return length;
}

static char *escape(char *to, unsigned char byte)
{
	static const char hex[] = "0123456789abcdef";
	char letter = (char)byte;

	*to++ = '\\';
	if (byte == '\n')
		letter = 'n';
	else if (byte == '\r')
		letter = 'r';
	else if (byte == '\t')
		letter = 't';
	else if (byte < 0x20) {
		memcpy(to, "u00", 3);
		to[3] = hex[byte >> 4];
		to[4] = hex[byte & 15];
		return to + 5;
	}
	*to++ = letter;
	return to;
}

static char *encode(char *to, const char *text, size_t size)
{
	const unsigned char *at = (const unsigned char *)text, *end = at + size;

	while (at < end) {
		const unsigned char *plain = at;

		while (at < end && *at >= 0x20 && *at < 0x80 && *at != '"' && *at != '\\')
			at++;
		memcpy(to, plain, (size_t)(at - plain));
		to += at - plain;
		if (at == end)
			break;
		if (*at < 0x80) {
			to = escape(to, *at++);
		} else {
			size_t length = utf8_length(at, (size_t)(end - at));

			memcpy(to, length ? (const char *)at : "\xef\xbf\xbd", length ? length : 3);
			to += length ? length : 3;
			at += length ? length : 1;
		}
	}
	return to;
}

static void record(int stream, const char *text, size_t size)
{
	size_t before, length;
	char *at;

	if (!output.out) {
		output.out = mmap(NULL, OUT_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (output.out == MAP_FAILED) {
			output.out = NULL;
			return;
		}
	}
	if (OUT_SIZE - output.out_length < size * 6 + 128)
		write_out(output.out_length);
	before = output.out_length;
	at = output.out + before;
	at = stpcpy(at, "{\"log\":\"");
	at = encode(at, text, size);
	at = stpcpy(at, stream == 1 ? "\",\"stream\":\"stdout\",\"time\":\"" : "\",\"stream\":\"stderr\",\"time\":\"");
	at = stpcpy(at, output.time);
	at = stpcpy(at, "\"}\n");
	output.out_length = (size_t)(at - output.out);
	length = output.out_length - before;
	if (output.max_size == 0 || output.size + before + length <= output.max_size || output.size + before == 0)
		return;
	write_out(before);
	rotate();
}

/* Where to cut a line that is too long: not inside a UTF-8 sequence. */
static size_t cut(const char *text, size_t size)
{
	size_t back;

	for (back = 1; back <= 3 && back < size; back++) {
		unsigned char byte = (unsigned char)text[size - back];

		if (byte >= 0xc0)
			return utf8_length((const unsigned char *)text + size - back, back) ? size : size - back;
		if (byte < 0x80)
			break;
	}
	return size;
}

static void keep(int stream, const char *text, size_t size)
{
	if (!output.partial[stream].data)
		output.partial[stream].data = malloc(LOG_LINE + 1);
	if (!output.partial[stream].data)
		return;
	memcpy(output.partial[stream].data + output.partial[stream].length, text, size);
	output.partial[stream].length += size;
}

/* Continues the kept beginning of a line; returns how much of `data` was taken. */
static size_t continue_partial(int stream, const char *data, size_t size)
{
	const char *feed = memchr(data, '\n', size);
	size_t have = output.partial[stream].length;
	size_t wanted = feed ? (size_t)(feed - data) + 1 : size, text = feed ? wanted - 1 : wanted, whole;
	char *partial = output.partial[stream].data;

	if (have + text <= LOG_LINE) {
		keep(stream, data, wanted);
		if (feed) {
			record(stream, partial, have + wanted);
			output.partial[stream].length = 0;
		}
		return wanted;
	}
	keep(stream, data, LOG_LINE - have);
	whole = cut(partial, LOG_LINE);
	record(stream, partial, whole);
	memmove(partial, partial + whole, LOG_LINE - whole);
	output.partial[stream].length = LOG_LINE - whole;
	return LOG_LINE - have;
}

void log_write(int stream, const char *data, size_t size)
{
	if (output.fd < 0)
		return;
	stamp();
	while (size > 0) {
		size_t taken;

		if (output.partial[stream].length > 0) {
			taken = continue_partial(stream, data, size);
		} else {
			const char *feed = memchr(data, '\n', size);
			size_t text = feed ? (size_t)(feed - data) : size;

			taken = feed ? text + 1 : size;
			if (text > LOG_LINE) {
				taken = cut(data, LOG_LINE);
				record(stream, data, taken);
			} else if (feed) {
				record(stream, data, taken);
			} else {
				keep(stream, data, size);
			}
		}
		data += taken;
		size -= taken;
	}
	log_flush();
}

void log_flush(void)
{
	if (output.out_length > 0)
		write_out(output.out_length);
}

void log_end(void)
{
	int stream;

	if (output.fd < 0)
		return;
	stamp();
	for (stream = 1; stream <= 2; stream++) {
		if (output.partial[stream].length > 0)
			record(stream, output.partial[stream].data, output.partial[stream].length);
	}
	log_flush();
	close_fd(&output.fd);
}

void log_trim(void)
{
	int stream;

	if (output.out && output.out_length == 0) {
		munmap(output.out, OUT_SIZE);
		output.out = NULL;
	}
	for (stream = 1; stream <= 2; stream++) {
		if (output.partial[stream].length == 0) {
			free(output.partial[stream].data);
			output.partial[stream].data = NULL;
		}
	}
}
