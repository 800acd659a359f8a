// SPDX-License-Identifier: MIT
#include "kernel/pmu.h"
#include "kernel/pmu_table.h"
#include "measure/ballast.h"
#include "measure/chase.h"
#include "measure/duet.h"
#include "measure/metric.h"
#include "measure/run.h"
#include "memory/array.h"
#include "memory/mode.h"
#include "memory/page.h"

#include <string.h>

static const struct param params[] = {
	{ "event",
	  "what is counted, in user mode: walks of any page size, or of one; loads that the "
	  "second-level TLB saved from a walk; cycles with a walk in progress",
	  "", "walks|walks-4k|walks-2m|walks-1g|l2-hits|walk-cycles", "walks", 0, 0 },
	{ "pages", "lines in the chase, each in a base page of its own", "1", NULL, "2048", 1,
	  1u << 25 },
	{ "slices", "slices per arm", "1", NULL, "50", 1, 100000 },
	{ "loads", "dependent loads per slice, whole hundreds", "1", NULL, "20000", 100,
	  100000000 },
};

static struct pmu group;
static size_t chosen, dropped;
static double least_share = 1;

/* The walks of all sizes stand together in a group, so that their sum can be checked. */
static size_t choose(const struct cell *cell, const struct pmu_table *table,
		     const struct pmu_event *events[PMU_GROUP])
{
	static const char *const sizes[] = { "walks", "walks-4k", "walks-2m", "walks-1g" };
	const char *event = cell->words[0];
	size_t count = 0, at = PMU_GROUP;

	for (size_t i = 0; i < COUNT(sizes); i++) {
		const struct pmu_event *found = pmu_event(table, sizes[i]);

		if (!found)
			continue;
		if (!strcmp(event, sizes[i]))
			at = count;
		events[count++] = found;
	}
	if (at < PMU_GROUP || !pmu_event(table, event))
		return at;
	memset(events, 0, PMU_GROUP * sizeof(*events));
	events[0] = pmu_event(table, "walks");
	events[1] = pmu_event(table, event);
	return 1;
}

static int slice(struct run *run, struct arm *arm)
{
	uint64_t loads = cell_number(run->cell, "loads"), before[PMU_WORDS], after[PMU_WORDS];
	struct pmu_reading reading;
	int got;

	arm->cursor = chase_follow(arm->cursor, loads / 8 + 100);
	got = pmu_read(&group, before);
	arm->cursor = chase_follow(arm->cursor, loads);
	if (got > 0)
		got = pmu_read(&group, after);
	if (got < 0 || pmu_decode(after, (size_t)got, got ? before : NULL, &reading))
		return run_failed(run, "the counters cannot be read: %s",
				  strerror(got < 0 ? -got : 22));
	if (reading.state >= PMU_DROPPED) {
		dropped++;
		return 0;
	}
	least_share = reading.share < least_share ? reading.share : least_share;
	count_add(arm, (uint64_t)(reading.counts[chosen] + 0.5), loads);
	return 0;
}

static int prepare(struct run *run, const struct pmu_table *table)
{
	const struct pmu_event *events[PMU_GROUP] = { 0 };
	uint64_t pages = cell_number(run->cell, "pages");
	int err;

	chosen = choose(run->cell, table, events);
	if (duet_regions(run, pages * base_bytes()))
		return -1;
	for (unsigned int a = 0; a < run->arms; a++) {
		err = chase_build_spread(run->arm[a].region.base, pages, run->seed);
		if (err)
			return run_failed(run, "cannot build the chase: %s", strerror(-err));
		run->arm[a].cursor = run->arm[a].region.base;
	}
	err = pmu_open(&group, table, events, PMU_USER);
	return err ? run_failed(run, "%s", pmu_meaning(err, PMU_USER)) : 0;
}

static int measure(struct run *run)
{
	struct pmu_cpu cpu = pmu_cpu();
	const struct pmu_table *table = pmu_table(&cpu);
	int err;

	if (prepare(run, table))
		return -1;
	err = duet_slices(run, cell_number(run->cell, "slices"), slice);
	pmu_close(&group);
	run->dropped += dropped;
	if (dropped && err)
		return run_failed(run,
				  "the counters were taken away for more than a tenth of the time: "
				  "end other uses of perf, and sysctl kernel.nmi_watchdog=0");
	run_note(run, "events", "\"%s\"", table->name);
	run_note(run, "counts", "\"%s\"", pmu_event(table, run->cell->words[0])->of);
	run_note(run, "least_share_counted", "%.4f", least_share);
	if (least_share < 1)
		run_warn(run, "counted for %.1f %% of the time and extrapolated",
			 least_share * 100);
	if (table->generic)
		run_warn(run,
			 "the kernel's generic event, as this CPU is in no table: what it means "
			 "differs between vendors, so compare it with nothing else");
	return err;
}

static const char *wrong(const struct cell *cell)
{
	return cell_number(cell, "loads") % 100 ?
		       "loads must be a multiple of 100: the chase is unrolled so often" :
		       NULL;
}

static const char *refuse(const struct cell *cell, enum arm_id arm)
{
	struct pmu_cpu cpu = pmu_cpu();

	if (!pmu_event(pmu_table(&cpu), cell->words[0]))
		return "this CPU does not count that event, or it is in no table yet: use event=walks";
	return arm == TREATMENT ? pmu_unsupported(PMU_USER) : NULL;
}

static struct need need(const struct cell *cell, const struct mode *mode)
{
	uint64_t bytes = mode_region_bytes(mode, cell_number(cell, "pages") * base_bytes());

	return (struct need){ bytes, bytes };
}

/* Order, places and links: three numbers of 32 bits a line. */
static uint64_t beside(const struct cell *cell)
{
	uint64_t pages = cell_number(cell, "pages");

	return ballast_most_bytes(cell, pages * base_bytes()) + pages * 3 * sizeof(uint32_t);
}

METRIC(tlb_walks) = {
	.name = "tlb-walks",
	.about = "page walks per dependent load of one line in each page, by hardware counters",
	.question = "everyone",
	.unit = "1",
	.better = "lower",
	.assume = "nothing",
	.needs = NEEDS_COUNTERS,
	.effect = "difference",
	.procedure = 2,
	.duet = true,
	PARAMS(params),
	.wrong = wrong,
	.refuse = refuse,
	.need = need,
	.beside = beside,
	.run = measure,
};
