/*
 * Connections to the monitor. One that sent ATTACH is from then on a pure byte pipe: the process's output in Docker's
 * stream format one way, its input the other. All others carry frames.
 */
#ifndef BERTH_CLIENTS_H
#define BERTH_CLIENTS_H

#include "monitor.h"
#include "queue.h"

struct client {
	struct source source;
	struct client *next;
	bool attached;
	bool controls; /* wants to know the exit */
	bool dead;
	bool input_done;
	bool closing; /* ends when its queue is empty */
	uint8_t flags;
	uint8_t frame[32];
	size_t frame_length;
	struct queue queue;
};

struct client *client_add(int fd);
void clients_accept(struct source *source, uint32_t events);
/* Takes all connections that are waiting and reads their requests: what came before GO must be served before it. */
void clients_accept_all(void);
/* Gives output to everybody who wants it. */
void clients_deliver(int stream, const char *data, size_t size);
void clients_update_input(void);
/* Sends a frame to one client, or to all that control. */
void client_send(struct client *client, uint8_t type, const void *payload, size_t size);
void clients_tell(uint8_t type, const void *payload, size_t size);
/* Nothing more will come: every connection ends when its queue is empty. */
void clients_close(void);
/* Frees the dead; true when any connection is left. */
bool clients_sweep(void);

/* control.c: what a client asks for. False closes it. */
bool control_frame(struct client *client, uint8_t type, struct reader *payload);
void control_state(struct client *client, uint8_t type);
void control_exit(struct client *client);

#endif
