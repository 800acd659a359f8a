/* SPDX-License-Identifier: MIT */
/* Work of several threads that begins at the same time. See together.c. */
#ifndef TOGETHER_H
#define TOGETHER_H

#include <stddef.h>

struct run;

#define MOST_TOGETHER 256u

/*
 * Call work() on each of `count` items of `item_bytes`, in threads of their own: each is pinned to
 * another CPU, from the run's own on, and scheduled as the run is. None begins before all are there.
 * One item is worked on by the caller. 0, or -1 with run->failure where a thread was refused.
 */
int together(struct run *run, void (*work)(void *item), void *items, size_t item_bytes,
	     size_t count);

#endif
