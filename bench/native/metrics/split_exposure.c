// SPDX-License-Identifier: MIT
#include "kernel/counter.h"
#include "kernel/exposure.h"
#include "measure/metric.h"
#include "measure/placement.h"
#include "measure/realtime.h"
#include "measure/run.h"
#include "measure/table.h"
#include "memory/mode.h"
#include "memory/page.h"

#include <string.h>

static const struct param params[] = {
	{ "first_bytes", "the smallest dose", "B", NULL, "65536", 4096, 1ull << 40 },
	{ "last_bytes", "the largest dose", "B", NULL, "67108864", 4096, 1ull << 40 },
	{ "factor", "from one dose to the next", "1", NULL, "4", 2, 1024 },
};

static int take(struct run *run, const struct arm *arm, const char *step, uint64_t dose_bytes,
		struct exposure *exposure)
{
	if (exposure_take(run, exposure))
		return -1;
	exposure_print(run, exposure, arm == &run->arm[TREATMENT] ? "treatment" : "control", step,
		       dose_bytes);
	duty(run);
	return 0;
}

static void touch(struct run *run, const struct arm *arm, uint64_t from, uint64_t to)
{
	for (uint64_t at = from; at < to; at += base_bytes()) {
		*(volatile char *)(arm->region.base + at) = 0;
		if (at / base_bytes() % 64 == 63)
			duty(run);
	}
}

static void print_dose(struct run *run, struct arm *arm, uint64_t dose_bytes,
		       const struct counters *before)
{
	struct counters now = counters_read();
	struct region held = arm->region;
	struct arm seen = { .mode = arm->mode };
	long long splits = now.splits[0] - before->splits[0] + now.splits[1] - before->splits[1];

	held.len_bytes = dose_bytes;
	placement_add(&seen, &held);
	table_row(run, "doses",
		  "\"arm\", \"dose_bytes\", \"splits_2m\", \"splits_1g\", "
		  "\"page_table_bytes\", \"blocks_2m\"",
		  "\"%s\", %llu, %lld, %lld, %lld, %llu",
		  arm == &run->arm[TREATMENT] ? "treatment" : "control",
		  (unsigned long long)dose_bytes, now.splits[0] - before->splits[0],
		  now.splits[1] - before->splits[1], splits * (long long)base_bytes(),
		  (unsigned long long)seen.blocks_2m);
}

/* Dose upon dose, all held, then all released; a census before, after each, and at the end. */
static int climb(struct run *run, struct arm *arm)
{
	uint64_t last = cell_number(run->cell, "last_bytes"), held = 0;
	struct counters before = counters_read();
	struct exposure exposure;
	int err;

	if (take(run, arm, "before", 0, &exposure))
		return -1;
	err = region_obtain(arm->mode, &arm->region, last);
	if (err)
		return run_without(run, arm, err);
	for (uint64_t dose = cell_number(run->cell, "first_bytes"); dose <= last;
	     dose *= cell_number(run->cell, "factor")) {
		touch(run, arm, held, dose);
		held = dose;
		print_dose(run, arm, dose, &before);
		if (take(run, arm, "held", dose, &exposure))
			return -1;
	}
	count_add(arm, (uint64_t)(exposure_kernel_share(&exposure) * 1e9 + 0.5), 1000000000);
	region_release(arm->mode, &arm->region);
	return take(run, arm, "released", held, &exposure);
}

/* What is split stays so until reboot: the control comes first. */
static int measure(struct run *run)
{
	run_note(run, "splits_since_boot", "%lld",
		 counters_read().splits[0] + counters_read().splits[1]);
	return climb(run, &run->arm[CONTROL]) || climb(run, &run->arm[TREATMENT]) ? -1 : 0;
}

static const char *refuse(const struct cell *cell, enum arm_id arm)
{
	(void)arm;
	return cell->mode[CONTROL] ? exposure_refuse() :
				     "doses are compared with the same doses of a control: name it";
}

static struct need need(const struct cell *cell, const struct mode *mode)
{
	uint64_t bytes = mode_region_bytes(mode, cell_number(cell, "last_bytes"));

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
	.wrong = doses_wrong,
	.refuse = refuse,
	.need = need,
	.run = measure,
};
