#include <linux/bpf.h>
#include <linux/sched.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "clients.h"
#include "protocol.h"

/* <sched.h> and <linux/sched.h> do not go together. */
extern int setns(int fd, int type);

void launch_failed(uint32_t exit_code, int error, const char *stage, const char *format, ...)
{
	uint8_t payload[16 + sizeof(((struct failure *)0)->stage) + FAILURE_MESSAGE + 2], *at = payload;
	char message[FAILURE_MESSAGE];
	uint32_t numbers[2] = { exit_code, (uint32_t)error };
	const char *texts[2] = { stage, message };
	va_list args;
	int i;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	if (monitor.process.fd >= 0) {
		syscall(SYS_pidfd_send_signal, monitor.process.fd, SIGKILL, NULL, 0);
		waitid(P_PIDFD, (id_t)monitor.process.fd, &(siginfo_t){ 0 }, WEXITED);
	}
	if (monitor.state >= 0)
		state_remove();
	memcpy(at, numbers, sizeof(numbers));
	at += sizeof(numbers);
	for (i = 0; i < 2; i++) {
		uint32_t length = (uint32_t)strlen(texts[i]);

		memcpy(at, &length, sizeof(length));
		memcpy(at + sizeof(length), texts[i], length + 1);
		at += sizeof(length) + length + 1;
	}
	if (monitor.launcher_client)
		client_send(monitor.launcher_client, FRAME_FAILED, payload, (size_t)(at - payload));
	_exit((int)exit_code);
}

void launch_error(int error, const char *stage, const char *what)
{
	launch_failed(EXIT_SETUP, error, stage, "%s: %s", what, strerror(error));
}

/* The monitor's end does not block; the process's end does, as programs expect. */
static void make_pipe(int stream, int *for_child)
{
	int ends[2];
	int ours = stream == 0 ? 1 : 0;

	if (pipe2(ends, O_CLOEXEC) < 0 || fcntl(ends[ours], F_SETFL, O_NONBLOCK) < 0)
		launch_error(errno, "stdio", "make a pipe");
	*for_child = ends[!ours];
	if (stream == 0)
		monitor.input.fd = ends[ours];
	else
		stdio_watch(stream, ends[ours]);
}

static void make_stdio(void)
{
	if (monitor.terminal)
		return;
	/* Otherwise the child opens an empty one inside the container. */
	child.stdio[0] = -1;
	if (monitor.program.open_stdin)
		make_pipe(0, &child.stdio[0]);
	make_pipe(1, &child.stdio[1]);
	make_pipe(2, &child.stdio[2]);
}

/* The pid namespace is chosen before the fork: setns changes it only for children. */
static void choose_pid_namespace(void)
{
	const struct program *program = &monitor.program;
	auto_close int fd = -1;

	if (program->target) {
		child.target = (int)syscall(SYS_pidfd_open, program->target, 0);
		if (child.target < 0 || process_start_time(program->target) != program->target_start)
			launch_failed(EXIT_SETUP, ESRCH, "namespace", "container is not running");
		if (setns(child.target, CLONE_NEWPID) < 0)
			launch_error(errno, "namespace", "join the container's pid namespace");
	} else if (program->join_pid) {
		fd = open(program->join_pid, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || setns(fd, CLONE_NEWPID) < 0)
			launch_error(errno, "namespace", program->join_pid);
	}
}

/* cgroup v2 has no list of devices: a program that the kernel asks stands in for it. It goes with the cgroup. */
static void restrict_devices(int cgroup)
{
	const struct program *program = &monitor.program;
	union bpf_attr load = {
		.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE,
		.insn_cnt = (uint32_t)(program->device_filter_size / sizeof(struct bpf_insn)),
		.insns = (uint64_t)(uintptr_t)program->device_filter,
		.license = (uint64_t)(uintptr_t)"",
	};
	union bpf_attr attach = {
		.target_fd = (uint32_t)cgroup,
		.attach_type = BPF_CGROUP_DEVICE,
		.attach_flags = BPF_F_ALLOW_MULTI,
	};
	auto_close int filter = -1;

	if (!program->device_filter)
		return;
	filter = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof(load));
	if (filter < 0)
		launch_error(errno, "cgroup", "load the device filter");
	attach.attach_bpf_fd = (uint32_t)filter;
	if (syscall(SYS_bpf, BPF_PROG_ATTACH, &attach, sizeof(attach)) < 0)
		launch_error(errno, "cgroup", "attach the device filter");
}

