/* Requests of berthd, and what it is told. */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "clients.h"
#include "protocol.h"

static void done(struct client *client, int error)
{
	uint32_t number = (uint32_t)error;

	client_send(client, FRAME_DONE, &number, sizeof(number));
}

static void put(uint8_t **at, const void *value, size_t size)
{
	memcpy(*at, value, size);
	*at += size;
}

void control_state(struct client *client, uint8_t type)
{
	uint8_t payload[21], *at = payload;
	uint32_t pid = (uint32_t)monitor.pid;
	uint8_t terminal = monitor.terminal;

	put(&at, &pid, sizeof(pid));
	put(&at, &monitor.start_time, 8);
	put(&at, &monitor.started_at, 8);
	put(&at, &terminal, 1);
	client_send(client, type, payload, (size_t)(at - payload));
}

void control_exit(struct client *client)
{
	uint8_t payload[13], *at = payload;
	uint8_t oom = monitor.oom_killed;

	put(&at, &monitor.exit_code, 4);
	put(&at, &monitor.exited_at, 8);
	put(&at, &oom, 1);
	if (client)
		client_send(client, FRAME_EXIT, payload, (size_t)(at - payload));
	else
		clients_tell(FRAME_EXIT, payload, (size_t)(at - payload));
}

/* Through the pidfd: a number that went to another process meanwhile cannot be hit. */
static int send_signal(struct reader *payload)
{
	int number = (int)read_u32(payload);

	if (monitor.process.fd < 0)
		return ESRCH;
	return syscall(SYS_pidfd_send_signal, monitor.process.fd, number, NULL, 0) < 0 ? errno : 0;
}

static int resize(struct reader *payload)
{
	struct winsize size = { 0 };

	size.ws_row = (unsigned short)read_u32(payload);
	size.ws_col = (unsigned short)read_u32(payload);
	if (!monitor.terminal)
		return ENOTTY;
	if (monitor.output[1].fd < 0)
		return ESRCH;
	return ioctl(monitor.output[1].fd, TIOCSWINSZ, &size) < 0 ? errno : 0;
}

static void go(void)
{
	if (monitor.phase != PHASE_HELD)
		return;
	clients_accept_all();
	child_go();
}

bool control_frame(struct client *client, uint8_t type, struct reader *payload)
{
	switch (type) {
	case FRAME_GO:
		if (client != monitor.launcher_client)
			return false;
		go();
		return true;
	case FRAME_SIGNAL:
		done(client, send_signal(payload));
		break;
	case FRAME_RESIZE:
		done(client, resize(payload));
		break;
	case FRAME_ATTACH:
		client->attached = true;
		client->flags = (uint8_t)read_u32(payload);
		break;
	case FRAME_CONTROL:
		client->controls = true;
		control_state(client, FRAME_STARTED);
		break;
	default:
		return false;
	}
	return !payload->bad;
}
