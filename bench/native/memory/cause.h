/* SPDX-License-Identifier: MIT */
/* Why the kernel refused something, as far as a process can tell: a filter, a limit, a missing right. */
#ifndef CAUSE_H
#define CAUSE_H

#include <stdbool.h>

struct mode;

/* Said of a refusal where a filter of system calls is in force, before any other hint; else "". */
const char *cause_filter(void);
/*
 * Why memory of the mode could not be had, by errno: the error, its cause, and what to do. Holds until
 * the next call.
 */
const char *cause_mode(const struct mode *mode, int err);
/* Why the mode cannot be had here, in words that hold until the next call; NULL when it can: tried. */
const char *mode_unsupported(const struct mode *mode);
/* Whether it cannot be had here at all (a right, a limit, a filter, the kernel), rather than now. */
bool cause_lasts(const struct mode *mode, int err);

#endif
