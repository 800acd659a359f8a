/* SPDX-License-Identifier: MIT */
/* Work in a child without capabilities. See child.c. */
#ifndef CHILD_H
#define CHILD_H

#include <stdbool.h>
#include <stdint.h>

struct run;

struct child_report {
	uint64_t count;
	int error;   /* errno that stopped it, 0 if none */
	int signal;  /* SIGBUS where that stopped it at a touch, 0 if none */
	int refused; /* errno for which it could not be what it was to be: it says nothing then */
};

/*
 * Run work(arg) in a forked child that has no capabilities. 0, or -1 where there is no such child,
 * or it could not be what it was to be: unprivileged_why() says so then.
 */
int unprivileged(void (*work)(struct child_report *report, const void *arg), const void *arg,
		 struct child_report *report);
/* Why the last unprivileged() failed, in words. */
const char *unprivileged_why(void);
/* What that means for the run: unsupported where it was refused, else failed. Returns -1. */
int unprivileged_failed(struct run *run);
/* In such a child: have this limit, or note that it is refused; false then. */
bool child_limited(struct child_report *report, int resource, uint64_t limit);

#endif
