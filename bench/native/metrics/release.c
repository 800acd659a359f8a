// SPDX-License-Identifier: MIT
#include "measure/arch.h"
#include "measure/duet.h"
#include "measure/metric.h"
#include "measure/run.h"
#include "measure/timer.h"
#include "memory/mode.h"
#include "memory/page.h"

#include <string.h>

static const struct param params[] = {
	{ "len_bytes", "size of the region, all of it touched", "B", NULL, "262144", 4096,
	  1ull << 37 },
	{ "regions", "measured regions per arm", "1", NULL, "64", 1, 1000000 },
};

#define BLOCK 4u	/* regions before the other arm's turn */
#define LEAD_IN 1u	/* released first in each block and not kept */

static int slice(struct run *run, struct arm *arm)
{
	uint64_t count = block_operations(arm, cell_number(run->cell, "regions"), BLOCK);

	for (uint64_t i = 0; i < LEAD_IN + count; i++) {
		int err = region_obtain(arm->mode, &arm->region,
					cell_number(run->cell, "len_bytes"));
		uint64_t start, ticks, pages = arm->region.len_bytes / base_bytes();

		if (err)
			return run_without(run, arm, err);
		duet_touch(run, &arm->region, base_bytes());
		timer_dither(run->random);
		start = arch_counter();
		region_release(arm->mode, &arm->region);
		ticks = arch_counter() - start;
		if (i >= LEAD_IN)
			value_add(arm, ticks, pages);
	}
	return 0;
}

static struct need need(const struct cell *cell, const struct mode *mode)
{
	uint64_t bytes = mode_region_bytes(mode, cell_number(cell, "len_bytes"));
	uint64_t regions = cell_number(cell, "regions");

	return (struct need){ bytes, bytes * (regions + block_count(regions, BLOCK) * LEAD_IN) };
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

METRIC(release) = {
	.name = "release",
	.about = "time per touched base page to unmap and close a region, that is until its pages have "
		 "been given back",
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
