// SPDX-License-Identifier: MIT
/* What is proved of the two sets, and how. See testbed.h. */
#include "testbed/proof.h"
#include "kernel/counter.h"
#include "kernel/map_level.h"
#include "measure/metric.h"
#include "measure/realtime.h"
#include "measure/run.h"
#include "memory/frame.h"
#include "memory/page.h"
#include "testbed/block_share.h"
#include "testbed/pool.h"
#include "testbed/testbed.h"

#include <stdlib.h>
#include <string.h>

#define REST_ITEMS 256u		/* between two looks at the duty */
#define WRONG_SHARE 0.01	/* of a set may lie where it should not */

static double share(const struct testbed *testbed, int arm)
{
	const struct set *set = &testbed->set[arm];
	size_t count = testbed->secret_touched;
	uint64_t *split = calloc(count + 1, sizeof(*split));
	double within;

	if (!split)
		abort();
	memcpy(split, testbed->secret_blocks, count * sizeof(*split));
	count = blocks_sort(split, count);
	within = share_within(set->blocks, set->count, split, count);
	free(split);
	return within;
}

/* The item's frame as it is now; 0 where it is no longer what it was. */
static uint64_t frame_now(const struct testbed *testbed, const struct set *set, size_t i)
{
	bool tables[BLOCK_FRAMES];

	if (testbed->victim->sight == SIGHT_MAPPED)
		return frame_at(testbed->pagemap, (const char *)(uintptr_t)set->handles[i]);
	if (!page_tables_in(testbed, set->blocks[i], tables))
		return 0;
	return tables[set->frames[i] % BLOCK_FRAMES] ? set->frames[i] : 0;
}

/* What can be seen is looked up again; returns how many items cannot be found any more. */
static size_t look_again(struct testbed *testbed)
{
	size_t lost = 0;

	for (size_t i = 0; i < testbed->secret_touched; i++)
		testbed->secret_blocks[i] = block_at(testbed->pagemap,
						     testbed->secret.base + i * base_bytes());
	if (!testbed->victim->sight)
		return 0;
	for (int arm = TREATMENT; arm < ARMS; arm++) {
		struct set *set = &testbed->set[arm];

		for (size_t i = 0; i < set->count; i++) {
			uint64_t frame = frame_now(testbed, set, i);

			set->blocks[i] = block_of(frame);
			lost += !frame;
			if (i % REST_ITEMS == REST_ITEMS - 1)
				duty(NULL);
		}
	}
	return lost;
}

static void note_how(struct run *run, const struct testbed *testbed)
{
	static const char *const witness[] = {
		[SIGHT_NONE] = "ring pages made before and after, in one block",
		[SIGHT_MAPPED] = "the pages themselves",
		[SIGHT_TABLE] = "frames that became page tables as they were made",
	};
	bool seen = testbed->victim->sight, read = !level_find();
	long long others = counters_read().splits[0] - testbed->before.splits[0] -
			   testbed->splits_2m;

	/* Whatever others have split: where the tables are read, it is known of each page. */
	run_note(run, "proved", seen && (read || !others) ? "true" : "false");
	run_note(run, "page_tables_read", read ? "true" : "false");
	run_note(run, "witness", "\"%s\"", witness[testbed->victim->sight]);
	run_note(run, "blocks", "%zu", set_blocks(run->cell));
	run_note(run, "pages_per_block", "%llu",
		 (unsigned long long)cell_number(run->cell, "block_pages"));
	run_note(run, "ballast_bytes", "%llu", (unsigned long long)testbed->ballast_bytes);
	run_note(run, "split_here", "%zu", testbed->tried);
	run_note(run, "of_these_unsplit_before", "%zu", testbed->fresh);
	run_note(run, "splits_1g", "%lld", testbed->splits_1g);
	run_note(run, "splits_by_others", "%lld", others);
	if (others && !read)
		run_warn(run,
			 "others split %lld mappings meanwhile, perhaps of the unsplit set: not "
			 "proved",
			 others);
}

/* Fails where too much of the control, or too little of the treatment, lies where it should. */
static int apart(struct run *run, double a, double b, const char *where)
{
	double wrong = testbed_splits(run) ? 1 - b : b;

	return a <= WRONG_SHARE && wrong <= WRONG_SHARE ?
		       0 :
		       run_failed(
			       run,
			       "the sets are not apart: %.2f %% of the control's and %.2f %% of the "
			       "treatment's pages %s",
			       a * 100, b * 100, where);
}

/* What the kernel's page tables say, after the last slice. */
static int prove_levels(struct run *run, struct testbed *testbed)
{
	struct set *a = &testbed->set[CONTROL], *b = &testbed->set[TREATMENT];
	double mapped[ARMS];

	if (level_find())
		return 0;
	mapped[CONTROL] = set_mapped(a, LEVEL_4K);
	mapped[TREATMENT] = set_mapped(b, LEVEL_4K);
	run_note(run, "mapped_4k_a", "%.6g", mapped[CONTROL]);
	run_note(run, "mapped_4k_b", "%.6g", mapped[TREATMENT]);
	run_note(run, "mapped_1g_a", "%.6g", set_mapped(a, LEVEL_1G));
	run_note(run, "mapped_1g_b", "%.6g", set_mapped(b, LEVEL_1G));
	return apart(run, mapped[CONTROL], mapped[TREATMENT], "are mapped by 4K");
}

int sets_prove(struct run *run, struct testbed *testbed)
{
	size_t lost = look_again(testbed);
	double a = share(testbed, CONTROL), b = share(testbed, TREATMENT);

	run_note(run, "share_in_split_a", "%.6g", a);
	run_note(run, "share_in_split_b", "%.6g", b);
	note_how(run, testbed);
	if ((double)lost > WRONG_SHARE * (double)testbed->set[CONTROL].count)
		return run_failed(run,
				  "%zu pages of the sets are not where they were: nothing is "
				  "proved",
				  lost);
	if (apart(run, a, b, "lie in blocks where this run has secret pages"))
		return -1;
	return prove_levels(run, testbed);
}
