/* SPDX-License-Identifier: MIT */
/* The line between a guest and bench: frames on a serial port. */
#ifndef GUEST_H
#define GUEST_H

#include <stddef.h>

/* The name under which the core is the first process of a guest. */
#define GUEST_INIT "/guest"

/* Most bytes in one frame. */
#define SERIAL_FRAME_BYTES 65536

int guest_main(void);

/* The second serial port, raw. */
int port_open(void);
void serial_frame_send(int port, char type, const void *data, size_t len);
/* Returns the type; `data` takes FRAME_BYTES and a zero behind them. */
char serial_frame_receive(int port, char *data, size_t *len);

/* End the guest, with a word on the console if something is wrong. */
void guest_die(const char *why) __attribute__((noreturn));

#endif
