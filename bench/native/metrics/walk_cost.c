// SPDX-License-Identifier: MIT
#include "measure/arch.h"
#include "measure/ballast.h"
#include "measure/chase.h"
#include "measure/duet.h"
#include "measure/metric.h"
#include "measure/realtime.h"
#include "measure/run.h"
#include "memory/mode.h"
#include "memory/page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct param params[] = {
	{ "pages", "lines in the chase, and base pages that hold them", "1", NULL, "2048", 1,
	  1u << 25 },
	{ "layout", "spread: one line in each page; packed: the same lines side by side", "",
	  "spread|packed", "spread", 0, 0 },
	{ "slices", "slices per arm", "1", NULL, "200", 1, 100000 },
	{ "loads",
	  "dependent loads per slice, whole hundreds; 0: 20,000, or as many as the timer needs",
	  "1", NULL, "0", 0, 100000000 },
};

#define USUAL_LOADS 20000u

static uint64_t len_bytes(const struct cell *cell)
{
	uint64_t pages = cell_number(cell, "pages");

	return pages * (cell_is(cell, "layout", "spread") ? base_bytes() : LINE_BYTES);
}

/* Before each slice an eighth of its loads runs unmeasured, or one whole cycle if that fits. */
static int slice(struct run *run, struct arm *arm)
{
	uint64_t loads = arm->slice_operations, pages = cell_number(run->cell, "pages");
	uint64_t warm = pages <= loads && pages > loads / 8 ? pages : loads / 8;
	uint64_t start;

	arm->cursor = chase_follow(arm->cursor, warm + 100);
	start = arch_counter();
	arm->cursor = chase_follow(arm->cursor, loads);
	value_add(arm, arch_counter() - start, loads);
	return 0;
}

/* Share of a region that lies in transparent huge pages, by /proc/self/smaps; -1 if unknown. */
static double huge_share(const struct region *region)
{
	FILE *file = fopen("/proc/self/smaps", "re");
	unsigned long long start, end, huge_kb = 0, kb;
	bool inside = false;
	char line[512];

	if (!file)
		return -1;
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%llx-%llx ", &start, &end) == 2)
			inside = start < (uintptr_t)region->base + region->len_bytes &&
				 end > (uintptr_t)region->base;
		else if (inside && sscanf(line, "AnonHugePages: %llu kB", &kb) == 1)
			huge_kb += kb;
	}
	fclose(file);
	return (double)huge_kb * 1024 / (double)region->len_bytes;
}

static void note_control(struct run *run)
{
	const struct arm *control = &run->arm[CONTROL];
	double share;

	run_note(run, "derived", "true");
	run_note(run, "caveat",
		 "\"from times, not counted; too low where a host backs the guest's "
		 "memory with base pages\"");
	if (run->arms < ARMS || strcmp(control->mode->name, "anon-huge"))
		return;
	share = huge_share(&control->region);
	run_note(run, "control_huge_share", "%.4f", share);
	if (share < 0.999)
		run_warn(run,
			 "the control has huge pages for %.0f %% of its memory only, so the cost "
			 "of a walk comes out too low: free memory, or compact it by echo 1 > "
			 "/proc/sys/vm/compact_memory",
			 share * 100);
}

static int measure(struct run *run)
{
	uint64_t bytes = len_bytes(run->cell), pages = cell_number(run->cell, "pages");

	if (duet_regions(run, bytes))
		return -1;
	for (unsigned int a = 0; a < run->arms; a++) {
		struct arm *arm = &run->arm[a];
		int err = cell_is(run->cell, "layout", "spread") ?
				  chase_build_spread(arm->region.base, pages, run->seed) :
				  chase_build(arm->region.base, bytes, "line-random", run->seed);

		if (err)
			return run_failed(run, "cannot build the chase: %s", strerror(-err));
		arm->cursor = arm->region.base;
		duty(run);
	}
	note_control(run);
	if (duet_lengthen(run, cell_number(run->cell, "loads"), USUAL_LOADS, slice))
		return -1;
	return duet_slices(run, cell_number(run->cell, "slices"), slice);
}

static const char *wrong(const struct cell *cell)
{
	return cell_number(cell, "loads") % 100 ?
		       "loads must be a multiple of 100: the chase is unrolled so often" :
		       NULL;
}

static const char *refuse(const struct cell *cell, enum arm_id arm)
{
	if (arm == CONTROL && !cell->mode[CONTROL]->huge &&
	    cell->mode[CONTROL] != cell->mode[TREATMENT])
		return "the cost of a walk is the difference to huge pages: use control anon-huge";
	return NULL;
}

static struct need need(const struct cell *cell, const struct mode *mode)
{
	uint64_t bytes = mode_region_bytes(mode, len_bytes(cell));

	return (struct need){ bytes, bytes };
}

/* Order, places and links: three numbers of 32 bits a line. */
static uint64_t beside(const struct cell *cell)
{
	return ballast_most_bytes(cell, len_bytes(cell)) +
	       cell_number(cell, "pages") * 3 * sizeof(uint32_t);
}

METRIC(walk_cost) = {
	.name = "walk-cost",
	.about = "time of one dependent load, of one line in each page, beside the same lines in huge "
		 "pages: the difference is what a page walk costs, derived from times",
	.question = "everyone",
	.unit = "s",
	.better = "lower",
	.assume = "nothing",
	.effect = "difference",
	.duet = true,
	.paired = true,
	.procedure = 2,
	PARAMS(params),
	.wrong = wrong,
	.refuse = refuse,
	.need = need,
	.beside = beside,
	.run = measure,
};
