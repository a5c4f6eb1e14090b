/*
 * The process that becomes the container's: it executes the operations of the program and then the user's program.
 * Its failures end it, after a report on the sync socket.
 */
#ifndef BERTH_CHILD_H
#define BERTH_CHILD_H

#include <stdint.h>
#include <sys/types.h>

#include "program.h"

/* What the child tells the monitor on the sync socket (SOCK_SEQPACKET), one byte first. End of file: executed. */
#define SYNC_PTY 'P'     /* with the pty's master and slave as ancillary data */
#define SYNC_READY 'R'   /* set up; waits for SYNC_GO */
#define SYNC_WARNING 'W' /* text */
#define SYNC_FAILED 'F'  /* struct failure */
#define SYNC_EXEC 'X'    /* about to execute */
#define SYNC_GO 'G'

#define FAILURE_MESSAGE 1024

struct failure {
	char kind;
	uint32_t exit_code;
	int32_t error;
	char stage[24];
	char message[FAILURE_MESSAGE];
};

struct identity {
	uint32_t uid, gid;
	uint32_t groups[64];
	size_t group_count;
	char home[256];
};

/* State of the child while it goes through its operations. */
struct child {
	int sync;
	int stdio[3];
	int pty;
	int root;
	int target;
	const struct program *program;
	const char *operation;
	struct identity identity;
	char **argv;
	size_t argc;
	char **envp;
	size_t envc;
	char *executable;
};

extern struct child child;

/* Executes the program's operations; the last one is OP_EXEC. */
_Noreturn void child_run(void);

/* Reports a failure of the current operation and ends the process. `error` is an errno or 0. */
_Noreturn void fail(uint32_t exit_code, int error, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* A failure of setting up, with `: strerror(error)` behind the message. */
_Noreturn void fail_errno(int error, const char *format, ...) __attribute__((format(printf, 2, 3)));
void warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* root.c: the root and the pivot to it */
void root_overlay(struct reader *r);
void root_bind(struct reader *r);
void root_attributes(struct reader *r);
void root_pivot(void);
void set_propagation(struct reader *r);

/* mounts.c */
void mount_file_system(struct reader *r);
void mount_bind(struct reader *r);
void mask_path(struct reader *r);
void make_read_only(struct reader *r);
void set_attributes(struct reader *r);
/* fsconfig of a string; ends the process with the kernel's own words on failure. */
void configure(int fs, const char *type, const char *key, const char *value);
_Noreturn void fail_mount(int fs, int error, const char *type, const char *target);

/* path.c: names inside the container's root, which are never resolved on the host */
int open_in_root(const char *path);
/* Opens `path`, after making what is missing of it: a directory, or an empty file in a directory. */
int ensure_in_root(const char *path, int is_directory);
/* Opens the directory that holds the last component, made when it is missing. */
int ensure_parent(const char *path, const char **name);

/* devices.c */
void make_device(struct reader *r);
void make_symlink(struct reader *r);
void open_pty(void);
void bind_console(void);
void attach_stdio(void);
void loopback_up(void);
void set_sysctl(struct reader *r);

/* user.c */
void resolve_user(const char *spec);
void add_group(const char *name);

/* identity.c: limits and privileges */
void set_rlimit(struct reader *r);
void set_oom_score(struct reader *r);
void drop_bounding(struct reader *r);
void switch_identity(void);
void set_capabilities(struct reader *r);
void install_seccomp(struct reader *r);

/* execute.c */
void add_string(char ***list, size_t *count, char *text);
const char *environment(const char *name);
void change_directory(const char *path);
void look_up(void);
_Noreturn void execute(void);

#endif
