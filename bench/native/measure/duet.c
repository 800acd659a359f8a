// SPDX-License-Identifier: MIT
/*
 * The duet: treatment and control live in one process, are allocated in random
 * order and measured in turn in short slices whose order is random, so that
 * frequency, neighbours and the host fall on both alike.
 */
#include "measure/duet.h"
#include "measure/arch.h"
#include "measure/ballast.h"
#include "measure/metric.h"
#include "measure/placement.h"
#include "measure/random.h"
#include "measure/realtime.h"
#include "measure/run.h"
#include "measure/timer.h"
#include "memory/array.h"
#include "memory/mode.h"
#include "memory/page.h"

#include <stdlib.h>
#include <string.h>

/* A slice longer than its arm's median by this much was interrupted. */
#define GAP_S 0.005
/* One step of the timer is to be less than this share of a slice. */
#define STEP_SHARE 1e-4
#define TRIAL_SLICES 3		 /* the least of so many says how long a slice takes */
#define LONG_ENOUGH 64u		 /* times as long as a slice need be, for the other arm's sake */
#define MOST_OPERATIONS (1u << 27)
#define LEAST_READINGS 3	 /* of the timer's own cost, or a section is too short to be timed */

void duet_lengths(struct run *run, uint64_t len_bytes)
{
	for (unsigned int a = 0; a < run->arms; a++) {
		const struct mode *mode = run->arm[a].mode;
		uint64_t bytes = mode_region_bytes(mode, len_bytes);

		if (bytes != len_bytes)
			run_warn(
				run,
				"%s: a region of %llu bytes is one of %llu: its pages are so large",
				mode->name, (unsigned long long)len_bytes,
				(unsigned long long)bytes);
	}
}

void duet_touch(struct run *run, struct region *region, size_t page_bytes)
{
	for (size_t at = 0; at < region->len_bytes; at += page_bytes) {
		*(volatile char *)(region->base + at) = 0;
		if (at / page_bytes % 256 == 255)
			duty(run);
	}
}

static void touch_part(struct arm *arm, size_t at, size_t bytes)
{
	size_t page_bytes = base_bytes();

	for (size_t end = at + bytes; at < end && at < arm->region.len_bytes; at += page_bytes)
		*(volatile char *)(arm->region.base + at) = 0;
}

static uint64_t *random_order(struct run *run, size_t count)
{
	uint64_t *order = malloc(count * sizeof(*order));

	if (!order)
		abort();
	for (size_t i = 0; i < count; i++)
		order[i] = i;
	for (size_t i = count; i > 1; i--) {
		size_t j = (size_t)random_below(run->random, i);
		uint64_t kept = order[i - 1];

		order[i - 1] = order[j];
		order[j] = kept;
	}
	return order;
}

/*
 * Touch both regions a few pages at a time, in turn: touched one after the other, the second would
 * get what the first one left (at 64 MiB that was 7 % fewer 2M blocks and loads 3 % faster, in A/A).
 * The order of these parts is random, as the ballast is, so that each run deals placement anew.
 */
static void touch_in_turn(struct run *run)
{
	const size_t part_bytes = 16 * base_bytes();
	size_t len_bytes = run->arm[0].region.len_bytes, parts;
	uint64_t *order;

	if (run->arms > 1 && run->arm[1].region.len_bytes > len_bytes)
		len_bytes = run->arm[1].region.len_bytes;
	parts = (len_bytes + part_bytes - 1) / part_bytes;
	order = random_order(run, parts);
	for (size_t part = 0; part < parts; part++) {
		unsigned int first = (unsigned int)random_below(run->random, run->arms);

		for (unsigned int i = 0; i < run->arms; i++)
			touch_part(&run->arm[(first + i) % run->arms], order[part] * part_bytes,
				   part_bytes);
		if (part % 16 == 15)
			duty(run);
	}
	free(order);
}

/* A mode that is populated when mapped has taken its frames before anything is touched. */
static bool unlike(const struct run *run)
{
	return run->arms > 1 && run->arm[0].mode->populated != run->arm[1].mode->populated;
}

