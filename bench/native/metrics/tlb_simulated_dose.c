// SPDX-License-Identifier: MIT
#include "kernel/counter.h"
#include "kernel/simulated.h"
#include "kernel/tally.h"
#include "measure/duet.h"
#include "measure/metric.h"
#include "measure/realtime.h"
#include "measure/run.h"
#include "memory/mode.h"
#include "memory/page.h"
#include "testbed/work.h"

#include <string.h>

static const struct param params[] = {
	{ "work", "what the kernel does", "", work_words, "open-stat", 0, 0 },
	{ "dose_bytes", "memory held meanwhile, in each arm through its mode", "B", NULL,
	  "16777216", 4096, 1ull << 40 },
	{ "rounds", "rounds of the work that are counted, after one that is not", "1", NULL, "4", 1,
	  1000 },
	{ "model", "which of the guest's models gives the value; tables hold all", "1", NULL, "0",
	  0, TLB_MODELS - 1 },
};

static int count_rounds(struct run *run, const struct work *work, struct tally *tally)
{
	uint64_t rounds = cell_number(run->cell, "rounds");
	int64_t done = 0;

	simulated_run(false);
	for (uint64_t i = 0; i <= rounds && done >= 0; i++) {
		simulated_begin();
		done = work->round();
		simulated_end();
		if (i && done > 0)
			tally_add(tally, 0, (uint64_t)done);
	}
	simulated_rest();
	return done < 0 ? run_failed(run, "%s: %s", work->name, strerror((int)-done)) : 0;
}

/* The work as the machine is now; its walks for each operation are a value of the arm, if any. */
static int count_now(struct run *run, const struct work *work, const char *of, struct arm *arm)
{
	struct tlb_counts sums;
	struct tally tally;
	uint64_t operations;
	int err;

	tally_make(&tally, of, cell_number(run->cell, "rounds"));
	err = count_rounds(run, work, &tally);
	if (!err) {
		sums = tally_tell(run, &tally, &operations);
		if (arm)
			count_add(arm, tally_sum(sums.model[cell_number(run->cell, "model")].walks),
				  operations);
	}
	tally_drop(&tally);
	return err;
}

/* The work while the arm's dose is held, which is then given back. */
static int count_arm(struct run *run, struct arm *arm, const struct work *work)
{
	const char *of = arm == &run->arm[TREATMENT] ? "treatment" : "control";
	int err = region_obtain(arm->mode, &arm->region, cell_number(run->cell, "dose_bytes"));

	if (err)
		return run_without(run, arm, err);
	duet_touch(run, &arm->region, base_bytes());
	err = count_now(run, work, of, arm);
	region_release(arm->mode, &arm->region);
	return err;
}

static int begin(struct run *run, const struct work *work)
{
	int err = work->begin();

	return err ? run_failed(run, "%s cannot begin: %s", work->name, strerror(-err)) : 0;
}

/* Its memory is made anew, of what the dose gave back. */
static int count_anew(struct run *run, const struct work *work)
{
	work->end();
	return begin(run, work) || count_now(run, work, "after", NULL) ? -1 : 0;
}

/* What is split stays so until reboot: the control's dose comes first. */
static int count_all(struct run *run, const struct work *work)
{
	struct counters before, after;

	if (count_arm(run, &run->arm[CONTROL], work))
		return -1;
	before = counters_read();
	if (count_arm(run, &run->arm[TREATMENT], work) || count_anew(run, work) ||
	    simulated_check(run))
		return -1;
	after = counters_read();
	run_note(run, "operation", "\"%s\"", work->operation);
	run_note(run, "splits_since_boot", "%lld", before.splits[0] + before.splits[1]);
	run_note(run, "dose_splits_2m", "%lld", after.splits[0] - before.splits[0]);
	run_note(run, "dose_splits_1g", "%lld", after.splits[1] - before.splits[1]);
	simulated_census(run);
	return 0;
}

static int measure(struct run *run)
{
	const struct work *work = work_find(cell_word(run->cell, "work"));
	int err;

	realtime_rest(run);
	err = begin(run, work) || count_all(run, work) ? -1 : 0;
	work->end();
	return err;
}

static const char *refuse(const struct cell *cell, enum arm_id arm)
{
	const char *why = simulated_refuse();

	(void)arm;
	if (!why && !cell->mode[CONTROL])
		why = "a dose is compared with the same dose of a control: name it";
	return why ? why : simulated_no_model(cell_number(cell, "model"));
}

/* The arms hold one after the other, so this is more than is held at once. */
static struct need need(const struct cell *cell, const struct mode *mode)
{
	uint64_t bytes = cell_number(cell, "dose_bytes");

	(void)mode;
	return (struct need){ bytes, bytes };
}

METRIC(tlb_simulated_dose) = {
	.name = "tlb-simulated-dose",
	.about =
		"page walks that a model of a CPU's TLBs would do for one operation of ordinary kernel "
		"work, while a dose of secret memory is held, against one of the control before it; the "
		"tables also have the work made anew after the dose was given back. On a boot of its own. "
		"Counted exactly, in an emulated guest, of a model and not of a CPU",
	.question = "everyone",
	.unit = "1",
	.better = "lower",
	.assume = "nothing",
	.effect = "difference",
	.duet = true,
	PARAMS(params),
	.refuse = refuse,
	.need = need,
	.run = measure,
};
