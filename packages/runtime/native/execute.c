#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "child.h"
#include "protocol.h"

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* The list always ends with NULL. */
void add_string(char ***list, size_t *count, char *text)
{
	/* Grows when the count reaches a power of two. */
	if (*list == NULL || (*count >= 15 && ((*count + 1) & *count) == 0)) {
		size_t capacity = *list ? (*count + 1) * 2 : 16;
		char **bigger = realloc(*list, capacity * sizeof(char *));

		if (!bigger)
			fail_errno(ENOMEM, "hold arguments and environment");
		*list = bigger;
	}
	(*list)[(*count)++] = text;
	(*list)[*count] = NULL;
}

const char *environment(const char *name)
{
	size_t length = strlen(name), i;

	/* The last one wins, as it does for the program. */
	for (i = child.envc; i-- > 0;) {
		if (strncmp(child.envp[i], name, length) == 0 && child.envp[i][length] == '=')
			return child.envp[i] + length + 1;
	}
	return NULL;
}

static int make_directories(const char *path)
{
	char copy[PATH_MAX];
	char *at;

	if (snprintf(copy, sizeof(copy), "%s", path) >= (int)sizeof(copy))
		return -ENAMETOOLONG;
	for (at = copy + 1; *at; at++) {
		if (*at != '/')
			continue;
		*at = 0;
		if (mkdir(copy, 0755) < 0 && errno != EEXIST && errno != EROFS)
			return -errno;
		*at = '/';
	}
	return mkdir(copy, 0755) < 0 && errno != EEXIST ? -errno : 0;
}

/* A missing working directory is made for the container, not for a process that enters it, as Docker does. */
void change_directory(const char *path)
{
	char where[PATH_MAX];
	int error;

	if (chdir(path) == 0)
		goto check;
	if (errno == ENOENT && child.target < 0) {
		error = make_directories(path);
		if (error < 0)
			fail_errno(-error, "mkdir %s", path);
	}
	if (chdir(path) < 0)
		fail_errno(errno, "chdir to cwd (\"%s\") set in config.json failed", path);
check:
	/* A directory outside the root (through a leaked descriptor) has no name here: CVE-2024-21626. */
	if (syscall(SYS_getcwd, where, sizeof(where)) < 0 || where[0] != '/')
		fail(EXIT_SETUP, EINVAL, "current working directory is outside of container mount namespace root");
}

/* 0, or why this file cannot be executed by the process as it is now. */
static int executable_error(const char *path)
{
	struct stat status;

	if (stat(path, &status) < 0)
		return errno;
	if (S_ISDIR(status.st_mode))
		return EISDIR;
	if (faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) < 0)
		return errno;
	return status.st_mode & 0111 ? 0 : EACCES;
}

static void look_up_path(const char *name)
{
	const char *path = environment("PATH");
	const char *at = path && *path ? path : DEFAULT_PATH;

	for (;; at++) {
		size_t length = strcspn(at, ":");
		char file[PATH_MAX];
		int n = snprintf(file, sizeof(file), "%.*s/%s", (int)length, length ? at : ".", name);

		if (length == 0)
			n = snprintf(file, sizeof(file), "./%s", name);
		if (n < (int)sizeof(file) && executable_error(file) == 0) {
			child.executable = strdup(file);
			return;
		}
		at += length;
		if (*at == 0)
			break;
	}
	fail(EXIT_NOT_FOUND, ENOENT, "exec: \"%s\": executable file not found in $PATH", name);
}

/* Finds the program, as the user who will run it, so that the error is known before anything starts. */
void look_up(void)
{
	const char *name = child.argc > 0 ? child.argv[0] : "";
	int error;

	if (!strchr(name, '/')) {
		look_up_path(name);
		return;
	}
	error = executable_error(name);
	if (error == ENOENT || error == ENOTDIR)
		fail(EXIT_NOT_FOUND, error, "exec: \"%s\": stat %s: %s", name, name,
		     error == ENOENT ? "no such file or directory" : "not a directory");
	if (error == EISDIR)
		fail(EXIT_NOT_EXECUTABLE, error, "exec: \"%s\": is a directory", name);
	if (error)
		fail(EXIT_NOT_EXECUTABLE, error, "exec: \"%s\": permission denied", name);
	child.executable = (char *)(uintptr_t)name;
}

static void set_home(void)
{
	char *text;

	if (environment("HOME"))
		return;
	if (asprintf(&text, "HOME=%s", child.identity.home[0] ? child.identity.home : "/") < 0)
		fail_errno(ENOMEM, "hold the environment");
	add_string(&child.envp, &child.envc, text);
}

static void reset_signals(void)
{
	sigset_t none;
	int signal_number;

	for (signal_number = 1; signal_number < NSIG; signal_number++)
		signal(signal_number, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

void execute(void)
{
	char message = SYNC_EXEC;
	int error;

	set_home();
	reset_signals();
	/* Everything is opened close-on-exec; this is for whatever a future change forgets. */
	if (close_range(3, ~0u, CLOSE_RANGE_CLOEXEC) < 0 && errno != ENOSYS && errno != EINVAL && errno != EPERM)
		fail_errno(errno, "close descriptors");
	/* The container ends with its launcher: nobody else could tell how it ended. */
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (write(child.sync, &message, 1) < 0)
		fail_errno(errno, "report the start");
	execve(child.executable, child.argv, child.envp);
	error = errno;
	if (error == ENOENT)
		fail(EXIT_NOT_FOUND, error, "exec %s: no such file or directory", child.executable);
	if (error == ENOEXEC)
		fail(EXIT_NOT_EXECUTABLE, error, "exec %s: exec format error", child.executable);
	if (error == EACCES)
		fail(EXIT_NOT_EXECUTABLE, error, "exec %s: permission denied", child.executable);
	fail(EXIT_NOT_EXECUTABLE, error, "exec %s: %s", child.executable, strerror(error));
}
