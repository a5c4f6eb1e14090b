/* The state directory: launcher.sock, state (who runs, for a new berthd), exit (how it ended). */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "clients.h"

static const char *const files[] = { "launcher.sock", "state", "exit", "exit.new" };

static void remove_files(void)
{
	size_t i;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		unlinkat(monitor.state, files[i], 0);
}

void state_open(const char *path)
{
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		launch_error(errno, "state", path);
	monitor.state = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (monitor.state < 0)
		launch_error(errno, "state", path);
	/* Of an earlier run of the same container. */
	remove_files();
}

void state_listen(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	/* Through the descriptor: the path itself may be longer than an address can hold. */
	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/launcher.sock", monitor.state);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 128) < 0)
		launch_error(errno, "state", "listen on launcher.sock");
	monitor.listener = (struct source){ .fd = fd, .handle = clients_accept };
	source_watch(&monitor.listener, EPOLLIN);
}

void state_write(void)
{
	const char *blob = monitor.program.state_blob ? monitor.program.state_blob : "null";
	char *text;
	int length, error;

	length = asprintf(&text, "{\"pid\":%d,\"startTime\":\"%llu\",\"runtime\":%s}\n", monitor.pid,
			  (unsigned long long)monitor.start_time, blob);
	error = length < 0 ? -ENOMEM : write_file(monitor.state, "state", text, (size_t)length, O_CREAT | O_TRUNC);
	if (error < 0)
		launch_error(-error, "state", "write the state file");
	free(text);
}

void state_write_exit(void)
{
	char text[128];
	int length = snprintf(text, sizeof(text), "{\"exitCode\":%u,\"exitedAt\":\"%llu\",\"oomKilled\":%s}\n",
			      monitor.exit_code, (unsigned long long)monitor.exited_at,
			      monitor.oom_killed ? "true" : "false");

	if (write_file(monitor.state, "exit.new", text, (size_t)length, O_CREAT | O_TRUNC) == 0)
		renameat(monitor.state, "exit.new", monitor.state, "exit");
}

void state_remove(void)
{
	char path[64], name[4096];
	ssize_t length;

	remove_files();
	/* The program, with the directory's name, is gone once the process runs. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", monitor.state);
	length = readlink(path, name, sizeof(name) - 1);
	if (length > 0) {
		name[length] = 0;
		rmdir(name);
	}
}

uint64_t oom_kills(void)
{
	char text[4096];
	const char *at;

	if (!monitor.oom_file || read_file(monitor.oom_file, text, sizeof(text)) <= 0)
		return 0;
	at = strstr(text, "oom_kill ");
	return at ? strtoull(at + strlen("oom_kill "), NULL, 10) : 0;
}
