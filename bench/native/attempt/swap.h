/* SPDX-License-Identifier: MIT */
/* A small swap of the run's own (zram), searched for what was swapped out. */
#ifndef SWAP_H
#define SWAP_H

#include "attempt/attempt.h"
#include "measure/metric.h"

#define MAY_SWAP "needs root and zram (modprobe zram)"

/* Why none can be made, in words; NULL when it can. */
const char *swap_refuse(const struct cell *cell, enum arm_id arm);
/* Make it and use it first of all; taken away when the run ends. 0, or -1 with errno. */
int swap_make(void);
/* NOT_TRIED, where swap_make() failed: by errno, in words. */
enum outcome swap_not_made(struct attempt *attempt);
/* Search all of it; `how` says what was done to bring the page there. */
enum outcome swap_search(struct attempt *attempt, const char *how);

#endif
