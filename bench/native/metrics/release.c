// SPDX-License-Identifier: MIT
#include "measure/arch.h"
#include "measure/duet.h"
#include "measure/metric.h"
#include "measure/run.h"
#include "memory/mode.h"
#include "memory/page.h"

#include <string.h>

static const struct param params[] = {
	{ "len_bytes", "size of the region, all of it touched", "B", NULL, "262144", 1,
	  1ull << 37 },
	{ "regions", "measured regions per arm", "1", NULL, "64", 1, 1000000 },
};

#define BLOCK 4		/* regions before the other arm's turn */
#define LEAD_IN 1	/* released first in each block and not kept */

static int slice(struct run *run, struct arm *arm)
{
	for (int i = 0; i < LEAD_IN + BLOCK; i++) {
		int err = region_obtain(arm->mode, &arm->region,
					cell_number(run->cell, "len_bytes"));
		uint64_t start, pages = arm->region.len_bytes / base_bytes();

		if (err)
			return run_without(run, arm, err);
		duet_touch(run, &arm->region, base_bytes());
		start = arch_counter();
		region_release(arm->mode, &arm->region);
		if (i >= LEAD_IN)
			value_add(arm, arch_counter() - start, pages);
	}
	return 0;
}

static struct need need(const struct cell *cell, const struct mode *mode)
{
	uint64_t len_bytes = cell_number(cell, "len_bytes");

	(void)mode;
	return (struct need){ len_bytes, len_bytes * cell_number(cell, "regions") };
}

static int measure(struct run *run)
{
	return duet_slices(run, (cell_number(run->cell, "regions") + BLOCK - 1) / BLOCK, slice);
}

METRIC(release) = {
	.name = "release",
	.about = "time per touched base page to unmap and close a region, that is until its pages have "
		 "been given back",
	.question = "owner",
	.unit = "s",
	.better = "lower",
	.assume = "nothing",
	.duet = true,
	PARAMS(params),
	.need = need,
	.run = measure,
};
