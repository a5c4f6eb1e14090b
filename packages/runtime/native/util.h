/* Small things everybody needs: descriptors that close themselves, reading of wire data, files. */
#ifndef BERTH_UTIL_H
#define BERTH_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

void close_fd(int *fd);
#define auto_close __attribute__((cleanup(close_fd)))

/* A cursor over wire data. After a read past the end `bad` is set and every further read gives zero or "". */
struct reader {
	const uint8_t *at;
	size_t left;
	bool bad;
};

uint16_t read_u16(struct reader *reader);
uint32_t read_u32(struct reader *reader);
uint64_t read_u64(struct reader *reader);
/* Points into the data, which carries the final NUL. */
const char *read_string(struct reader *reader);
const uint8_t *read_bytes(struct reader *reader, size_t *length);

/* Reads or writes exactly `size` bytes on a blocking descriptor; false at end of file or on an error. */
bool read_all(int fd, void *data, size_t size);
bool write_all(int fd, const void *data, size_t size);

/* Writes a whole small file in one write; 0 or -errno. `directory` as for openat. */
int write_file(int directory, const char *path, const char *text, size_t size, int flags);
/* Reads the start of a small file into a NUL-terminated buffer; bytes read or -errno. */
ssize_t read_file(const char *path, char *buffer, size_t capacity);

/* Start time of a process in clock ticks since boot (field 22 of /proc/pid/stat), 0 when there is none. */
uint64_t process_start_time(pid_t pid);
uint64_t now_ns(void);

#endif
