// SPDX-License-Identifier: MIT
#include "attempt/plant.h"
#include "attempt/way.h"
#include "measure/arch.h"
#include "measure/realtime.h"
#include "measure/run.h"
#include "memory/array.h"
#include "memory/mode.h"
#include "memory/page.h"

#include <stdio.h>
#include <stdlib.h>

#define TRIALS 500
/* Between a hit and a miss there must be this factor, else nothing can be told. */
#define APART 1.5

enum { AFTER_USE, HIT, MISS, LOADS };

static uint64_t load_ticks(const char *line)
{
	uint64_t start = arch_counter();

	(void)*(const volatile char *)line;
	return arch_counter() - start;
}

/* The line is evicted, then used in the mode's way (or loaded, or left), then timed. */
static int trial(struct attempt *a, int kind, uint64_t *ticks)
{
	bool opt = a->run->flush_opt;
	char *line = a->region.base;

	arch_flush(line, opt);
	if (kind == HIT)
		(void)*(volatile char *)line;
	if (kind == AFTER_USE) {
		(void)*(volatile char *)line;
		if (a->mode->use == USE_FLUSH)
			arch_flush(line, opt);
		if (region_close(a->mode, &a->region) || region_open(a->mode, &a->region))
			return -1;
	}
	/* What closed and opened the page may have flushed its translation: that is not meant. */
	(void)*(volatile char *)(line + base_bytes() / 2);
	*ticks = load_ticks(line);
	return 0;
}

static enum outcome attempt(struct attempt *a)
{
	static uint64_t ticks[LOADS][TRIALS];
	double median[LOADS];
	bool present;

	a->in_use = true;
	if (plant_here(a))
		return NOT_TRIED;
	for (int i = 0; i < TRIALS; i++) {
		for (int kind = 0; kind < LOADS; kind++)
			if (trial(a, kind, &ticks[kind][i]))
				return run_failed(a->run, "%s: a use failed", a->mode->name);
		duty(a->run);
	}
	for (int kind = 0; kind < LOADS; kind++) {
		qsort(ticks[kind], TRIALS, sizeof(ticks[kind][0]), ascending);
		median[kind] = (double)ticks[kind][TRIALS / 2];
	}
	if (median[MISS] < APART * median[HIT])
		return not_tried(
			a,
			"not tried: a load that hits takes %.0f ticks and one that misses %.0f: "
			"nothing can be told apart (emulated?)",
			median[HIT], median[MISS]);
	present = median[AFTER_USE] < (median[HIT] + median[MISS]) / 2;
	snprintf(a->evidence, sizeof(a->evidence),
		 "a load after the use takes %.0f ticks, one that hits %.0f, one that misses %.0f",
		 median[AFTER_USE], median[HIT], median[MISS]);
	return present ? OPEN : CLOSED;
}

static const char *refuse(const struct cell *cell, enum arm_id arm)
{
	if (cell->mode[arm]->recover)
		return "the secret is deciphered anew for each use: there is no line that stays its own";
	return NULL;
}

WAY(cache, "cache", REST,
    "after a use the secret's line is still in the cache, where a neighbour on the same machine can "
    "tell that and when it was used, and speculation can reach it",
    .attempt = attempt, .realtime = true, .refuse = refuse);
