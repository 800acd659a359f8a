// SPDX-License-Identifier: MIT
#include "attempt/pressure.h"
#include "attempt/swap.h"
#include "attempt/way.h"

#include <time.h>

#define TRIES 4

static enum outcome attempt(struct attempt *a)
{
	const struct timespec pause = { .tv_nsec = 10000000 };
	enum outcome outcome = CLOSED;

	if (swap_make())
		return swap_not_made(a);
	if (pressure_plant(a))
		return NOT_TRIED;
	/* What is in use or on its way at that moment is passed over. */
	for (int i = 0; i < TRIES && outcome == CLOSED; i++) {
		nanosleep(&pause, NULL);
		outcome = swap_search(a, pressure_reclaim());
	}
	return outcome;
}

static const char *refuse(const struct cell *cell, enum arm_id arm)
{
	const char *why = swap_refuse(cell, arm);

	return why ? why : pressure_refused();
}

WAY(swap, "swap", REST,
    "memory gets short (in a memory group of the owner's own), the kernel swaps the secret out, and "
    "whoever gets the disk, or a machine that was put to sleep, has it",
    .attempt = attempt, .refuse = refuse);
