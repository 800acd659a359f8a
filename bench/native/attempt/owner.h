/* SPDX-License-Identifier: MIT */
/* The owner of a secret, in a process of its own: a child that does what it is told. */
#ifndef OWNER_H
#define OWNER_H

#include <stdio.h>

struct attempt;

/* Start a child that begins with begin(); what that returned, or -errno. */
int owner_start(struct attempt *attempt, int (*begin)(struct attempt *attempt));
/*
 * Let the owner call `work`; its result, or -1 with errno as the owner saw it: EPIPE where it has
 * ended, which attempt->lost says how.
 */
int owner_do(struct attempt *attempt, int (*work)(struct attempt *attempt));
/* What could not be done in the owner: the run fails, or is not tried where the kernel refuses it. */
int owner_failed(struct attempt *attempt, const char *what);
/* Attach to the owner and wait until it has stopped. 0 or -1 with errno. */
int owner_stop(struct attempt *attempt);
/* Text of /proc/PID/NAME as a stream; NULL with errno. */
FILE *owner_file(const struct attempt *attempt, const char *name);
/* Kill it. */
void owner_end(struct attempt *attempt);
/* It has been waited for already, so that its number may be another's. */
void owner_gone(struct attempt *attempt);

#endif
