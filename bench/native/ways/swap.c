// SPDX-License-Identifier: MIT
#include "../pressure.h"
#include "../swap.h"

#include <errno.h>
#include <string.h>

static enum outcome attempt(struct attempt *a)
{
	const char *how;

	if (swap_make())
		return not_tried(a, "not tried: a swap of one's own: %s; " MAY_SWAP, strerror(errno));
	if (pressure_plant(a))
		return NOT_TRIED;
	how = pressure_reclaim();
	return swap_search(a, how);
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
