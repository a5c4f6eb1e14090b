#ifndef BERTH_COMMAND_H
#define BERTH_COMMAND_H

#include <stddef.h>

/*
 * Runs a program found on the PATH with `input` on its stdin and waits for it. Returns 0 when it succeeded; a negative
 * errno when it could not be run; 1 when it failed, with the start of its complaint, as one line, in `complaint`.
 */
int command_run(char *const argv[], const char *input, size_t input_size, char *complaint, size_t complaint_size);

#endif
