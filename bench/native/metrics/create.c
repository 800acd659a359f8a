// SPDX-License-Identifier: MIT
#include "measure/arch.h"
#include "measure/duet.h"
#include "measure/metric.h"
#include "measure/run.h"
#include "measure/timer.h"
#include "memory/mode.h"

#include <string.h>

static const struct param params[] = {
	{ "len_bytes", "size of the region", "B", NULL, "4096", 4096, 1ull << 37 },
	{ "regions", "measured regions per arm", "1", NULL, "320", 1, 1000000 },
};

#define BLOCK 16u	/* regions before the other arm's turn */
#define LEAD_IN 2u	/* made first in each block and not kept */

static int slice(struct run *run, struct arm *arm)
{
	uint64_t len_bytes = cell_number(run->cell, "len_bytes");
	uint64_t count = block_operations(arm, cell_number(run->cell, "regions"), BLOCK);

	for (uint64_t i = 0; i < LEAD_IN + count; i++) {
		uint64_t start, ticks;
		int err;

		timer_dither(run->random);
		start = arch_counter();
		err = region_obtain(arm->mode, &arm->region, len_bytes);
		ticks = arch_counter() - start;
		if (err)
			return run_without(run, arm, err);
		region_release(arm->mode, &arm->region);
		if (i >= LEAD_IN)
			value_add(arm, ticks, 1);
	}
	return 0;
}

static struct need need(const struct cell *cell, const struct mode *mode)
{
	uint64_t bytes = mode_region_bytes(mode, cell_number(cell, "len_bytes"));
	uint64_t regions = cell_number(cell, "regions");
	uint64_t made = regions + block_count(regions, BLOCK) * LEAD_IN;

	/* Nothing is touched: what is only mapped takes no memory. */
	return mode->populated ? (struct need){ bytes, made * bytes } : (struct need){ 0, 0 };
}

static const char *wrong(const struct cell *cell)
{
	return whole_pages(cell, "len_bytes");
}

static int measure(struct run *run)
{
	duet_lengths(run, cell_number(run->cell, "len_bytes"));
	return duet_slices(run, block_count(cell_number(run->cell, "regions"), BLOCK), slice);
}

METRIC(create) = {
	.name = "create",
	.about = "time to obtain a region without touching it: file descriptor, size, mapping and, "
		 "where the mode has one, the lock",
	.question = "owner",
	.unit = "s",
	.better = "lower",
	.assume = "nothing",
	.procedure = 2,
	.duet = true,
	PARAMS(params),
	.wrong = wrong,
	.need = need,
	.run = measure,
};
