/* SPDX-License-Identifier: MIT */
/*
 * What a patched copy of the core includes: the treatment takes a known share longer. At the end of
 * each timed section the counter is read once more, and a loop without memory is run: in both arms a
 * random number of turns, alike, and in the treatment so many more as make up the share of all that
 * the value holds, this loop and the added reading too. So the books are kept in both arms alike, and
 * the ratio of the arms is 1 + share, of times as they are printed: less one reading.
 *
 * How long a turn takes is learnt at the beginning. What it took in the sections themselves says the
 * share that was injected in truth: that goes into the file that INJECT_BOOK names, a line a run.
 */
#ifndef INJECT_H
#define INJECT_H

#include "measure/arch.h"
#include "measure/timer.h"
#include "memory/array.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define INJECT_LEAST 64u
#define INJECT_MORE 63u	/* a mask: the branch that ends the loop is foreseen in neither arm */
#define INJECT_LEARNT 200
#define INJECT_TURNS 20000u

#define INJECT_SECTIONS 4096u	/* of an arm that the book is made from */

static bool inject_treated;

struct inject_book {
	size_t count;
	uint64_t ticks[INJECT_SECTIONS], turns[INJECT_SECTIONS];
};

static struct inject_book inject_books[2];
static const char *inject_name;

struct injection {
	bool known;
	double share[2]; /* of the control, which is 0, and of the treatment: no branch tells them apart */
	double turn_ticks;
	double kept_ticks; /* that the books take in both arms, less the reading that is taken out */
	uint64_t chance;
};

static void inject_spin(uint64_t turns)
{
	uint64_t x = turns;

	for (; turns; turns--) {
		x = x * 6364136223846793005u + 1442695040888963407u;
		__asm__ volatile("" : "+r"(x));
	}
}

static uint64_t inject_turns(struct injection *injection)
{
	injection->chance = injection->chance * 6364136223846793005u + 1442695040888963407u;
	return INJECT_LEAST + (injection->chance >> 40 & INJECT_MORE);
}

static double inject_turn_ticks(void)
{
	static uint64_t ticks[INJECT_LEARNT];

	for (int i = 0; i < INJECT_LEARNT; i++) {
		uint64_t start = arch_counter();

		inject_spin(INJECT_TURNS);
		ticks[i] = arch_counter() - start;
	}
	qsort(ticks, INJECT_LEARNT, sizeof(*ticks), ascending);
	return (double)ticks[INJECT_LEARNT / 2] / INJECT_TURNS;
}

static uint64_t inject_section(struct injection *injection, uint64_t start, bool treated)
{
	uint64_t middle = arch_counter();
	double whole = (double)(middle - start) + injection->kept_ticks;
	double more = injection->share[treated] * whole / injection->turn_ticks;
	uint64_t turns = inject_turns(injection) + (uint64_t)(more + 0.5), end;
	struct inject_book *book = &inject_books[treated];

	inject_spin(turns);
	end = arch_counter();
	book->ticks[book->count % INJECT_SECTIONS] = end - middle;
	book->turns[book->count % INJECT_SECTIONS] = turns;
	book->count++;
	return end - start;
}

/* Means of an arm over sections that nothing interrupted. */
static void inject_means(const struct inject_book *book, double *ticks, double *turns)
{
	static uint64_t sorted[INJECT_SECTIONS];
	size_t count = book->count < INJECT_SECTIONS ? book->count : INJECT_SECTIONS, kept = 0;

	*ticks = *turns = 0;
	for (size_t i = 0; i < count; i++)
		sorted[i] = book->ticks[i];
	qsort(sorted, count, sizeof(*sorted), ascending);
	for (size_t i = 0; i < count; i++) {
		if (book->ticks[i] > 2 * sorted[count / 2])
			continue;
		*ticks += (double)book->ticks[i];
		*turns += (double)book->turns[i];
		kept++;
	}
	*ticks /= (double)kept;
	*turns /= (double)kept;
}

/* The mean of what the books take; what an interruption fell into is left out. */
static double inject_kept_ticks(struct injection *injection)
{
	static uint64_t ticks[16 * INJECT_LEARNT];
	const size_t count = sizeof(ticks) / sizeof(*ticks);
	double sum = 0;
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		ticks[i] = inject_section(injection, arch_counter(), false);
	qsort(ticks, count, sizeof(*ticks), ascending);
	for (; kept < count && ticks[kept] <= 2 * ticks[count / 2]; kept++)
		sum += (double)ticks[kept];
	/* Between the two readings of a section lies one, which the middle has as well. */
	return sum / (double)kept - 2 * timer_cost_ticks();
}

static struct injection inject_this;

/* Put down what was injected in truth: as much more or less as turns took more or less. */
static void inject_report(void)
{
	const char *path = getenv("INJECT_BOOK");
	FILE *file = path ? fopen(path, "a") : NULL;
	double ticks[2], turns[2], taken = inject_this.turn_ticks;

	if (!file)
		return;
	inject_means(&inject_books[false], &ticks[false], &turns[false]);
	inject_means(&inject_books[true], &ticks[true], &turns[true]);
	if (turns[true] > turns[false] + 1)
		taken = (ticks[true] - ticks[false]) / (turns[true] - turns[false]);
	fprintf(file, "%s %.9g\n", inject_name,
		inject_this.share[true] * taken / inject_this.turn_ticks);
	fclose(file);
}

static inline void inject_learn(struct injection *injection, const char *name)
{
	const char *share = getenv(name);

	inject_name = name;
	injection->share[true] = share ? atof(share) : 0;
	injection->chance = arch_counter();
	injection->turn_ticks = inject_turn_ticks();
	inject_section(injection, arch_counter(), false);
	injection->kept_ticks = inject_kept_ticks(injection);
	inject_books[false].count = 0;
	injection->known = true;
	atexit(inject_report);
}

/* Which arm the next sections are of. */
static inline void inject_arm(const char *name, bool treated)
{
	if (!inject_this.known)
		inject_learn(&inject_this, name);
	inject_treated = treated;
}

/* Ticks since the section began, what is injected included. */
static inline uint64_t inject_end(uint64_t start)
{
	return inject_section(&inject_this, start, inject_treated);
}

#endif
