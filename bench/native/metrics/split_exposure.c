// SPDX-License-Identifier: MIT
/*
 * Who lies in split memory: a census of the direct map (kernel/exposure.h) before a dose, with dose
 * upon dose, and after release. Splits last until reboot, so the control goes first: it must move
 * nothing, or what is seen with the treatment would not be the treatment's.
 */
#include "kernel/counter.h"
#include "kernel/exposure.h"
#include "measure/metric.h"
#include "measure/placement.h"
#include "measure/realtime.h"
#include "measure/run.h"
#include "measure/table.h"
#include "memory/mode.h"
#include "memory/page.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#define PER_TOUCHES 64			/* touched between two rests */
/* What others may split meanwhile, and move of one kind: so many pages, or so much of its share in 4K. */
#define OTHERS_SPLITS 2
#define OTHERS_PAGES 128
#define OTHERS_SHARE 0.05

static const struct param params[] = {
	{ "first_bytes", "the smallest dose; 0: the largest alone", "B", NULL, "65536", 0,
	  1ull << 40 },
	{ "last_bytes", "the largest dose", "B", NULL, "67108864", 4096, 1ull << 40 },
	{ "last_percent", "the largest dose as a share of memory, in per cent; 0: last_bytes", "1",
	  NULL, "0", 0, 90 },
	{ "factor", "from one dose to the next", "1", NULL, "4", 2, 1024 },
};

static uint64_t last_bytes(const struct cell *cell)
{
	uint64_t percent = cell_number(cell, "last_percent");
	uint64_t pages = (uint64_t)sysconf(_SC_PHYS_PAGES);

	return percent ? pages * percent / 100 * base_bytes() : cell_number(cell, "last_bytes");
}

static uint64_t first_bytes(const struct cell *cell)
{
	uint64_t first = cell_number(cell, "first_bytes"), last = last_bytes(cell);

	return first && first < last ? first : last;
}

static uint64_t next_bytes(const struct cell *cell, uint64_t dose_bytes)
{
	uint64_t next = dose_bytes * cell_number(cell, "factor"), last = last_bytes(cell);

	return next < last ? next : last;
}

/* What stands before the first dose of an arm. */
struct start {
	struct exposure exposure;
	struct counters counters;
};

static const char *name_of(const struct run *run, const struct arm *arm)
{
	return arm == &run->arm[TREATMENT] ? "treatment" : "control";
}

static int take(struct run *run, const struct arm *arm, const char *step, uint64_t dose_bytes,
		struct exposure *exposure)
{
	if (exposure_take(run, exposure))
		return -1;
	exposure_print(run, exposure, name_of(run, arm), step, dose_bytes);
	return 0;
}

static void touch(struct run *run, const struct arm *arm, uint64_t from, uint64_t to)
{
	for (uint64_t at = from; at < to; at += base_bytes()) {
		*(volatile char *)(arm->region.base + at) = 0;
		if (at / base_bytes() % PER_TOUCHES == PER_TOUCHES - 1)
			duty(run);
	}
}

static long long splits_since(const struct counters *before)
{
	struct counters now = counters_read();

	return now.splits[0] - before->splits[0] + now.splits[1] - before->splits[1];
}

static void print_dose(struct run *run, struct arm *arm, uint64_t dose_bytes,
		       const struct start *start, const struct exposure *exposure)
{
	struct counters now = counters_read();
	struct region held = arm->region;
	struct arm seen = { .mode = arm->mode };

	held.len_bytes = dose_bytes;
	placement_add(&seen, &held);
	table_row(run, "doses",
		  "\"arm\", \"dose_bytes\", \"splits_2m\", \"splits_1g\", "
		  "\"page_table_bytes\", \"blocks_2m\"",
		  "\"%s\", %llu, %lld, %lld, %lld, %llu", name_of(run, arm),
		  (unsigned long long)dose_bytes, now.splits[0] - start->counters.splits[0],
		  now.splits[1] - start->counters.splits[1],
		  ((long long)exposure->tables - (long long)start->exposure.tables) *
			  (long long)base_bytes(),
		  (unsigned long long)seen.blocks_2m);
}

/* Each split made a table; where they are not as many, others split or joined meanwhile. */
static void check_tables(struct run *run, const struct arm *arm, const struct start *start,
			 const struct exposure *exposure)
{
	long long splits = splits_since(&start->counters);
	long long tables = (long long)exposure->tables - (long long)start->exposure.tables;

	if (splits != tables)
		run_warn(run,
			 "%s: the kernel counted %lld splits, its direct map has %lld page "
			 "tables more: others changed mappings meanwhile",
			 name_of(run, arm), splits, tables);
}

static double share_4k(const struct exposure *exposure, enum kind kind)
{
	uint64_t pages = exposure_pages(exposure, kind);

	return pages ? (double)exposure->pages[kind][LEVEL_4K] / (double)pages : 0;
}

/* The dose itself needs tables of its process, which are the same for every mode. */
static const char *moved_kind(const struct exposure *before, const struct exposure *now,
			      uint64_t dose_bytes)
{
	long long slack = OTHERS_PAGES + (long long)(dose_bytes / huge_bytes());

	for (enum kind kind = KIND_PAGE_TABLES; kind <= KIND_VMALLOC; kind++) {
		long long pages = (long long)now->pages[kind][LEVEL_4K] -
				  (long long)before->pages[kind][LEVEL_4K];
		double share = share_4k(now, kind) - share_4k(before, kind);

		if (llabs(pages) > slack && fabs(share) > OTHERS_SHARE)
			return kind_name(kind);
	}
	return NULL;
}

