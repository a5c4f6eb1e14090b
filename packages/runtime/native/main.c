/*
 * launcher serve SOCKET: takes connections from berthd and forks a monitor for each; berthd's launch program comes on
 * the connection. It is a process of its own because forking a small static program takes a fraction of what starting
 * one from Node takes. It ends when its standard input ends, that is with berthd; the monitors go on.
 *
 * launcher run: one monitor, with the connection as descriptor 3.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "monitor.h"
#include "protocol.h"

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

_Noreturn static void die(const char *what)
{
	fprintf(stderr, "launcher: %s: %s\n", what, strerror(errno));
	exit(EXIT_SETUP);
}

/*
 * Goes on as a sealed copy in memory. A container can reach the program of a process that enters it through
 * /proc/PID/exe; nobody can write to this one (CVE-2019-5736).
 */
static void run_from_sealed_copy(char **argv)
{
	auto_close int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	auto_close int copy = -1;
	struct stat status;
	off_t offset = 0;

	if (self < 0 || fstat(self, &status) < 0)
		die("open /proc/self/exe");
	if (fcntl(self, F_GET_SEALS) == SEALS)
		return;
	copy = memfd_create("berth-launcher", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (copy < 0)
		die("memfd_create");
	while (offset < status.st_size) {
		if (sendfile(copy, self, &offset, (size_t)(status.st_size - offset)) <= 0)
			die("copy the launcher");
	}
	if (fchmod(copy, 0500) < 0 || fcntl(copy, F_ADD_SEALS, SEALS) < 0)
		die("seal the launcher");
	fexecve(copy, argv, environ);
	die("execute the sealed launcher");
}

static int listen_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (strlen(path) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		die(path);
	}
	strcpy(address.sun_path, path);
	unlink(path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 512) < 0)
		die(path);
	return fd;
}

/* What `ps` shows. */
static void set_title(char **argv, const char *text)
{
	char *end = argv[0];
	int i;

	for (i = 0; argv[i]; i++)
		end = argv[i] + strlen(argv[i]);
	memset(argv[0], 0, (size_t)(end - argv[0]));
	snprintf(argv[0], (size_t)(end - argv[0]), "%s", text);
}

static void forget_parent(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), fd;

	for (fd = 0; fd < 3; fd++)
		dup2(null, fd);
	close_fd(&null);
	setsid();
	if (chdir("/") < 0)
		die("/");
	signal(SIGCHLD, SIG_DFL);
}

_Noreturn static void serve(char **argv)
{
	struct pollfd watched[2] = { { .events = POLLIN }, { .fd = 0, .events = POLLIN } };
	int listener;
	char byte;

	/* What berthd inherited (a pipe to whoever started it) would stay open until the last container ends. */
	if (close_range(3, ~0u, 0) < 0 && errno != ENOSYS)
		die("close inherited descriptors");
	listener = listen_at(argv[2]);
	watched[0].fd = listener;
	/* Monitors that end are nobody's children to wait for. */
	signal(SIGCHLD, SIG_IGN);
	if (!write_all(1, "ready\n", 6))
		exit(0);
	for (;;) {
		int connection;

		if (poll(watched, 2, -1) < 0)
			continue;
		if (watched[1].revents && read(0, &byte, 1) <= 0)
			exit(0);
		if (!(watched[0].revents & POLLIN))
			continue;
		connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (connection >= 0 && fork() == 0) {
			close_fd(&listener);
			forget_parent();
			set_title(argv, "berth-launcher");
			monitor_run(connection);
		}
		close_fd(&connection);
	}
}

int main(int argc, char **argv)
{
	bool is_serve = argc == 3 && strcmp(argv[1], "serve") == 0;

	if (!is_serve && !(argc == 2 && strcmp(argv[1], "run") == 0)) {
		fprintf(stderr, "usage: launcher serve SOCKET | launcher run\n");
		return 2;
	}
	run_from_sealed_copy(argv);
	prctl(PR_SET_NAME, "berth-launcher", 0, 0, 0);
	/* Processes of a container that is entered must neither trace this one nor look at its descriptors. */
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	umask(0077);
	signal(SIGPIPE, SIG_IGN);
	if (is_serve)
		serve(argv);
	forget_parent();
	if (fcntl(3, F_SETFD, FD_CLOEXEC) < 0)
		die("descriptor 3");
	monitor_run(3);
}
