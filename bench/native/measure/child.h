/* SPDX-License-Identifier: MIT */
/* Work in a child without capabilities. See child.c. */
#ifndef CHILD_H
#define CHILD_H

#include <stdint.h>

struct child_report {
	uint64_t count;
	int error;  /* errno that stopped it, 0 if none */
	int signal; /* signal that stopped it, 0 if none */
};

/* Run work(arg) in a forked child that has no capabilities; 0, or -errno if there is no such child. */
int unprivileged(void (*work)(struct child_report *report, const void *arg), const void *arg,
		 struct child_report *report);

#endif