static int check_control(struct run *run, const struct start *start, const struct exposure *now,
			 uint64_t dose_bytes)
{
	const char *kind = moved_kind(&start->exposure, now, dose_bytes);
	long long splits = splits_since(&start->counters);

	if (splits > OTHERS_SPLITS)
		return run_failed(run,
				  "%lld splits were made while the control was held, which makes "
				  "none: something else splits; stop it and run again",
				  splits);
	if (kind)
		return run_failed(run,
				  "the share of %s in 4K mappings changed while the control was "
				  "held, which changes none: others are busy; stop them and run "
				  "again",
				  kind);
	return 0;
}

/* Dose upon dose, all held, then all released; a census before, after each, and at the end. */
static int climb(struct run *run, struct arm *arm, const struct start *start)
{
	uint64_t last = last_bytes(run->cell), held = 0;
	struct exposure now;
	int err = region_obtain(arm->mode, &arm->region, last);

	if (err)
		return run_without(run, arm, err);
	exposure_print(run, &start->exposure, name_of(run, arm), "before", 0);
	while (held < last) {
		uint64_t dose = held ? next_bytes(run->cell, held) : first_bytes(run->cell);

		touch(run, arm, held, dose);
		held = dose;
		if (take(run, arm, "held", held, &now))
			return -1;
		print_dose(run, arm, held, start, &now);
		if (arm == &run->arm[CONTROL] && check_control(run, start, &now, held))
			return -1;
	}
	check_tables(run, arm, start, &now);
	count_add(arm, (uint64_t)(exposure_kernel_share(&now) * 1e9 + 0.5), 1000000000);
	region_release(arm->mode, &arm->region);
	return take(run, arm, "released", held, &now);
}

static bool is_free(enum kind kind)
{
	return kind >= KIND_FREE_UNMOVABLE && kind <= KIND_FREE;
}

/* Pages that came to a kind and a mapping from one census to the next: of those free, or the others. */
static unsigned long long moved(const struct exposure *a, const struct exposure *b, bool free)
{
	unsigned long long pages = 0;

	for (enum kind kind = 0; kind < KINDS_OF_MEMORY; kind++)
		for (enum level level = 0; level < LEVELS && is_free(kind) == free; level++)
			pages += b->pages[kind][level] > a->pages[kind][level] ?
					 b->pages[kind][level] - a->pages[kind][level] :
					 0;
	return pages;
}

/* The first census finds what it needs and allocates; from the next one on they move little. */
static int begin(struct run *run, struct start *start)
{
	struct counters first = counters_read();
	struct exposure before;

	run_note(run, "splits_since_boot", "%lld", first.splits[0] + first.splits[1]);
	if (exposure_take(run, &before) || exposure_take(run, &before))
		return -1;
	run_note(run, "census_splits", "%lld", splits_since(&first));
	start->counters = counters_read();
	if (exposure_take(run, &start->exposure))
		return -1;
	run_note(run, "census_moved_pages", "%llu", moved(&before, &start->exposure, false));
	run_note(run, "census_moved_free_pages", "%llu", moved(&before, &start->exposure, true));
	run_note(run, "census_off_pages", "%llu", (unsigned long long)start->exposure.off);
	return 0;
}

static int measure(struct run *run)
{
	struct start start;

	if (begin(run, &start) || climb(run, &run->arm[CONTROL], &start))
		return -1;
	start.counters = counters_read();
	return exposure_take(run, &start.exposure) || climb(run, &run->arm[TREATMENT], &start) ?
		       -1 :
		       0;
}

static const char *wrong(const struct cell *cell)
{
	for (size_t i = 0; i < 2; i++)
		if (whole_pages(cell, i ? "last_bytes" : "first_bytes"))
			return whole_pages(cell, i ? "last_bytes" : "first_bytes");
	return cell_number(cell, "first_bytes") > last_bytes(cell) ?
		       "first_bytes must be at most the largest dose" :
		       NULL;
}

static const char *refuse(const struct cell *cell, enum arm_id arm)
{
	(void)arm;
	return cell->mode[CONTROL] ? exposure_refuse() :
				     "doses are compared with the same doses of a control: name it";
}

static struct need need(const struct cell *cell, const struct mode *mode)
{
	uint64_t bytes = mode_region_bytes(mode, last_bytes(cell));

	return (struct need){ bytes, bytes };
}

METRIC(split_exposure) = {
	.name = "split-exposure",
	.about = "share of the kernel's own pages (page tables, slab, stacks, vmalloc, other) that its "
		 "direct map maps by 4K, with the largest dose held; the table has every kind of "
		 "memory before, with and after each dose: exact, by the kernel's page tables",
	.question = "everyone",
	.unit = "1",
	.better = "lower",
	.assume = "nothing",
	.needs = NEEDS_FRAMES | NEEDS_COUNTERS | NEEDS_PAGE_TABLES,
	.effect = "difference",
	.duet = true,
	PARAMS(params),
	.wrong = wrong,
	.refuse = refuse,
	.need = need,
	.run = measure,
};
