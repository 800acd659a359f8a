// SPDX-License-Identifier: MIT
/* The one procedure of all victims: build two sets, work on them in turn, prove them. */
#include "testbed/victim.h"
#include "kernel/counter.h"
#include "kernel/page_type.h"
#include "measure/arch.h"
#include "measure/duet.h"
#include "measure/random.h"
#include "measure/realtime.h"
#include "measure/run.h"
#include "memory/array.h"
#include "memory/cause.h"
#include "memory/frame.h"
#include "memory/mode.h"
#include "memory/page.h"
#include "testbed/proof.h"
#include "testbed/sets.h"
#include "testbed/walks.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct testbed testbed;

int victim_slice(struct run *run, struct arm *arm, const struct victim *victim,
		 const struct set *set)
{
	int err = victim->before ? victim->before(run->cell, set->handles, set->count) : 0;
	uint64_t start = arch_counter();

	err = err ? err : victim->work(run->cell, set->handles, set->count);
	value_add(arm, arch_counter() - start, set->count);
	if (!err && victim->after)
		err = victim->after(run->cell, set->handles, set->count);
	return err ? run_failed(run, "the victim's work failed: %s", strerror(-err)) : 0;
}

static int slice(struct run *run, struct arm *arm)
{
	return victim_slice(run, arm, testbed.victim, &testbed.set[arm - run->arm]);
}

const struct victim *victim_find(const char *name)
{
	for_each_victim(v)
		if (!strcmp((*v)->victim->name, name))
			return (*v)->victim;
	return NULL;
}

