// SPDX-License-Identifier: MIT
/*
 * Trips to memory that a model of a CPU's caches would make for the owner of a secret. Where a page
 * is mapped uncached, each access is one. The processor's time is not asked, as there is none: what
 * the page tables say of each page is, by the plugin's own walk.
 */
#include "backing/secret_device.h"
#include "kernel/simulated.h"
#include "kernel/tally.h"
#include "measure/metric.h"
#include "measure/realtime.h"
#include "measure/run.h"
#include "measure/width.h"
#include "memory/mode.h"
#include "memory/page.h"

#include <stdlib.h>
#include <string.h>

#define ACCESSES 4096u
#define USES 256u
#define PASSES 16u /* over a page */
#define PAGES 64u  /* touched first */
#define LIVES 32u
#define ROUNDS_BEFORE 2u /* not counted */

static const struct param params[] = {
	{ "use",
	  "one load or store of a hot line; a use of a secret's 32 bytes; 4 KiB streamed through or "
	  "copied out; the first touch of a page; the life of a secret",
	  "", "load|store|use|stream|copy|touch|life", "load", 0, 0 },
	{ "width_bytes", "of each access of load, store and stream: 1, 2, 4, 8, 16 or 32", "1",
	  NULL, "8", 1, 64 },
	{ "rounds", "rounds that are counted, after two that are not", "1", NULL, "8", 1, 1000 },
	{ "model", "which of the guest's models gives the value; tables hold all", "1", NULL, "0",
	  0, TLB_MODELS - 1 },
};

/* One round over the region, or with regions of its own: operations, or -errno. */
typedef int64_t round_fn(const struct run *run, struct arm *arm);

static char *ordinary; /* the other side of a copy: a touched page */

static bool flushes(const struct arm *arm)
{
	return arm->mode->use == USE_FLUSH;
}

static void access_all(const struct arm *arm, width_pass *access, uint64_t count, size_t step)
{
	char *base = arm->region.base;

	if (!flushes(arm)) {
		access(base, count, step);
		return;
	}
	for (uint64_t i = 0; i < count; i++) {
		access(base + (i * step & 4095), 1, 0);
		simulated_evict(base + (i * step & 4095));
	}
}

static int64_t accesses(const struct run *run, struct arm *arm)
{
	const struct width *width = width_find(cell_number(run->cell, "width_bytes"));
	bool store = cell_is(run->cell, "use", "store");

	access_all(arm, store ? width->store : width->load, ACCESSES, 0);
	return ACCESSES;
}

static int64_t streams(const struct run *run, struct arm *arm)
{
	const struct width *width = width_find(cell_number(run->cell, "width_bytes"));

	access_all(arm, width->load, PASSES * base_bytes() / width->bytes, width->bytes);
	return PASSES;
}

/* As secret-use: four words into registers, then the line is evicted where the mode does that. */
static int64_t uses(const struct run *run, struct arm *arm)
{
	const struct width *word = width_find(sizeof(uint64_t));

	(void)run;
	for (unsigned int i = 0; i < USES; i++) {
		word->load(arm->region.base, SECRET_BYTES / word->bytes, word->bytes);
		if (flushes(arm))
			simulated_evict(arm->region.base);
	}
	return USES;
}

static int64_t copies(const struct run *run, struct arm *arm)
{
	(void)run;
	for (unsigned int i = 0; i < PASSES; i++) {
		memcpy(ordinary, arm->region.base, base_bytes());
		__asm__ volatile("" : : "r"(ordinary) : "memory");
	}
	return PASSES;
}

static int64_t touches(const struct run *run, struct arm *arm)
{
	struct region region;
	int err = region_obtain(arm->mode, &region, PAGES * base_bytes());

	(void)run;
	if (err)
		return err;
	for (size_t at = 0; at < region.len_bytes; at += base_bytes())
		*(volatile char *)(region.base + at) = 1;
	region_release(arm->mode, &region);
	return PAGES;
}

/* As secret-lifecycle. */
static int64_t lives(const struct run *run, struct arm *arm)
{
	char secret[SECRET_BYTES];

	(void)run;
	memset(secret, 's', sizeof(secret));
	for (unsigned int i = 0; i < LIVES; i++) {
		struct region region;
		int err = region_obtain(arm->mode, &region, SECRET_BYTES);

		if (err)
			return err;
		memcpy(region.base, secret, SECRET_BYTES);
		__asm__ volatile("" : : : "memory");
		memcpy(secret, region.base, SECRET_BYTES);
		explicit_bzero(region.base, SECRET_BYTES);
		region_release(arm->mode, &region);
	}
	return LIVES;
}