/* What a mode does to touched pages, a MiB at a time, so that the duty is kept. */
static int settle(struct run *run, const struct arm *arm)
{
	const size_t part_bytes = 256 * base_bytes();

	for (size_t at = 0; arm->mode->settle && at < arm->region.len_bytes; at += part_bytes) {
		const char *why = arm->mode->settle(&arm->region, at, part_bytes);

		if (why)
			return run_failed(run, "%s: %s", arm->mode->name, why);
		duty(run);
	}
	return 0;
}

static int obtain_both(struct run *run, uint64_t len_bytes)
{
	unsigned int first = (unsigned int)random_below(run->random, run->arms);

	for (unsigned int i = 0; i < run->arms; i++) {
		struct arm *arm = &run->arm[(first + i) % run->arms];
		int err = region_obtain(arm->mode, &arm->region, len_bytes);

		if (err)
			return run_without(run, arm, err);
		if (unlike(run))
			duet_touch(run, &arm->region, base_bytes());
	}
	touch_in_turn(run);
	return 0;
}

int duet_regions(struct run *run, uint64_t len_bytes)
{
	struct ballast ballast;
	int err;

	ballast_hold(run, &ballast, len_bytes);
	err = obtain_both(run, len_bytes);
	ballast_release(&ballast);
	for (unsigned int a = 0; a < run->arms && !err; a++) {
		err = settle(run, &run->arm[a]);
		if (!err)
			placement_add(&run->arm[a], &run->arm[a].region);
	}
	return err;
}

static uint64_t median_ticks(const struct arm *arm)
{
	uint64_t *ticks = malloc((arm->value_count + 1) * sizeof(*ticks)), median;

	if (!ticks)
		abort();
	for (size_t i = 0; i < arm->value_count; i++)
		ticks[i] = arm->values[i].ticks;
	qsort(ticks, arm->value_count, sizeof(*ticks), ascending);
	median = arm->value_count ? ticks[arm->value_count / 2] : 0;
	free(ticks);
	return median;
}

static uint64_t gap_ticks(const struct run *run)
{
	uint64_t ticks = arch_counter(), ns = now_ns();

	return (uint64_t)(GAP_S * 1e9 * (double)(ticks - run->started_ticks) /
			  (double)(ns - run->started_ns + 1));
}

/* Keep the values that are marked, in their order. */
static void keep_marked(struct arm *arm, const bool *keep)
{
	struct value *values = arm->values;
	size_t count = arm->value_count;

	values_forget(arm);
	for (size_t i = 0; i < count; i++) {
		if (!keep[i])
			continue;
		values[arm->value_count++] = values[i];
		arm->ticks += values[i].ticks;
		arm->readings += values[i].readings;
		arm->operations += values[i].operations;
	}
}

/*
 * Leave out what an interruption of over 5 ms fell into. Of paired values both
 * go, so that value i of one arm still stands beside value i of the other.
 */
static void drop_gaps(struct run *run)
{
	bool together = run->cell->metric->paired && run->arms == ARMS;
	uint64_t gap = gap_ticks(run);
	bool *keep[ARMS] = { NULL };

	for (unsigned int a = 0; a < run->arms; a++) {
		const struct arm *arm = &run->arm[a];
		uint64_t most = median_ticks(arm) + gap;

		keep[a] = malloc(arm->value_count + 1);
		if (!keep[a])
			abort();
		for (size_t i = 0; i < arm->value_count; i++) {
			keep[a][i] = arm->values[i].ticks <= most;
			run->dropped += !keep[a][i];
		}
	}
	for (size_t i = 0; together && i < run->arm[0].value_count; i++)
		keep[0][i] = keep[1][i] = keep[0][i] && keep[1][i];
	for (unsigned int a = 0; a < run->arms; a++) {
		keep_marked(&run->arm[a], keep[a]);
		free(keep[a]);
	}
}

int duet_slices(struct run *run, uint64_t rounds, slice_fn slice)
{
	for (uint64_t round = 0; round < rounds; round++) {
		unsigned int first = (unsigned int)random_below(run->random, run->arms);

		for (unsigned int i = 0; i < run->arms; i++) {
			if (slice(run, &run->arm[(first + i) % run->arms]))
				return -1;
			duty(run);
		}
	}
	return duet_finish(run);
}

