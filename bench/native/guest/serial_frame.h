/* SPDX-License-Identifier: MIT */
/* The line between a guest and bench: frames on a serial port, as in PROTOCOL.md. */
#ifndef SERIAL_FRAME_H
#define SERIAL_FRAME_H

#include <stddef.h>

/* Most bytes of data in one. */
#define SERIAL_FRAME_BYTES 65536

/* The second serial port, raw. */
int port_open(void);
/* Send `len` bytes of data under that type. */
void serial_frame_send(int port, char type, const void *data, size_t len);
/* Wait for one. Returns the type; `data` takes SERIAL_FRAME_BYTES and a zero behind them. */
char serial_frame_receive(int port, char *data, size_t *len);

/* End the guest, with a word on the console if something is wrong. */
void guest_die(const char *why) __attribute__((noreturn));

#endif
