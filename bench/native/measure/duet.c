// SPDX-License-Identifier: MIT
/*
 * The duet: treatment and control live in one process, are allocated in random
 * order and measured in turn in short slices whose order is random, so that
 * frequency, neighbours and the host fall on both alike.
 */
#include "measure/duet.h"
#include "measure/arch.h"
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

/*
 * Touch both regions a few pages at a time, in turn. Touched one after the other,
 * the second would get what the first one left: at 64 MiB that was 7 % fewer 2M
 * blocks and loads 3 % faster, in A/A.
 */
static void touch_in_turn(struct run *run)
{
	const size_t part_bytes = 16 * base_bytes();
	size_t len_bytes = run->arm[0].region.len_bytes;

	if (run->arms > 1 && run->arm[1].region.len_bytes > len_bytes)
		len_bytes = run->arm[1].region.len_bytes;
	for (size_t at = 0; at < len_bytes; at += part_bytes) {
		unsigned int first = (unsigned int)random_below(run->random, run->arms);

		for (unsigned int i = 0; i < run->arms; i++)
			touch_part(&run->arm[(first + i) % run->arms], at, part_bytes);
		if (at / part_bytes % 16 == 15)
			duty(run);
	}
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

int duet_regions(struct run *run, uint64_t len_bytes)
{
	unsigned int first = (unsigned int)random_below(run->random, run->arms);

	for (unsigned int i = 0; i < run->arms; i++) {
		struct arm *arm = &run->arm[(first + i) % run->arms];
		int err = region_obtain(arm->mode, &arm->region, len_bytes);

		if (err)
			return run_failed(run, "%s: cannot obtain %llu bytes: %s", arm->mode->name,
					  (unsigned long long)len_bytes, strerror(-err));
		if (unlike(run))
			duet_touch(run, &arm->region, base_bytes());
	}
	touch_in_turn(run);
	for (unsigned int a = 0; a < run->arms; a++) {
		if (settle(run, &run->arm[a]))
			return -1;
		placement_add(&run->arm[a], &run->arm[a].region);
	}
	return 0;
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

static void drop(struct arm *arm, size_t i)
{
	arm->ticks -= arm->values[i].ticks;
	arm->operations -= arm->values[i].operations;
	memmove(arm->values + i, arm->values + i + 1,
		(--arm->value_count - i) * sizeof(*arm->values));
}

/*
 * Leave out what an interruption of over 5 ms fell into. Of paired values both
 * go, so that value i of one arm still stands beside value i of the other.
 */
static void drop_gaps(struct run *run)
{
	uint64_t gap = gap_ticks(run), median[ARMS] = { 0 };
	bool together = run->cell->metric->paired && run->arms == ARMS;

	for (unsigned int a = 0; a < run->arms; a++)
		median[a] = median_ticks(&run->arm[a]);
	for (unsigned int a = 0; a < run->arms; a++) {
		struct arm *arm = &run->arm[a];

		for (size_t i = 0; i < arm->value_count;) {
			if (arm->values[i].ticks <= median[a] + gap) {
				i++;
				continue;
			}
			run->dropped++;
			drop(arm, i);
			if (together)
				drop(&run->arm[!a], i);
		}
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

int duet_finish(struct run *run)
{
	drop_gaps(run);
	for (unsigned int a = 0; a < run->arms; a++)
		if (!run->arm[a].value_count)
			return run_failed(run,
					  "every slice had a gap over 5 ms: the CPU is taken away "
					  "too often; free it or use another with --cpu");
	return 0;
}
