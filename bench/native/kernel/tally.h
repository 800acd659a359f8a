/* SPDX-License-Identifier: MIT */
/*
 * What simulated TLBs counted of one piece of work after the other, again and again, and what it
 * comes to. A stretch lies between two marks; it is kept if nothing disturbed it.
 */
#ifndef TALLY_H
#define TALLY_H

#include "kernel/simulated.h"

#include <stdbool.h>
#include <stddef.h>

struct arm;
struct run;

#define TALLY_PIECES 16u

struct stretch {
	size_t piece;
	struct tlb_counts counts;
};

struct tally {
	const char *of; /* whose rows these are in tables */
	bool caches;	/* models without caches have no rows */
	uint64_t operations[TALLY_PIECES];
	struct stretch *stretches;
	size_t count, room; /* what is beyond the room is not kept */
};

/* Room for so many stretches, there before the first: a page fault would disturb the next. */
void tally_make(struct tally *tally, const char *of, size_t room);
/* Keep what was counted since simulated_begin(): a piece of work of so many operations. */
void tally_add(struct tally *tally, size_t piece, uint64_t operations);
/*
 * Rows of three tables: "tlb" (what is kept, by model and area), "pieces" (least and most of each
 * piece that is kept) and "events" (what happened meanwhile). Kept are the stretches without an
 * interrupt and without a flush of everything, or all where there are no such. Returns the sums of
 * what is kept, and in *operations how many operations that were.
 */
struct tlb_counts tally_tell(struct run *run, const struct tally *tally, uint64_t *operations);
/* All areas together. */
uint64_t tally_sum(const uint64_t number[TLB_AREAS]);
void tally_drop(struct tally *tally);

#endif
