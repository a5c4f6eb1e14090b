#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "protocol.h"

struct child child = { .sync = -1, .stdio = { -1, -1, -1 }, .pty = -1, .root = -1, .target = -1 };

_Noreturn static void report(uint32_t exit_code, int error, const char *suffix, const char *format, va_list args)
{
	struct failure failure = { .kind = SYNC_FAILED, .exit_code = exit_code, .error = error };
	int n;

	snprintf(failure.stage, sizeof(failure.stage), "%s", child.operation);
	n = vsnprintf(failure.message, sizeof(failure.message), format, args);
	if (suffix && n >= 0 && (size_t)n < sizeof(failure.message))
		snprintf(failure.message + n, sizeof(failure.message) - (size_t)n, ": %s", suffix);
	/* write and not send: a container's seccomp filter may be active already and refuse socket calls. */
	if (write(child.sync, &failure, sizeof(failure)) < 0)
		_exit(EXIT_SETUP);
	_exit((int)exit_code);
}

void fail(uint32_t exit_code, int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	report(exit_code, error, NULL, format, args);
}

/* strerror in lower case, as Docker's clients know the words from Go. */
static const char *error_text(int error)
{
	static char text[128];

	snprintf(text, sizeof(text), "%s", strerror(error));
	if (text[0] >= 'A' && text[0] <= 'Z' && !(text[1] >= 'A' && text[1] <= 'Z'))
		text[0] = (char)(text[0] + 'a' - 'A');
	return text;
}

void fail_errno(int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	report(EXIT_SETUP, error, error_text(error), format, args);
}

void warn(const char *format, ...)
{
	char text[FAILURE_MESSAGE] = { SYNC_WARNING };
	va_list args;

	va_start(args, format);
	vsnprintf(text + 1, sizeof(text) - 1, format, args);
	va_end(args);
	if (send(child.sync, text, strlen(text), MSG_NOSIGNAL) < 0)
		fail_errno(errno, "report a warning");
}

static void join_namespace(struct reader *r)
{
	int type = (int)read_u32(r);
	const char *path = read_string(r);
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		fail_errno(errno, "open namespace %s", path);
	if (setns(fd, type) < 0)
		fail_errno(errno, "join namespace %s", path);
}

/* Everything of the running container at once; its pid namespace was chosen before the fork. */
static void enter_target(struct reader *r)
{
	int flags = (int)read_u32(r);

	if (setns(child.target, flags) < 0)
		fail_errno(errno, "join the container's namespaces");
	if (chdir("/") < 0)
		fail_errno(errno, "enter the container's root");
}

/* A single-threaded process writing "0" to `tasks` is moved without the kernel's lock over all thread groups. */
static void join_cgroup(struct reader *r)
{
	const char *path = read_string(r);
	int error = write_file(AT_FDCWD, path, "0", 1, 0);

	if (error < 0)
		fail_errno(-error, "join cgroup %s", path);
}

static void unshare_namespaces(struct reader *r)
{
	if (unshare((int)read_u64(r)) < 0)
		fail_errno(errno, "make namespaces");
}

static void set_host_name(struct reader *r, int (*set)(const char *, size_t))
{
	const char *name = read_string(r);

	if (set(name, strlen(name)) < 0)
		fail_errno(errno, "set name \"%s\"", name);
}

static void wait_for_go(void)
{
	char message = SYNC_READY;

	if (send(child.sync, &message, 1, MSG_NOSIGNAL) < 0 || recv(child.sync, &message, 1, 0) != 1 ||
	    message != SYNC_GO)
		_exit(EXIT_SETUP);
}

static void no_new_privileges(void)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		fail_errno(errno, "set no_new_privs");
}

static void add_environment(struct reader *r)
{
	add_string(&child.envp, &child.envc, (char *)(uintptr_t)read_string(r));
}

static void add_argument(struct reader *r)
{
	add_string(&child.argv, &child.argc, (char *)(uintptr_t)read_string(r));
}

