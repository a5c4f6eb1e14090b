/* The container's log in Docker's json-file format: {"log":"…\n","stream":"stdout","time":"…"} and a line feed. */
#ifndef BERTH_LOG_H
#define BERTH_LOG_H

#include <stddef.h>
#include <stdint.h>

#define LOG_LINE 16384

/* Opens the file for appending; 0 or -errno. `max_size` 0: no rotation. The path is copied. */
int log_open(const char *path, uint64_t max_size, uint32_t max_files);
/* Takes output of stream 1 or 2 as it was read. Lines longer than LOG_LINE become several records, as Docker's. */
void log_write(int stream, const char *data, size_t size);
/* Everything complete goes to the file. */
void log_flush(void);
/* What has no line feed yet, too: nothing more will come. */
void log_end(void);
/* Gives buffers back while nothing is written. */
void log_trim(void);

#endif
