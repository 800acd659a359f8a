/* SPDX-License-Identifier: MIT */
/* System calls made by a stopped process because its tracer says so. */
#ifndef INJECT_H
#define INJECT_H

#include "attempt/attempt.h"

/* NULL, or why it cannot be done on this architecture. */
const char *inject_refused(void);
/* One system call in the stopped owner; what it returned, -errno included. */
long inject(const struct attempt *attempt, long number, const long arguments[4]);

#endif
