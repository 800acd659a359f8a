// SPDX-License-Identifier: MIT
#include "measure/timer.h"
#include "measure/arch.h"
#include "measure/random.h"
#include "memory/array.h"

#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

/* What a reading takes is learnt from so many; beyond so many medians one was interrupted. */
#define COST_READINGS 1000u
#define COST_MEDIANS 2u

/* How the counter's step is learnt: from so many pairs of readings, with so many pauses between. */
#define STEP_READINGS 20000u
#define STEP_PAUSES 97u
#define STEP_MOST 65536u	/* ticks between two readings that count */
#define STEP_SEEN 3u		/* times that a difference is seen, or it was an interruption's */
#define STEP_ROUNDINGS 3u	/* differences side by side that may be one, by rounding */

uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_RAW, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* The clock is read to some 50 ns, so 5 ms give it to 1e-5; shorter runs wait that long. */
double tick_s(uint64_t ticks, uint64_t ns)
{
	while (now_ns() - ns < 5000000u)
		;
	return (double)(now_ns() - ns) * 1e-9 / (double)(arch_counter() - ticks);
}

double ticks_per_ns(void)
{
	return 1e-9 / tick_s(arch_counter(), now_ns());
}

double timer_resolution_s(void)
{
	return tick_s(arch_counter(), now_ns());
}

double timer_cost_ticks(void)
{
	uint64_t ticks[COST_READINGS], most, sum = 0;
	size_t count = 0;

	for (size_t i = 0; i < COST_READINGS; i++) {
		uint64_t start = arch_counter();

		ticks[i] = arch_counter() - start;
	}
	qsort(ticks, COST_READINGS, sizeof(*ticks), ascending);
	most = COST_MEDIANS * (ticks[COST_READINGS / 2] + 1);
	for (; count < COST_READINGS && ticks[count] <= most; count++)
		sum += ticks[count];
	return (double)sum / (double)count;
}

double timer_cost_s(void)
{
	uint64_t start_ticks = arch_counter(), start_ns = now_ns();
	double cost = timer_cost_ticks();

	return cost * tick_s(start_ticks, start_ns);
}

/* How often two readings lay so many ticks apart, with pauses of many lengths between them. */
static void differences(unsigned int *seen)
{
	for (unsigned int i = 0; i < STEP_READINGS; i++) {
		uint64_t start = arch_counter(), ticks;

		for (volatile unsigned int pause = i % STEP_PAUSES; pause; pause--)
			;
		ticks = arch_counter() - start;
		if (ticks < STEP_MOST)
			seen[ticks]++;
	}
}

/*
 * Differences that stand side by side are one, rounded in several ways; from one such group to the
 * next it is a step. Where groups are long, every tick is one.
 */
static uint64_t step_between(const unsigned int *seen)
{
	uint64_t first = STEP_MOST, least = STEP_MOST, length = 0;

	for (uint64_t ticks = 0; ticks < STEP_MOST; ticks++) {
		length = seen[ticks] >= STEP_SEEN ? length + 1 : 0;
		if (length > STEP_ROUNDINGS)
			return 1;
		if (length != 1)
			continue;
		if (first < STEP_MOST && ticks - first < least)
			least = ticks - first;
		first = ticks;
	}
	if (first == STEP_MOST)
		return 0;
	return least < STEP_MOST ? least : 1;
}

uint64_t timer_step_ticks(void)
{
	static unsigned int seen[STEP_MOST];
	static bool learnt;
	static uint64_t step;

	if (!learnt) {
		differences(seen);
		step = step_between(seen);
		learnt = true;
	}
	return step;
}

double timer_step_s(void)
{
	return (double)timer_step_ticks() * tick_s(arch_counter(), now_ns());
}

/* A turn of the loop takes about a tick or more. */
void timer_dither(uint64_t random[4])
{
	for (volatile uint64_t turns = random_below(random, timer_step_ticks() + 1); turns; turns--)
		;
}
