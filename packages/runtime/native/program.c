#include "program.h"

#include <string.h>
#include <sys/mman.h>

#include "protocol.h"

static void read_setting(struct program *program, uint16_t code, struct reader *r)
{
	switch (code) {
	case OP_STATE_DIR:
		program->state_dir = read_string(r);
		break;
	case OP_STATE_BLOB:
		program->state_blob = read_string(r);
		break;
	case OP_TERMINAL:
		program->terminal = true;
		program->rows = (uint16_t)read_u32(r);
		program->columns = (uint16_t)read_u32(r);
		break;
	case OP_STDIN:
		program->open_stdin = true;
		break;
	case OP_LOG:
		program->log_path = read_string(r);
		program->log_max_size = read_u64(r);
		program->log_max_files = read_u32(r);
		break;
	case OP_SPILL_DIR:
		program->spill_dir = read_string(r);
		break;
	case OP_OOM_FILE:
		program->oom_file = read_string(r);
		break;
	case OP_KILL_FILE:
		program->kill_file = read_string(r);
		break;
	case OP_CLONE:
		program->clone_flags = read_u64(r);
		break;
	case OP_CGROUP_DIR:
		program->cgroup_dir = read_string(r);
		break;
	case OP_DEVICE_FILTER:
		program->device_filter = read_bytes(r, &program->device_filter_size);
		break;
	case OP_TARGET:
		program->target = (pid_t)read_u32(r);
		program->target_start = read_u64(r);
		break;
	case OP_EPHEMERAL:
		program->ephemeral = true;
		break;
	case OP_JOIN_PID:
		program->join_pid = read_string(r);
		break;
	default:
		r->bad = true;
	}
}

static bool parse(struct program *program)
{
	struct reader all = { program->data, program->size, false };

	while (all.left > 0) {
		struct reader before = all, payload;
		uint16_t code = read_u16(&all);
		size_t length;
		const uint8_t *bytes = read_bytes(&all, &length);

		if (all.bad)
			return false;
		if (code >= OP_FIRST_CHILD) {
			program->child = before;
			return program->state_dir != NULL;
		}
		payload = (struct reader){ bytes, length, false };
		read_setting(program, code, &payload);
		if (payload.bad || payload.left > 0)
			return false;
	}
	return false;
}

bool program_read(struct program *program, int fd)
{
	uint8_t head[5];
	uint32_t length;

	memset(program, 0, sizeof(*program));
	if (!read_all(fd, head, sizeof(head)))
		return false;
	memcpy(&length, head, sizeof(length));
	if (head[4] != FRAME_PROGRAM || length < 2 || length > PROGRAM_LIMIT)
		return false;
	program->size = length - 1;
	program->data = mmap(NULL, program->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (program->data == MAP_FAILED)
		return false;
	return read_all(fd, program->data, program->size) && parse(program);
}

void program_free(struct program *program)
{
	munmap(program->data, program->size);
	memset(program, 0, sizeof(*program));
}