static pid_t clone_child(int *pidfd)
{
	struct clone_args args = {
		.flags = monitor.program.clone_flags | CLONE_PIDFD,
		.pidfd = (uint64_t)(uintptr_t)pidfd,
		.exit_signal = SIGCHLD,
	};
	auto_close int cgroup = -1;
	pid_t pid;

	if (monitor.program.cgroup_dir) {
		cgroup = open(monitor.program.cgroup_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (cgroup < 0)
			launch_error(errno, "cgroup", monitor.program.cgroup_dir);
		restrict_devices(cgroup);
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)cgroup;
	}
	pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	if (pid < 0)
		launch_error(errno, "clone", "make the container's process and namespaces");
	return pid;
}

/* Takes the two ends of the terminal out of the message. */
static void take_terminal(struct msghdr *message)
{
	struct cmsghdr *header = CMSG_FIRSTHDR(message);
	int ends[2];

	if (!header || header->cmsg_type != SCM_RIGHTS || header->cmsg_len != CMSG_LEN(sizeof(ends)))
		launch_failed(EXIT_SETUP, EPROTO, "terminal", "the terminal was not handed over");
	memcpy(ends, CMSG_DATA(header), sizeof(ends));
	stdio_terminal(ends[0], ends[1]);
}

static void executed(void)
{
	source_close(&monitor.sync);
	if (monitor.phase != PHASE_EXECUTING)
		launch_failed(EXIT_SETUP, 0, "init",
			      "the process was killed while it was being set up (is the memory limit too low?)");
	monitor.phase = PHASE_RUNNING;
	monitor.started_at = now_ns();
	if (monitor.launcher_client)
		control_state(monitor.launcher_client, FRAME_STARTED);
	program_free(&monitor.program);
}

static void take_message(char *data, size_t size, struct msghdr *message)
{
	struct failure *failure = (struct failure *)data;

	switch (data[0]) {
	case SYNC_PTY:
		take_terminal(message);
		break;
	case SYNC_READY:
		monitor.phase = PHASE_HELD;
		if (monitor.launcher_client)
			control_state(monitor.launcher_client, FRAME_READY);
		break;
	case SYNC_WARNING:
		data[size] = 0;
		if (monitor.launcher_client)
			client_send(monitor.launcher_client, FRAME_WARNING, data + 1, size - 1);
		break;
	case SYNC_EXEC:
		monitor.phase = PHASE_EXECUTING;
		break;
	case SYNC_FAILED:
		if (size == sizeof(*failure))
			launch_failed(failure->exit_code, failure->error, failure->stage, "%s", failure->message);
		break;
	}
}

void sync_drain(void)
{
	union {
		struct failure failure;
		char data[sizeof(struct failure) + 1];
	} buffer;
	union {
		char space[CMSG_SPACE(2 * sizeof(int))];
		struct cmsghdr align;
	} control;

	while (monitor.sync.fd >= 0) {
		struct iovec part = { buffer.data, sizeof(struct failure) };
		struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.space,
					  .msg_controllen = sizeof(control.space) };
		ssize_t n = recvmsg(monitor.sync.fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0)
			executed();
		else
			take_message(buffer.data, (size_t)n, &message);
	}
}

static void handle_sync(struct source *source, uint32_t events)
{
	(void)source;
	(void)events;
	sync_drain();
}

void child_go(void)
{
	char message = SYNC_GO;

	if (send(monitor.sync.fd, &message, 1, MSG_NOSIGNAL) < 0)
		launch_error(errno, "hold", "start the process");
}

void spawn_child(void)
{
	int ends[2], pidfd = -1, i;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		launch_error(errno, "init", "make a socket pair");
	make_stdio();
	choose_pid_namespace();
	child.program = &monitor.program;
	child.sync = ends[1];
	monitor.pid = clone_child(&pidfd);
	if (monitor.pid == 0)
		child_run();
	close_fd(&child.sync);
	close_fd(&child.target);
	for (i = 0; i < 3; i++)
		close_fd(&child.stdio[i]);
	monitor.process.fd = pidfd;
	source_watch(&monitor.process, EPOLLIN);
	monitor.sync = (struct source){ .fd = ends[0], .handle = handle_sync };
	source_watch(&monitor.sync, EPOLLIN);
}
