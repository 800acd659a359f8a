// SPDX-License-Identifier: MIT
#include "measure/arch.h"
#include "measure/ballast.h"
#include "measure/chase.h"
#include "measure/duet.h"
#include "measure/metric.h"
#include "measure/realtime.h"
#include "measure/run.h"
#include "memory/mode.h"

#include <string.h>

static const struct param params[] = {
	{ "len_bytes", "working set", "B", NULL, "16384", LINE_BYTES, 1ull << 37 },
	{ "order", "order of visit: any line, another page each time, or page by page", "",
	  "line-random|page-random|page-local", "line-random", 0, 0 },
	{ "slices", "slices per arm", "1", NULL, "200", 1, 100000 },
	{ "loads",
	  "dependent loads per slice, whole hundreds; 0: 20,000, or as many as the timer needs",
	  "1", NULL, "0", 0, 100000000 },
};

#define USUAL_LOADS 20000u

static void *chase_flushed(void *at, uint64_t loads, bool opt)
{
	for (uint64_t n = loads; n; n--) {
		void *next = *(void *volatile *)at;

		arch_flush(at, opt);
		at = next;
	}
	return at;
}

/*
 * Before each slice an eighth of its loads runs unmeasured, and one whole cycle
 * where the set is smaller than a slice: what the other arm evicted comes back.
 */
static int slice(struct run *run, struct arm *arm)
{
	uint64_t loads = arm->slice_operations;
	uint64_t lines = cell_number(run->cell, "len_bytes") / LINE_BYTES;
	uint64_t warm = lines <= loads && lines > loads / 8 ? lines : loads / 8;
	uint64_t start;

	if (arm->mode->use == USE_FLUSH) {
		arm->cursor = chase_flushed(arm->cursor, loads / 8, run->flush_opt);
		start = arch_counter();
		arm->cursor = chase_flushed(arm->cursor, loads, run->flush_opt);
		value_add(arm, arch_counter() - start, loads);
		return 0;
	}
	arm->cursor = chase_follow(arm->cursor, warm + 100);
	start = arch_counter();
	arm->cursor = chase_follow(arm->cursor, loads);
	value_add(arm, arch_counter() - start, loads);
	return 0;
}

static const char *wrong(const struct cell *cell)
{
	if (cell_number(cell, "loads") % 100)
		return "loads must be a multiple of 100: the chase is unrolled so often";
	if (cell_number(cell, "len_bytes") % LINE_BYTES)
		return "len_bytes must be whole lines of 64 bytes";
	return NULL;
}

static const char *refuse(const struct cell *cell, enum arm_id arm)
{
	uint64_t len_bytes = cell_number(cell, "len_bytes");

	if (cell->mode[arm]->use == USE_FLUSH && len_bytes != LINE_BYTES)
		return "flushing after each use is defined for one hot line only: use len_bytes=64";
	if (cell_is(cell, "order", "page-random") && len_bytes % 4096)
		return "order=page-random needs whole pages: use a multiple of 4096 for len_bytes";
	return NULL;
}

static struct need need(const struct cell *cell, const struct mode *mode)
{
	uint64_t bytes = mode_region_bytes(mode, cell_number(cell, "len_bytes"));

	return (struct need){ bytes, bytes };
}

/* The order of visit and its links: two numbers of 32 bits a line. */
static uint64_t beside(const struct cell *cell)
{
	uint64_t len_bytes = cell_number(cell, "len_bytes");

	return ballast_most_bytes(cell, len_bytes) + len_bytes / LINE_BYTES * 2 * sizeof(uint32_t);
}

static int measure(struct run *run)
{
	static const char *const orders[] = { "line-random", "page-random", "page-local" };
	uint64_t len_bytes = cell_number(run->cell, "len_bytes");
	int order = 0;

	while (!cell_is(run->cell, "order", orders[order]))
		order++;
	if (duet_regions(run, len_bytes))
		return -1;
	for (unsigned int a = 0; a < run->arms; a++) {
		struct arm *arm = &run->arm[a];
		int err = chase_build(arm->region.base, len_bytes, orders[order], run->seed);

		if (err)
			return run_failed(run, "cannot build the chase: %s", strerror(-err));
		arm->cursor = arm->region.base;
		duty(run);
	}
	if (duet_lengthen(run, cell_number(run->cell, "loads"), USUAL_LOADS, slice))
		return -1;
	return duet_slices(run, cell_number(run->cell, "slices"), slice);
}

METRIC(access_latency) = {
	.name = "access-latency",
	.about = "time of one dependent load: a pointer chase over every line of the working set, "
		 "one cycle, the same cycle in both arms",
	.question = "owner",
	.unit = "s",
	.better = "lower",
	.assume = "nothing",
	.duet = true,
	.paired = true,
	.flushes = true,
	.procedure = 2,
	PARAMS(params),
	.wrong = wrong,
	.refuse = refuse,
	.need = need,
	.beside = beside,
	.run = measure,
};
