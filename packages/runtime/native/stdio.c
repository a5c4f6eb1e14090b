#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

#include "clients.h"
#include "log.h"

/* A process that keeps a pipe open after the main one ended may write on; what fits in the pipe is taken. */
#define DRAIN_READS 32

static char *buffer;

/* Input the process has not taken yet. */
static struct {
	char *data;
	size_t start, length;
	bool close;
} pending;

/* Holding the terminal's other end open keeps the master from hanging up between two programs that use it. */
static int terminal_slave = -1;

char *scratch(void)
{
	if (!buffer) {
		buffer = mmap(NULL, SCRATCH_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (buffer == MAP_FAILED)
			abort();
	}
	return buffer;
}

void scratch_trim(void)
{
	if (buffer)
		munmap(buffer, SCRATCH_SIZE);
	buffer = NULL;
}

/* False when there is nothing to read for now, or ever. */
static bool read_output(int stream)
{
	struct source *source = &monitor.output[stream];
	char *data = scratch();
	ssize_t n;

	if (source->fd < 0)
		return false;
	n = read(source->fd, data, SCRATCH_SIZE);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n <= 0) {
		source_close(source);
		return false;
	}
	log_write(stream, data, (size_t)n);
	clients_deliver(stream, data, (size_t)n);
	return true;
}

static void handle_output(struct source *source, uint32_t events)
{
	(void)events;
	read_output((int)(source - monitor.output));
}

void stdio_watch(int stream, int fd)
{
	monitor.output[stream] = (struct source){ .fd = fd, .handle = handle_output };
	source_watch(&monitor.output[stream], EPOLLIN);
}

void stdio_terminal(int master, int slave)
{
	terminal_slave = slave;
	stdio_watch(1, master);
	if (monitor.program.open_stdin)
		monitor.input.fd = fcntl(master, F_DUPFD_CLOEXEC, 3);
}

void stdio_drain(void)
{
	int stream, reads;

	for (stream = 1; stream <= 2; stream++) {
		for (reads = 0; reads < DRAIN_READS && read_output(stream); reads++)
			;
	}
}

void stdio_end(void)
{
	source_close(&monitor.output[1]);
	source_close(&monitor.output[2]);
	source_close(&monitor.input);
	close_fd(&terminal_slave);
}

bool input_ready(void)
{
	return pending.length == 0;
}

static void drop_pending(void)
{
	free(pending.data);
	memset(&pending, 0, sizeof(pending));
}

static void flush_input(struct source *source, uint32_t events)
{
	ssize_t n = write(source->fd, pending.data + pending.start, pending.length);

	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n >= 0 && (size_t)n < pending.length) {
		pending.start += (size_t)n;
		pending.length -= (size_t)n;
		return;
	}
	if (n < 0 || pending.close)
		source_close(source);
	else
		source_unwatch(source);
	drop_pending();
	clients_update_input();
}

void input_write(const char *data, size_t size)
{
	ssize_t n;

	if (monitor.input.fd < 0)
		return;
	n = write(monitor.input.fd, data, size);
	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		source_close(&monitor.input);
		return;
	}
	if (n < 0)
		n = 0;
	if ((size_t)n == size)
		return;
	pending.start = 0;
	pending.length = size - (size_t)n;
	pending.data = malloc(pending.length);
	if (!pending.data)
		abort();
	memcpy(pending.data, data + n, pending.length);
	monitor.input.handle = flush_input;
	source_watch(&monitor.input, EPOLLOUT);
	clients_update_input();
}

/* A terminal has no end of input of its own: ^D is a character. */
void input_close(void)
{
	if (monitor.terminal)
		return;
	if (pending.length > 0)
		pending.close = true;
	else
		source_close(&monitor.input);
}
