/* A launch program: the settings the monitor reads, and the operations the child executes in order. */
#ifndef BERTH_PROGRAM_H
#define BERTH_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "util.h"

#define PROGRAM_LIMIT (16u << 20)

struct program {
	uint8_t *data;
	size_t size;
	/* Where the operations of the child begin. */
	struct reader child;

	const char *state_dir;
	const char *state_blob;
	const char *spill_dir;
	const char *oom_file;
	const char *kill_file;
	const char *cgroup_dir;
	/* struct bpf_insn, attached to cgroup_dir. */
	const uint8_t *device_filter;
	size_t device_filter_size;
	const char *join_pid;
	const char *log_path;
	uint64_t log_max_size;
	uint32_t log_max_files;
	uint64_t clone_flags;
	bool terminal;
	uint16_t rows, columns;
	bool open_stdin;
	bool ephemeral;
	/* exec: the container's first process and what to enter of it. */
	pid_t target;
	uint64_t target_start;
};

/* Reads the program's frame from the connection; false when it is cut off, too large or malformed. */
bool program_read(struct program *program, int fd);
/* Gives the memory back; every string of the program is gone with it. */
void program_free(struct program *program);

#endif
