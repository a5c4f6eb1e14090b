#include "monitor.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clients.h"
#include "log.h"
#include "protocol.h"

#define IDLE_MS 1000
#define KILL_ROUNDS 20
#define KILL_WAIT_MS 500

struct monitor monitor;

void source_watch(struct source *source, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = source };

	if (epoll_ctl(monitor.epoll, source->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, source->fd, &event) < 0)
		abort();
	source->watched = true;
	source->events = events;
}

void source_unwatch(struct source *source)
{
	if (source->watched)
		epoll_ctl(monitor.epoll, EPOLL_CTL_DEL, source->fd, NULL);
	source->watched = false;
	source->events = 0;
}

void source_close(struct source *source)
{
	if (source->fd < 0)
		return;
	source_unwatch(source);
	close_fd(&source->fd);
}

static void kill_and_wait(pid_t pid)
{
	auto_close int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd death = { .fd = fd, .events = POLLIN };

	/* One that hangs in the kernel (a dead network file system) must not hold up the others for ever. */
	if (fd >= 0 && syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0) == 0)
		poll(&death, 1, KILL_WAIT_MS);
}

/* In a pid namespace of its own everything died with the first process; in a shared one somebody must do it. */
static void kill_rest(void)
{
	int round;

	for (round = 0; monitor.kill_file && round < KILL_ROUNDS; round++) {
		FILE *file = fopen(monitor.kill_file, "re");
		bool any = false;
		int pid;

		while (file && fscanf(file, "%d", &pid) == 1) {
			kill_and_wait(pid);
			any = true;
		}
		if (file)
			fclose(file);
		if (!any)
			return;
	}
}

static void ended(struct source *source, uint32_t events)
{
	siginfo_t status = { 0 };

	(void)events;
	sync_drain();
	if (waitid(P_PIDFD, (id_t)source->fd, &status, WEXITED | WNOHANG) < 0 || status.si_pid == 0)
		return;
	monitor.exit_code = (uint32_t)(status.si_code == CLD_EXITED ? status.si_status : 128 + status.si_status);
	source_close(source);
	kill_rest();
	stdio_drain();
	stdio_end();
	log_end();
	monitor.oom_killed = oom_kills() > monitor.oom_before;
	monitor.exited_at = now_ns();
	monitor.phase = PHASE_ENDED;
	clients_accept_all();
	/* Whoever finds nobody listening must find the exit file. */
	if (monitor.ephemeral)
		state_remove();
	else
		state_write_exit();
	source_close(&monitor.listener);
	control_exit(NULL);
	clients_close();
}

static char *copy(const char *text)
{
	char *result = text ? strdup(text) : NULL;

	if (text && !result)
		launch_error(ENOMEM, "init", "hold the settings");
	return result;
}

static void read_settings(void)
{
	const struct program *program = &monitor.program;

	monitor.terminal = program->terminal;
	monitor.ephemeral = program->ephemeral;
	monitor.spill_dir = copy(program->spill_dir ? program->spill_dir : program->state_dir);
	monitor.oom_file = copy(program->oom_file);
	monitor.kill_file = copy(program->kill_file);
}

static void open_log(void)
{
	const struct program *program = &monitor.program;
	int error = 0;

	if (program->log_path)
		error = log_open(program->log_path, program->log_max_size, program->log_max_files);
	if (error < 0)
		launch_error(-error, "log", program->log_path);
}

static void loop(void)
{
	struct epoll_event events[16];
	bool active = true;

	while (clients_sweep() || monitor.phase != PHASE_ENDED) {
		int count = epoll_wait(monitor.epoll, events, 16, active ? IDLE_MS : -1), i;

		if (count == 0) {
			log_trim();
			scratch_trim();
			malloc_trim(0);
		}
		active = count != 0;
		for (i = 0; i < count; i++) {
			struct source *source = events[i].data.ptr;

			/* An earlier event of this round may have closed it. */
			if (source->fd >= 0 && source->watched)
				source->handle(source, events[i].events);
		}
	}
}

void monitor_run(int connection)
{
	int i;

	monitor.state = -1;
	monitor.process = (struct source){ .fd = -1, .handle = ended };
	monitor.sync.fd = monitor.listener.fd = monitor.input.fd = -1;
	for (i = 0; i < 3; i++)
		monitor.output[i].fd = -1;
	monitor.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (monitor.epoll < 0 || !program_read(&monitor.program, connection))
		_exit(EXIT_SETUP);
	if (fcntl(connection, F_SETFL, O_NONBLOCK) < 0)
		_exit(EXIT_SETUP);
	monitor.launcher_client = client_add(connection);
	if (!monitor.launcher_client)
		_exit(EXIT_SETUP);
	monitor.launcher_client->controls = true;
	state_open(monitor.program.state_dir);
	read_settings();
	spawn_child();
	/* While the child sets itself up: */
	open_log();
	state_listen();
	monitor.start_time = process_start_time(monitor.pid);
	monitor.oom_before = oom_kills();
	state_write();
	loop();
	_exit(0);
}
