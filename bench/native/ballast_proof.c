// SPDX-License-Identifier: MIT
/* What is proved of the two sets, and how. See ballast.h. */
#include "ballast.h"
#include "membership.h"

#include <stdlib.h>
#include <string.h>

#define WRONG_SHARE 0.01	/* of a set may lie where it should not */

static double share(const struct ballast *ballast, int arm)
{
	const struct set *set = &ballast->set[arm];
	size_t count = ballast->secret_touched;
	uint64_t *split = calloc(count + 1, sizeof(*split));
	double within;

	if (!split)
		abort();
	memcpy(split, ballast->secret_blocks, count * sizeof(*split));
	count = blocks_sort(split, count);
	within = share_within(set->blocks, set->count, split, count);
	free(split);
	return within;
}

/* The item's frame as it is now; 0 where it is no longer what it was. */
static uint64_t frame_now(const struct ballast *ballast, const struct set *set, size_t i)
{
	bool tables[BLOCK_FRAMES];

	if (ballast->victim->sight == SIGHT_MAPPED)
		return ballast_frame(ballast, (const char *)(uintptr_t)set->handles[i]);
	if (!ballast_tables(ballast, set->blocks[i], tables))
		return 0;
	return tables[set->frames[i] % BLOCK_FRAMES] ? set->frames[i] : 0;
}

/* What can be seen is looked up again; returns how many items cannot be found any more. */
static size_t look_again(struct ballast *ballast)
{
	size_t lost = 0;

	for (size_t i = 0; i < ballast->secret_touched; i++)
		ballast->secret_blocks[i] =
			ballast_block(ballast, ballast->secret.base + i * base_bytes());
	if (!ballast->victim->sight)
		return 0;
	for (int arm = TREATMENT; arm < ARMS; arm++) {
		struct set *set = &ballast->set[arm];

		for (size_t i = 0; i < set->count; i++) {
			uint64_t frame = frame_now(ballast, set, i);

			set->blocks[i] = block_of(frame);
			lost += !frame;
		}
	}
	return lost;
}

static void note_how(struct run *run, const struct ballast *ballast)
{
	static const char *const witness[] = {
		[SIGHT_NONE] = "ring pages made before and after, in one block",
		[SIGHT_MAPPED] = "the pages themselves",
		[SIGHT_TABLE] = "frames that became page tables as they were made",
	};
	bool seen = ballast->victim->sight;
	long long others = counters_read().splits[0] - ballast->before.splits[0] -
			   ballast->splits_2m;

	run_note(run, "proved", seen && !others ? "true" : "false");
	run_note(run, "witness", "\"%s\"", witness[ballast->victim->sight]);
	run_note(run, "blocks", "%zu", ballast_wanted(run));
	run_note(run, "pages_per_block", "%llu",
		 (unsigned long long)cell_number(run->cell, "block_pages"));
	run_note(run, "ballast_bytes", "%llu", (unsigned long long)ballast->held_bytes);
	run_note(run, "split_here", "%zu", ballast->tried);
	run_note(run, "of_these_unsplit_before", "%zu", ballast->fresh);
	run_note(run, "splits_1g", "%lld", ballast->splits_1g);
	run_note(run, "splits_by_others", "%lld", others);
	if (others)
		run_warn(run, "others split %lld mappings meanwhile, perhaps of the unsplit set: not "
			 "proved", others);
}

int ballast_prove(struct run *run, struct ballast *ballast)
{
	size_t lost = look_again(ballast);
	double a, b, wrong;

	a = share(ballast, CONTROL);
	b = share(ballast, TREATMENT);
	wrong = ballast_splits(run) ? 1 - b : b;
	run_note(run, "share_in_split_a", "%.6g", a);
	run_note(run, "share_in_split_b", "%.6g", b);
	note_how(run, ballast);
	if ((double)lost > WRONG_SHARE * (double)ballast->set[CONTROL].count)
		return run_failed(run, "%zu pages of the sets are not where they were: nothing is "
				  "proved", lost);
	if (a > WRONG_SHARE || wrong > WRONG_SHARE)
		return run_failed(run, "the sets are not apart: %.2f %% of the control's and %.2f %% "
				  "of the treatment's pages lie in split blocks", a * 100, b * 100);
	return 0;
}