static void set_domain_name(struct reader *r) { set_host_name(r, setdomainname); }
static void set_hostname(struct reader *r) { set_host_name(r, sethostname); }
static void pivot(struct reader *r) { (void)r; root_pivot(); }
static void pty(struct reader *r) { (void)r; open_pty(); }
static void console(struct reader *r) { (void)r; bind_console(); }
static void stdio(struct reader *r) { (void)r; attach_stdio(); }
static void loopback(struct reader *r) { (void)r; loopback_up(); }
static void user(struct reader *r) { resolve_user(read_string(r)); }
static void group(struct reader *r) { add_group(read_string(r)); }
static void cwd(struct reader *r) { change_directory(read_string(r)); }
static void mask(struct reader *r) { umask(read_u32(r)); }
static void identity(struct reader *r) { (void)r; switch_identity(); }
static void lookup(struct reader *r) { (void)r; look_up(); }
static void hold(struct reader *r) { (void)r; wait_for_go(); }
static void no_new_privs(struct reader *r) { (void)r; no_new_privileges(); }
static void exec(struct reader *r) { (void)r; execute(); }

static const struct {
	const char *name;
	void (*run)(struct reader *r);
} operations[] = {
	[OP_CGROUP_TASKS] = { "cgroup", join_cgroup },
	[OP_JOIN] = { "namespace", join_namespace },
	[OP_UNSHARE] = { "namespace", unshare_namespaces },
	[OP_PROPAGATION] = { "rootfs", set_propagation },
	[OP_ROOT_OVERLAY] = { "rootfs", root_overlay },
	[OP_ROOT_BIND] = { "rootfs", root_bind },
	[OP_MOUNT] = { "mount", mount_file_system },
	[OP_BIND] = { "mount", mount_bind },
	[OP_DEVICE] = { "device", make_device },
	[OP_SYMLINK] = { "device", make_symlink },
	[OP_MASK] = { "mask", mask_path },
	[OP_READONLY] = { "readonly", make_read_only },
	[OP_ROOT_ATTRIBUTES] = { "rootfs", root_attributes },
	[OP_PIVOT] = { "rootfs", pivot },
	[OP_PTY] = { "terminal", pty },
	[OP_CONSOLE] = { "terminal", console },
	[OP_STDIO] = { "terminal", stdio },
	[OP_SYSCTL] = { "sysctl", set_sysctl },
	[OP_HOSTNAME] = { "hostname", set_hostname },
	[OP_DOMAINNAME] = { "hostname", set_domain_name },
	[OP_LOOPBACK] = { "network", loopback },
	[OP_RLIMIT] = { "rlimit", set_rlimit },
	[OP_OOM_SCORE] = { "oom", set_oom_score },
	[OP_ENV] = { "env", add_environment },
	[OP_ARG] = { "args", add_argument },
	[OP_USER] = { "user", user },
	[OP_GROUP] = { "user", group },
	[OP_CWD] = { "cwd", cwd },
	[OP_UMASK] = { "umask", mask },
	[OP_BOUNDING] = { "capabilities", drop_bounding },
	[OP_IDENTITY] = { "user", identity },
	[OP_LOOKUP] = { "exec", lookup },
	[OP_HOLD] = { "hold", hold },
	[OP_NO_NEW_PRIVILEGES] = { "privileges", no_new_privs },
	[OP_SECCOMP] = { "seccomp", install_seccomp },
	[OP_CAPABILITIES] = { "capabilities", set_capabilities },
	[OP_EXEC] = { "exec", exec },
	[OP_ENTER] = { "namespace", enter_target },
	[OP_ATTRIBUTES] = { "mount", set_attributes },
};

void child_run(void)
{
	struct reader all = child.program->child;

	child.operation = "program";
	umask(0);
	while (all.left > 0) {
		uint16_t code = read_u16(&all);
		size_t length;
		const uint8_t *bytes = read_bytes(&all, &length);
		struct reader payload = { bytes, length, false };

		if (all.bad || code > OP_LAST_CHILD || !operations[code].run)
			fail(EXIT_SETUP, EINVAL, "malformed launch program at operation %u", code);
		child.operation = operations[code].name;
		operations[code].run(&payload);
		if (payload.bad || payload.left > 0)
			fail(EXIT_SETUP, EINVAL, "malformed operation %u in the launch program", code);
	}
	fail(EXIT_SETUP, EINVAL, "launch program without an end");
}
