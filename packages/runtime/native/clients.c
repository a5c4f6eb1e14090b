#include "clients.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "protocol.h"

static struct client *clients;

static void update(struct client *client)
{
	uint32_t events = 0;
	bool feeds = client->attached && client->flags & ATTACH_STDIN;

	if (client->dead)
		return;
	if (!client->input_done && (!feeds || input_ready()))
		events |= EPOLLIN;
	if (!queue_empty(&client->queue))
		events |= EPOLLOUT;
	else if (client->closing)
		client->dead = true;
	if (client->source.events != events)
		source_watch(&client->source, events);
}

/* The socket itself is closed by clients_sweep: the events at hand may still name this client. */
static void drop(struct client *client)
{
	if (client->flags & ATTACH_STDIN_ONCE && !client->dead)
		input_close();
	client->dead = true;
	if (client == monitor.launcher_client)
		monitor.launcher_client = NULL;
}

static void enqueue(struct client *client, const void *data, size_t size)
{
	if (!queue_add(&client->queue, data, size, monitor.spill_dir))
		drop(client);
}

/* `head` and `data` in one go when the client keeps up; the rest waits in the queue. */
static void send_parts(struct client *client, const void *head, size_t head_size, const void *data, size_t size)
{
	struct iovec parts[2] = { { (void *)(uintptr_t)head, head_size }, { (void *)(uintptr_t)data, size } };
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };
	size_t sent = 0;

	if (client->dead)
		return;
	if (queue_empty(&client->queue)) {
		ssize_t n = sendmsg(client->source.fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && errno != EAGAIN) {
			drop(client);
			return;
		}
		sent = n < 0 ? 0 : (size_t)n;
	}
	if (sent < head_size) {
		enqueue(client, (const char *)head + sent, head_size - sent);
		sent = head_size;
	}
	enqueue(client, (const char *)data + (sent - head_size), size - (sent - head_size));
	update(client);
}

void client_send(struct client *client, uint8_t type, const void *payload, size_t size)
{
	uint8_t head[5];
	uint32_t length = (uint32_t)size + 1;

	memcpy(head, &length, 4);
	head[4] = type;
	send_parts(client, head, sizeof(head), payload, size);
}

void clients_tell(uint8_t type, const void *payload, size_t size)
{
	struct client *client;

	for (client = clients; client; client = client->next) {
		if (client->controls)
			client_send(client, type, payload, size);
	}
}

void clients_deliver(int stream, const char *data, size_t size)
{
	uint8_t head[8] = { (uint8_t)stream, 0, 0, 0, (uint8_t)(size >> 24), (uint8_t)(size >> 16),
			    (uint8_t)(size >> 8), (uint8_t)size };
	uint8_t wanted = stream == 1 ? ATTACH_STDOUT : ATTACH_STDERR;
	struct client *client;

	if (monitor.terminal)
		wanted = ATTACH_STDOUT | ATTACH_STDERR;
	for (client = clients; client; client = client->next) {
		if (client->attached && client->flags & wanted)
			send_parts(client, head, monitor.terminal ? 0 : sizeof(head), data, size);
	}
}

/* One frame at a time, never a byte more: what follows ATTACH is input for the process. */
static bool read_frame(struct client *client)
{
	uint32_t length = 0;
	size_t wanted = 5;
	ssize_t n;

	if (client->frame_length >= 5) {
		memcpy(&length, client->frame, 4);
		if (length < 1 || length > sizeof(client->frame) - 4)
			return false;
		wanted = 4 + length;
	}
	if (client->frame_length < wanted) {
		n = recv(client->source.fd, client->frame + client->frame_length, wanted - client->frame_length, MSG_DONTWAIT);
		if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
			return false;
		client->frame_length += n < 0 ? 0 : (size_t)n;
	}
	if (client->frame_length >= 5)
		memcpy(&length, client->frame, 4);
	if (length == 0 || client->frame_length < 4 + length)
		return true;
	struct reader payload = { client->frame + 5, length - 1, false };
	client->frame_length = 0;
	return control_frame(client, client->frame[4], &payload);
}

/* Half a close means the end of the input; a broken connection only means that this client went away. */
static void read_input(struct client *client, uint32_t events)
{
	char *data = scratch();
	ssize_t n = recv(client->source.fd, data, SCRATCH_SIZE, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0) {
		if (client->flags & ATTACH_STDIN)
			input_write(data, (size_t)n);
		return;
	}
	client->input_done = true;
	if (n < 0 || events & (EPOLLHUP | EPOLLERR))
		drop(client);
	else if (client->flags & ATTACH_STDIN)
		input_close();
}

static void handle(struct source *source, uint32_t events)
{
	struct client *client = (struct client *)source;

	if (client->dead)
		return;
	if (events & EPOLLOUT && !queue_send(&client->queue, source->fd))
		drop(client);
	if (client->dead)
		return;
	if (!client->attached && events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
		if (!read_frame(client)) {
			bool launching = client == monitor.launcher_client && monitor.phase < PHASE_EXECUTING;

			drop(client);
			/* berthd went away while it had not said yet that the process should run. */
			if (launching)
				launch_failed(EXIT_SETUP, 0, "hold", "the engine went away");
		}
	} else if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
		if (client->input_done && events & (EPOLLHUP | EPOLLERR))
			drop(client);
		else if (events & EPOLLIN || !(client->flags & ATTACH_STDIN) || input_ready())
			read_input(client, events);
		else
			drop(client);
	}
	update(client);
}

struct client *client_add(int fd)
{
	struct client *client = calloc(1, sizeof(*client));

	if (!client) {
		close(fd);
		return NULL;
	}
	client->source = (struct source){ .fd = fd, .handle = handle };
	queue_init(&client->queue);
	client->next = clients;
	clients = client;
	update(client);
	return client;
}

void clients_accept(struct source *source, uint32_t events)
{
	int fd = accept4(source->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)events;
	if (fd >= 0)
		client_add(fd);
}

void clients_accept_all(void)
{
	struct client *client;
	int fd;

	while ((fd = accept4(monitor.listener.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0)
		client_add(fd);
	for (client = clients; client; client = client->next) {
		/* Twice: the head, then the rest. */
		if (!client->attached && !client->controls && !client->dead &&
		    (!read_frame(client) || (!client->attached && !read_frame(client))))
			drop(client);
	}
}

void clients_update_input(void)
{
	struct client *client;

	for (client = clients; client; client = client->next)
		update(client);
}

void clients_close(void)
{
	struct client *client;

	for (client = clients; client; client = client->next) {
		client->closing = true;
		client->input_done = true;
		update(client);
	}
}

bool clients_sweep(void)
{
	struct client **at = &clients;

	while (*at) {
		struct client *client = *at;

		if (!client->dead) {
			at = &client->next;
			continue;
		}
		*at = client->next;
		source_close(&client->source);
		queue_free(&client->queue);
		free(client);
	}
	return clients != NULL;
}
