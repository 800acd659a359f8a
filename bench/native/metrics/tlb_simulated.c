// SPDX-License-Identifier: MIT
#include "kernel/simulated.h"
#include "kernel/tally.h"
#include "measure/metric.h"
#include "measure/random.h"
#include "measure/realtime.h"
#include "measure/run.h"
#include "memory/mode.h"
#include "testbed/proof.h"
#include "testbed/sets.h"
#include "testbed/victim.h"

#include <string.h>

#define PIECES 8u /* of a set: a stretch is to be shorter than the time between two ticks */

static const struct param params[] = {
	{ "victim", "whose work is counted", "", victim_words, "packet-ring", 0, 0 },
	{ "pages", "working set of each arm, in pages or objects", "1", NULL, "3584", 64,
	  1u << 20 },
	{ "block_pages", "of these in each 2M block", "1", NULL, "448", 16, 65536 },
	{ "rounds", "passes over each set that are counted, each after one that is not", "1", NULL,
	  "6", 1, 1000 },
	{ "ballast_max_bytes",
	  "most memory held to get past the pool of free pages in split blocks", "B", NULL,
	  "1073741824", 1u << 20, 1ull << 40 },
	{ "secret_bytes", "most secret memory held to split blocks", "B", NULL, "8388608", 1u << 16,
	  1ull << 36 },
	{ "file", "of victim=page-cache: its pages are unmovable, as secret ones are", "", "ramfs",
	  "ramfs", 0, 0 },
	{ "model", "which of the guest's models gives the value; tables hold all", "1", NULL, "0",
	  0, TLB_MODELS - 1 },
};

static struct testbed testbed;
static struct tally tallies[ARMS];

/* A pass over a set, piece by piece; 0 or -errno. */
static int pass(const struct run *run, unsigned int arm, bool counted)
{
	const struct victim *victim = testbed.victim;
	const struct set *set = &testbed.set[arm];
	int err = 0;

	for (size_t piece = 0; piece < PIECES && !err; piece++) {
		size_t from = set->count * piece / PIECES,
		       count = set->count * (piece + 1) / PIECES - from;

		simulated_begin();
		err = victim->work(run->cell, set->handles + from, count);
		simulated_end();
		if (counted)
			tally_add(&tallies[arm], piece, count);
	}
	return err;
}

/* In random order each set is passed over to warm up, and once more. */
static int count_round(struct run *run)
{
	unsigned int first = (unsigned int)random_below(run->random, ARMS);

	for (unsigned int i = 0; i < ARMS; i++) {
		unsigned int arm = (first + i) % ARMS;
		int err = pass(run, arm, false);

		err = err ? err : pass(run, arm, true);
		if (err)
			return run_failed(run, "the victim's work failed: %s", strerror(-err));
	}
	return 0;
}

/* Back to back: a sleep would let others in. */
static int count(struct run *run)
{
	uint64_t rounds = cell_number(run->cell, "rounds");
	int err = 0;

	tally_make(&tallies[TREATMENT], "treatment", rounds * PIECES);
	tally_make(&tallies[CONTROL], "control", rounds * PIECES);
	simulated_run(false);
	for (uint64_t i = 0; i < rounds && !err; i++)
		err = count_round(run);
	simulated_rest();
	return err || simulated_check(run) ? -1 : 0;
}

static int measure(struct run *run)
{
	const struct victim *victim = victim_find(cell_word(run->cell, "victim"));
	int err;

	realtime_unlimited();
	err = sets_build(run, &testbed, victim) || count(run) || sets_prove(run, &testbed);
	for (unsigned int arm = 0; arm < run->arms && !err; arm++) {
		uint64_t operations;
		struct tlb_counts sums = tally_tell(run, &tallies[arm], &operations);

		count_add(&run->arm[arm],
			  tally_sum(sums.model[cell_number(run->cell, "model")].walks), operations);
	}
	if (!err)
		simulated_census(run);
	sets_release(&testbed);
	return err ? -1 : 0;
}

static const char *refuse(const struct cell *cell, enum arm_id arm)
{
	const char *why = simulated_refuse();

	if (!why)
		why = simulated_no_model(cell_number(cell, "model"));
	return why ? why : victim_refuse(cell, arm);
}

METRIC(tlb_simulated) = {
	.name = "tlb-simulated",
	.about =
		"page walks that a model of a CPU's TLBs would do while the kernel works on one page or "
		"object of its own: inside against outside 2M blocks that secret memory split. Counted "
		"exactly, in an emulated guest, of a model and not of a CPU",
	.question = "everyone",
	.unit = "1",
	.better = "lower",
	.assume = "nothing",
	.effect = "difference",
	.duet = true,
	PARAMS(params),
	.refuse = refuse,
	.need = victim_need,
	.boot_use = victim_boot_use,
	.run = measure,
};