/* The same addresses in the same order, loaded through the user's own mapping. */
static uint64_t user_ticks(const struct set *set)
{
	uint64_t start = arch_counter(), sum = 0;

	for (size_t i = 0; i < set->count; i++)
		sum += *(volatile uint64_t *)(uintptr_t)(set->handles[i] + i * 64 % 4096);
	return arch_counter() - start + (sum & 0);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void user_control(struct run *run)
{
	size_t rounds = cell_number(run->cell, "slices");
	double *ratios = calloc(rounds, sizeof(*ratios));

	if (!ratios)
		return;
	for (size_t i = 0; i < rounds; i++) {
		uint64_t ticks[ARMS] = { 0 };
		unsigned int first = (unsigned int)random_below(run->random, ARMS);

		ticks[first] = user_ticks(&testbed.set[first]);
		ticks[!first] = user_ticks(&testbed.set[!first]);
		ratios[i] = (double)ticks[TREATMENT] / (double)ticks[CONTROL];
		duty(run);
	}
	qsort(ratios, rounds, sizeof(*ratios), compare);
	run_note(run, "user_ratio", "%.5f", ratios[rounds / 2]);
	free(ratios);
}

static void note_placement(struct run *run)
{
	for (unsigned int a = 0; a < run->arms; a++) {
		run->arm[a].placed = true;
		run->arm[a].pages = testbed.set[a].count;
		run->arm[a].blocks_2m = testbed.set[a].count /
					cell_number(run->cell, "block_pages");
	}
}

int victim_run(struct run *run)
{
	const struct victim *victim = run->cell->metric->victim;
	uint64_t slices = cell_number(run->cell, "slices");
	int err = sets_build(run, &testbed, victim) || duet_slices(run, slices, slice);

	if (!err)
		walks_note(run, &testbed);
	if (!err && victim->sight) {
		user_control(run);
		note_placement(run);
	}
	err = err || sets_prove(run, &testbed);
	sets_release(&testbed);
	return err ? -1 : 0;
}

uint64_t victim_number(const struct cell *cell, const char *param, uint64_t usual)
{
	return cell_has(cell, param) ? cell_number(cell, param) : usual;
}

bool victim_is(const struct cell *cell, const char *param, const char *word)
{
	return cell_has(cell, param) && cell_is(cell, param, word);
}

/* Why this machine offers no proof, in words; NULL when it does. */
static const char *unprovable(void)
{
	static const char *const needed[] = { "packet-ring", "secret" };

	if (counters_read().splits[0] < 0)
		return "this kernel does not count direct-map splits (x86 since 5.13)";
	if (unmovable_blocks() < 0 || geteuid())
		return "only root sees /proc/pagetypeinfo and frame numbers, without which nothing "
		       "is proved";
	for (size_t i = 0; i < COUNT(needed); i++) {
		const char *why = mode_unsupported(mode_find(needed[i]));

		if (why)
			return why;
	}
	return NULL;
}

/* One object, made, worked on and dropped. 0 or -errno. */
static int work_once(const struct cell *cell, const struct victim *victim)
{
	static _Alignas(4096) char page[4096];
	uint64_t handle = (uint64_t)(uintptr_t)page;
	int err = victim->make ? victim->make(cell, &handle) : 0;

	if (err)
		return err;
	err = victim->before ? victim->before(cell, &handle, 1) : 0;
	err = err ? err : victim->work(cell, &handle, 1);
	err = err || !victim->after ? err : victim->after(cell, &handle, 1);
	if (victim->drop)
		victim->drop(handle);
	return err;
}

/* Why the work is refused here, in words; NULL when it is not. */
static const char *work_refused(const struct cell *cell, const struct victim *victim)
{
	int err = work_once(cell, victim);
	static char why[300];

	if (!err)
		return NULL;
	snprintf(why, sizeof(why), "the work of victim %s cannot be done here: %s%s", victim->name,
		 err == -EPERM || err == -EACCES ? cause_filter() : "", strerror(-err));
	return why;
}

const char *victim_modes(const struct cell *cell, enum arm_id arm)
{
	const struct mode *mode = cell->mode[arm];

	if (!cell->mode[CONTROL])
		return "a victim is measured inside and outside split blocks: name the control";
	if (arm == CONTROL && mode->secret)
		return "the control of a victim is memory outside split blocks: take memfd";
	if (mode->use == USE_FLUSH)
		return "flushing after each use is defined for one hot line and access-width only";
	if (!mode->secret && mode != cell->mode[CONTROL])
		return "a victim knows the mode secret, and a mode beside itself as A/A";
	return NULL;
}

const char *victim_wrong(const struct cell *cell)
{
	const struct victim *victim = cell->metric->victim;
	uint64_t block_pages = cell_number(cell, "block_pages");

	if (whole_pages(cell, "secret_bytes"))
		return whole_pages(cell, "secret_bytes");
	if (cell_number(cell, "pages") % block_pages)
		return "pages must be a multiple of block_pages: blocks are filled alike";
	return victim->sight == SIGHT_MAPPED && block_pages > BLOCK_FRAMES - HOLE_PAGES ?
		       "block_pages of this victim is at most 504: a block has 512 pages, and a hole of 8" :
		       NULL;
}

const char *victim_refuse(const struct cell *cell, enum arm_id arm)
{
	const struct victim *victim = cell->metric->victim;
	const char *why = victim && victim->refuse ? victim->refuse(cell) : NULL;

	if (!why)
		why = victim_modes(cell, arm);
	if (!why)
		why = unprovable();
	if (!why && victim && arm == TREATMENT)
		why = work_refused(cell, victim);
	return why;
}

static uint64_t sets_bytes(const struct cell *cell)
{
	return (ARMS * set_blocks(cell) + sample_blocks() + SPARE_BLOCKS) * huge_bytes();
}

uint64_t victim_ballast_bytes(const struct cell *cell)
{
	uint64_t most = cell_number(cell, "ballast_max_bytes"), bytes = sets_bytes(cell);
	long long pool = free_unmovable_pages();

	bytes += pool < 0 ? 0 : (uint64_t)pool * base_bytes();
	return bytes < most ? bytes : most;
}

/*
 * The secret arm takes what splits: a few pages as a rule, but each splits a block, so
 * that the most it may touch is what a person is asked about. The rest, ballast and
 * both sets, falls to the others: as much as the boot as it is now will make it.
 */
struct need victim_need(const struct cell *cell, const struct mode *mode)
{
	uint64_t secret_bytes = cell_number(cell, "secret_bytes"),
		 bytes = victim_ballast_bytes(cell);

	if (mode->secret)
		return (struct need){ secret_bytes, secret_bytes };
	if (!cell->mode[TREATMENT]->secret)
		bytes /= ARMS; /* both arms of A/A say it */
	return (struct need){ bytes, bytes };
}

/* A/A splits two blocks as well, to see that they were whole. */
struct boot_use victim_boot_use(const struct cell *cell)
{
	struct boot_use boot_use = { .ballast_bytes = cell_number(cell, "ballast_max_bytes"),
				     .growth_bytes = sets_bytes(cell) };

	if (cell->mode[TREATMENT]->secret) {
		boot_use.splits = set_blocks(cell);
	} else {
		boot_use.splits = sample_blocks();
		boot_use.secret_bytes = sample_blocks() * SPLIT_TRIES * base_bytes();
	}
	return boot_use;
}
