/*
 * The monitor: one process per container (or exec). It owns the output pipes or the terminal, the log, the sockets of
 * the clients, and tells how the process ended. One thread, one epoll loop.
 */
#ifndef BERTH_MONITOR_H
#define BERTH_MONITOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "program.h"

/* Something epoll watches. `handle` gets the events; `fd` is -1 when it is closed. */
struct source {
	int fd;
	uint32_t events;
	bool watched;
	void (*handle)(struct source *source, uint32_t events);
};

enum phase { PHASE_SETTING_UP, PHASE_HELD, PHASE_EXECUTING, PHASE_RUNNING, PHASE_ENDED };

struct monitor {
	enum phase phase;
	struct program program;
	bool terminal;
	int epoll;
	int state;
	pid_t pid;
	uint64_t start_time, started_at, exited_at;
	uint32_t exit_code;
	bool oom_killed;
	uint64_t oom_before;
	struct source process;
	struct source sync;
	struct source listener;
	struct source output[3]; /* 1 and 2; the terminal is 1 */
	struct source input;
	struct client *launcher_client;
	/* Copies that outlive the program. */
	char *spill_dir, *oom_file, *kill_file;
	bool ephemeral;
};

extern struct monitor monitor;

/* Runs one launch on the connection from berthd, to the very end of the process and its clients. */
_Noreturn void monitor_run(int connection);

/* Makes epoll watch a source for these events, and always for errors and hang-ups. */
void source_watch(struct source *source, uint32_t events);
void source_unwatch(struct source *source);
void source_close(struct source *source);

/* spawn.c: making the child, and what it tells while it sets itself up */
void spawn_child(void);
/* Takes all messages of the child that have arrived. */
void sync_drain(void);
void child_go(void);
/* Ends everything after a failure: tells berthd, removes the state directory, exits. */
_Noreturn void launch_failed(uint32_t exit_code, int error, const char *stage, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
_Noreturn void launch_error(int error, const char *stage, const char *what);

/* state.c: files in the state directory */
void state_open(const char *path);
void state_write(void);
void state_write_exit(void);
/* Removes what was put into the directory and the directory. */
void state_remove(void);
void state_listen(void);
uint64_t oom_kills(void);

/* stdio.c: the process's output and input */
void stdio_watch(int stream, int fd);
void stdio_terminal(int master, int slave);
void stdio_drain(void);
void stdio_end(void);
/* What clients type. False while earlier input has not been taken yet: do not read more from them. */
bool input_ready(void);
void input_write(const char *data, size_t size);
void input_close(void);
/* A buffer for reading, made when it is needed and given back when idle. */
char *scratch(void);
void scratch_trim(void);
#define SCRATCH_SIZE (64u << 10)

#endif