static round_fn *round_of(const struct cell *cell)
{
	static const struct {
		const char *use;
		round_fn *round;
	} known[] = {
		{ "load", accesses }, { "store", accesses }, { "stream", streams },
		{ "use", uses },      { "copy", copies },    { "touch", touches },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (cell_is(cell, "use", known[i].use))
			return known[i].round;
	return lives;
}

/* Fails where the page is not mapped as its mode promises, by the tables as the plugin reads them. */
static int look(struct run *run, const struct arm *arm)
{
	static const char *const types[] = { "WB", "WC", "UC-", "UC", "WB", "WP", "UC-", "WT" };
	const char *wanted = arm->mode->uncached ? TYPE_UNCACHED : TYPE_CACHED, *found;
	uint64_t page[TLB_PAGE_NUMBERS];

	simulated_page(arm->region.base, page);
	found = types[page[TLB_PAGE_TYPE] & 7];
	if (page[TLB_PAGE_MAPPED] && !strcmp(found, wanted) &&
	    page[TLB_PAGE_DIRECT_MAP] == !arm->mode->secret)
		return 0;
	return run_refused(run,
			   "%s: its page is mapped %s and the direct map %s it: wanted was %s, and "
			   "that it %s",
			   arm->mode->name, page[TLB_PAGE_MAPPED] ? found : "not at all",
			   page[TLB_PAGE_DIRECT_MAP] ? "has" : "does not have", wanted,
			   arm->mode->secret ? "does not" : "does");
}

static int prepare(struct run *run, struct arm *arm)
{
	int err = region_obtain(arm->mode, &arm->region, base_bytes());

	if (err)
		return run_without(run, arm, err);
	memset(arm->region.base, 's', base_bytes());
	return look(run, arm);
}

static int count_arm(struct run *run, struct arm *arm)
{
	uint64_t rounds = cell_number(run->cell, "rounds"), operations;
	round_fn *round = round_of(run->cell);
	struct tlb_counts sums;
	struct tally tally;
	int64_t done = 0;

	tally_make(&tally, arm == &run->arm[TREATMENT] ? "treatment" : "control", rounds);
	tally.caches = true;
	for (uint64_t i = 0; i < rounds + ROUNDS_BEFORE && done >= 0; i++) {
		simulated_begin();
		done = round(run, arm);
		simulated_end();
		if (i >= ROUNDS_BEFORE && done > 0)
			tally_add(&tally, 0, (uint64_t)done);
	}
	if (done >= 0) {
		sums = tally_tell(run, &tally, &operations);
		count_add(arm, tally_sum(sums.model[cell_number(run->cell, "model")].trips),
			  operations);
	}
	tally_drop(&tally);
	return done < 0 ? run_without(run, arm, (int)done) : 0;
}

static int measure(struct run *run)
{
	int err = 0;

	realtime_unlimited();
	ordinary = pages_zeroed(base_bytes());
	if (!ordinary)
		return run_failed(run, "no memory for the other side of the copy");
	for (unsigned int a = 0; a < run->arms && !err; a++)
		err = prepare(run, &run->arm[a]);
	simulated_run(true);
	for (unsigned int a = 0; a < run->arms && !err; a++)
		err = count_arm(run, &run->arm[a]);
	simulated_rest();
	free(ordinary);
	return err ? err : simulated_check(run);
}

static bool has_width(const struct cell *cell)
{
	return cell_is(cell, "use", "load") || cell_is(cell, "use", "store") ||
	       cell_is(cell, "use", "stream");
}

/* A flush after the first touch is none of first-touch, and so on: as the timed metrics have it. */
static bool flushes_undefined(const struct cell *cell, enum arm_id arm)
{
	return cell->mode[arm]->use == USE_FLUSH && !has_width(cell) &&
	       !cell_is(cell, "use", "use");
}

static const char *wrong(const struct cell *cell)
{
	uint64_t bytes = cell_number(cell, "width_bytes");

	if (bytes & (bytes - 1))
		return "width_bytes must be 1, 2, 4, 8, 16 or 32";
	return bytes == sizeof(uint64_t) || has_width(cell) ?
		       NULL :
		       "width_bytes is of use=load, store and stream alone: leave it away";
}

static const char *refuse(const struct cell *cell, enum arm_id arm)
{
	const char *why = simulated_refuse();

	if (!why)
		why = simulated_no_model(cell_number(cell, "model"));
	if (why)
		return why;
	if (!simulated_has_caches((unsigned int)cell_number(cell, "model")))
		return "this model says nothing of caches: add them to its line, or take another";
	if (!width_find(cell_number(cell, "width_bytes")))
		return "the emulated CPU has no single access of that width";
	if (flushes_undefined(cell, arm))
		return "flushing after each use is defined for load, store, stream and use only";
	secret_device_believe();
	return NULL;
}

/* Both arms hold one page; first touches and lives take more for a moment. */
static struct need need(const struct cell *cell, const struct mode *mode)
{
	uint64_t bytes = mode_page_bytes(mode), rounds = cell_number(cell, "rounds") + 2;
	uint64_t each = cell_is(cell, "use", "touch") ? PAGES :
			cell_is(cell, "use", "life")  ? LIVES :
							0;

	return (struct need){ bytes + (each ? PAGES * bytes : 0), bytes + rounds * each * bytes };
}

METRIC(trips_simulated) = {
	.name = "trips-simulated",
	.about =
		"trips to memory that a model of a CPU's caches would make for one use of the memory by "
		"its owner: an access to an uncached page is always one. Counted exactly, in an emulated "
		"guest, of a model and not of a CPU",
	.question = "owner",
	.unit = "1",
	.better = "lower",
	.assume = "nothing",
	.effect = "difference",
	.duet = true,
	.flushes = true,
	PARAMS(params),
	.wrong = wrong,
	.refuse = refuse,
	.need = need,
	.run = measure,
};
