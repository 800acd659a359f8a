// SPDX-License-Identifier: MIT
#include "measure/arch.h"
#include "measure/chase.h"
#include "measure/duet.h"
#include "measure/metric.h"
#include "measure/run.h"
#include "memory/mode.h"
#include "memory/page.h"

#include <string.h>

/* One line in each page, so that no prefetcher brings the next; few enough for the first TLB. */
#define PAGES 100u

static const struct param params[] = {
	{ "slices", "slices per arm", "1", NULL, "100", 1, 100000 },
	{ "passes", "passes over 100 lines per slice, each after all were flushed", "1", NULL, "20",
	  1, 100000 },
};

static uint64_t flushed_pass(const struct run *run, struct arm *arm)
{
	void *at = arm->cursor;
	uint64_t start;

	do {
		void *next = *(void *volatile *)at;

		arch_flush(at, run->flush_opt);
		at = next;
	} while (at != arm->cursor);
	start = arch_counter();
	arm->cursor = chase_follow(at, PAGES);
	return arch_counter() - start;
}

static int slice(struct run *run, struct arm *arm)
{
	uint64_t passes = cell_number(run->cell, "passes"), ticks = 0;

	flushed_pass(run, arm);
	for (uint64_t i = 0; i < passes; i++)
		ticks += flushed_pass(run, arm);
	value_add(arm, ticks, passes * PAGES);
	return 0;
}

static struct need need(const struct cell *cell, const struct mode *mode)
{
	uint64_t page_bytes = mode_page_bytes(mode);
	uint64_t bytes = (PAGES * base_bytes() + page_bytes - 1) / page_bytes * page_bytes;

	(void)cell;
	return (struct need){ bytes, bytes };
}

static int measure(struct run *run)
{
	if (duet_regions(run, PAGES * base_bytes()))
		return -1;
	for (unsigned int a = 0; a < run->arms; a++) {
		int err = chase_build_spread(run->arm[a].region.base, PAGES, run->seed);

		if (err)
			return run_failed(run, "cannot build the chase: %s", strerror(-err));
		run->arm[a].cursor = run->arm[a].region.base;
	}
	return duet_slices(run, cell_number(run->cell, "slices"), slice);
}

METRIC(memory_trip) = {
	.name = "memory-trip",
	.about = "time of one dependent load that goes to memory: its line was flushed from all caches "
		 "before. What an access to uncached memory is predicted by",
	.question = "owner",
	.unit = "s",
	.better = "lower",
	.assume = "nothing",
	.duet = true,
	.paired = true,
	PARAMS(params),
	.need = need,
	.run = measure,
};