uint64_t block_count(uint64_t operations, uint64_t block)
{
	return (operations + block - 1) / block;
}

/* The last block is shorter where the others leave less than a block. */
uint64_t block_operations(const struct arm *arm, uint64_t operations, uint64_t block)
{
	uint64_t left = operations - arm->value_count;

	return left < block ? left : block;
}

/* The least that some slices of the arm take; 0 with run->failure. */
static uint64_t least_ticks(struct run *run, struct arm *arm, slice_fn slice)
{
	uint64_t least = UINT64_MAX;

	for (int i = 0; i < TRIAL_SLICES; i++) {
		if (slice(run, arm))
			return 0;
		if (arm->values[arm->value_count - 1].ticks < least)
			least = arm->values[arm->value_count - 1].ticks;
		duty(run);
	}
	values_forget(arm);
	return least ? least : 1;
}

/* As many operations as one arm's slices need alone; what they take, or 0 with run->failure. */
static uint64_t lengthen(struct run *run, struct arm *arm, uint64_t wanted, slice_fn slice)
{
	uint64_t ticks = least_ticks(run, arm, slice);

	while (ticks && ticks < wanted && arm->slice_operations < MOST_OPERATIONS) {
		arm->slice_operations *= 2;
		ticks = least_ticks(run, arm, slice);
	}
	return ticks;
}

static void set_operations(struct run *run, uint64_t operations)
{
	for (unsigned int a = 0; a < run->arms; a++)
		run->arm[a].slice_operations = operations;
}

/* Both arms have as many, unless slices of the slower one became far longer than they need be. */
int duet_lengthen(struct run *run, uint64_t given, uint64_t least, slice_fn slice)
{
	uint64_t wanted = (uint64_t)((double)timer_step_ticks() / STEP_SHARE), most = least;
	uint64_t ticks[ARMS] = { 0 };

	set_operations(run, given ? given : least);
	for (unsigned int a = 0; a < run->arms && !given; a++) {
		ticks[a] = lengthen(run, &run->arm[a], wanted, slice);
		if (!ticks[a])
			return -1;
		if (run->arm[a].slice_operations > most)
			most = run->arm[a].slice_operations;
	}
	for (unsigned int a = 0; a < run->arms && !given; a++) {
		struct arm *arm = &run->arm[a];

		if (ticks[a] * (most / arm->slice_operations) < LONG_ENOUGH * wanted)
			arm->slice_operations = most;
	}
	return 0;
}

/* What the timer can tell of the shorter arm's slices; -1 with run->failure where that is nothing. */
static int note_resolution(struct run *run)
{
	uint64_t shortest = UINT64_MAX;
	double tick;

	for (unsigned int a = 0; a < run->arms; a++) {
		uint64_t ticks = median_ticks(&run->arm[a]);

		shortest = run->arm[a].readings && ticks < shortest ? ticks : shortest;
	}
	if (shortest == UINT64_MAX)
		return 0;
	tick = tick_s(run->started_ticks, run->started_ns);
	if ((double)shortest < LEAST_READINGS * run->reading_ticks)
		return run_refused(
			run,
			"a timed section takes %.0f ns, and to read the timer takes %.0f: "
			"too short to be timed; take more operations in each",
			(double)shortest * tick * 1e9, run->reading_ticks * tick * 1e9);
	run_note(run, "timer_reading_s", "%.3g", run->reading_ticks * tick);
	if (timer_step_ticks())
		run_note(run, "timer_step_share", "%.2g",
			 (double)timer_step_ticks() / (double)shortest);
	return 0;
}

static int finish(struct run *run)
{
	drop_gaps(run);
	for (unsigned int a = 0; a < run->arms; a++)
		if (!run->arm[a].value_count)
			return run_failed(run,
					  "every slice had a gap over 5 ms: the CPU is taken away "
					  "too often; free it or use another with --cpu");
	return note_resolution(run);
}

int duet_finish(struct run *run)
{
	int err;

	realtime_rest(run);
	err = finish(run);
	realtime_again(run);
	return err;
}
