/* SPDX-License-Identifier: MIT */
/* A real core file of an owner, written by the kernel and searched. */
#ifndef DUMP_H
#define DUMP_H

#include "attempt/attempt.h"

#define MAY_DUMP "needs a hard limit of the core size (ulimit -Hc) above 0, and where core files are " \
		 "piped to a program, root to have them written for the length of the check"

/* `first` is done by the owner, before it crashes; NULL for nothing. */
enum outcome dump_attempt(struct attempt *attempt, int (*first)(struct attempt *attempt));

#endif
