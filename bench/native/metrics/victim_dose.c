// SPDX-License-Identifier: MIT
/*
 * The change of a ratio: the kernel's work on a set, over the same on a reference that stays as it
 * is, in alternating slices, while a dose of the control is held and then while one of secret memory
 * is. What the CPU, the host and the neighbours do meanwhile, they do to both, so it cancels; what is
 * left is what happened to the set's own memory.
 */
#include "kernel/counter.h"
#include "kernel/map_level.h"
#include "measure/arch.h"
#include "measure/duet.h"
#include "measure/random.h"
#include "measure/realtime.h"
#include "measure/run.h"
#include "measure/timer.h"
#include "memory/frame.h"
#include "memory/mode.h"
#include "memory/page.h"
#include "testbed/block_share.h"
#include "testbed/reference.h"
#include "testbed/sets.h"
#include "testbed/victim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define USUAL_BLOCK_PAGES 448
#define TEXT_OF(number) #number
#define TEXT(number) TEXT_OF(number)

static const struct param params[] = {
	{ "victim", "whose work is timed", "", victim_words, "packet-ring", 0, 0 },
	{ "dose_bytes", "memory held meanwhile, in each arm through its mode", "B", NULL, "8388608",
	  0, 1ull << 40 },
	{ "pages", "working set, in pages or objects", "1", NULL, "3584", 16, 1u << 20 },
	{ "slices", "slices per arm", "1", NULL, "300", 5, 100000 },
	{ "family", "of victim=socket", "", "unix|tcp", "unix", 0, 0 },
	{ "work", "of victim=page-tables", "", "map|fork", "map", 0, 0 },
	{ "ballast_max_bytes",
	  "most memory held to find unsplit blocks for the victim, with holes "
	  "for the dose; 0: the machine as it is",
	  "B", NULL, "0", 0, 1ull << 40 },
	{ "block_pages", "of the victim in each of these blocks", "1", NULL,
	  TEXT(USUAL_BLOCK_PAGES), 16, 65536 },
};

static struct testbed testbed;
static struct set set, reference;

/* Of one set in one arm: what all its slices took. */
static uint64_t ticks_of[ARMS][2];

static bool aged(const struct cell *cell)
{
	return cell_number(cell, "ballast_max_bytes") > 0;
}

static int make_ring(struct run *run, struct region *ring)
{
	int err = region_obtain(mode_find("packet-ring"), ring, set.count * base_bytes());

	if (err)
		return run_unobtained(run, mode_find("packet-ring"), err);
	for (size_t i = 0; i < set.count; i++)
		set.handles[i] = (uint64_t)(uintptr_t)(ring->base + i * base_bytes());
	return 0;
}

/* The same items for both arms, as the machine gives them, in random order. */
static int make_set(struct run *run, const struct victim *victim, struct region *ring)
{
	size_t count = cell_number(run->cell, "pages");

	if (reference_make(run, &reference, count))
		return -1;
	set_make_room(&set, count);
	set.count = victim->ring_pages ? count : 0;
	if (victim->ring_pages && make_ring(run, ring))
		return -1;
	for (; set.count < count; set.count++) {
		int err = victim->make(run->cell, &set.handles[set.count]);

		if (err)
			return run_failed(run, "cannot make object %zu of the victim: %s",
					  set.count, strerror(-err));
		if (set.count % 256 == 255)
			duty(run);
	}
	set_shuffle(run, &set);
	return 0;
}

/* Where items are mapped they may have moved. */
static void look_again(struct run *run, struct set *items)
{
	int pagemap = pagemap_open();

	for (size_t i = 0; i < items->count; i++) {
		items->blocks[i] = block_at(pagemap, (const char *)(uintptr_t)items->handles[i]);
		if (i % 256 == 255)
			duty(run);
	}
	close(pagemap);
}

/* Shares of the set and of its reference that the kernel maps by 4K now; -1 where that cannot be seen. */
struct shares {
	double set, reference;
};

static struct shares shares_now(struct run *run, const struct victim *victim, const char *when)
{
	struct shares shares = { -1, -1 };
	bool mapped = victim->sight == SIGHT_MAPPED;
	char name[48];

	if (mapped)
		look_again(run, &set);
	if (!aged(run->cell) || mapped)
		look_again(run, &reference);
	if (level_find() || !reference.blocks[0])
		return shares;
	shares.reference = set_mapped(&reference, LEVEL_4K);
	snprintf(name, sizeof(name), "reference_4k_%s", when);
	run_note(run, name, "%.6g", shares.reference);
	if (!set.blocks[0])
		return shares;
	shares.set = set_mapped(&set, LEVEL_4K);
	snprintf(name, sizeof(name), "mapped_4k_%s", when);
	run_note(run, name, "%.6g", shares.set);
	return shares;
}

/* Share of the items in blocks where the dose has pages. */
static double share_in_dose(const struct region *dose)
{
	int pagemap = pagemap_open();
	size_t pages = dose->len_bytes / base_bytes();
	uint64_t *blocks = calloc(pages, sizeof(*blocks));
	double share = -1;

	for (size_t i = 0; blocks && i < pages; i++) {
		blocks[i] = block_at(pagemap, dose->base + i * base_bytes());
		if (i % 256 == 255)
			duty(NULL);
	}
	/* Without the right to see them, all frame numbers read 0. */
	if (blocks && pages && blocks[0])
		share = share_within(set.blocks, set.count, blocks, blocks_sort(blocks, pages));
	free(blocks);
	close(pagemap);
	return share;
}

static int take_dose(struct run *run, struct arm *arm)
{
	uint64_t bytes = cell_number(run->cell, "dose_bytes");
	int err = bytes ? region_obtain(arm->mode, &arm->region, bytes) : 0;

	if (err)
		return run_without(run, arm, err);
	if (bytes)
		duet_touch(run, &arm->region, base_bytes());
	return 0;
}

/* Fails where the dose fell into more blocks of the set than it split. */
static int were_whole(struct run *run, double share, long long made)
{
	double hit = share * (double)set_blocks(run->cell);

	return (double)made > hit - 0.5 ?
		       0 :
		       run_failed(
			       run,
			       "pool not exhausted: the dose fell into %.0f blocks of the set and split "
			       "%lld, so others had been split before; few unsplit ones are left in this boot",
			       hit, made);
}

static int note_dose(struct run *run, const struct counters *before, const struct victim *victim)
{
	const struct arm *arm = &run->arm[TREATMENT];
	struct counters now = counters_read();
	long long made = now.splits[0] - before->splits[0];
	double share = -1;

	if (arm->region.base && (victim->sight == SIGHT_MAPPED || aged(run->cell)))
		share = share_in_dose(&arm->region);
	if (share >= 0)
		run_note(run, "share_in_dose", "%.6g", share);
	run_note(run, "splits_since_boot", "%lld", before->splits[0] + before->splits[1]);
	run_note(run, "dose_splits_2m", "%lld", made);
	run_note(run, "dose_splits_1g", "%lld", now.splits[1] - before->splits[1]);
	if (arm->mode->secret && arm->region.base && !made)
		run_note(run, "pool", "\"pool not exhausted\"");
	return aged(run->cell) && arm->mode->secret ? were_whole(run, share, made) : 0;
}

static int slice(struct run *run, const struct victim *victim, const struct set *items,
		 uint64_t *ticks)
{
	int err = victim->before ? victim->before(run->cell, items->handles, items->count) : 0;
	uint64_t start = arch_counter();

	err = err ? err : victim->work(run->cell, items->handles, items->count);
	*ticks = arch_counter() - start;
	if (!err && victim->after)
		err = victim->after(run->cell, items->handles, items->count);
	return err ? run_failed(run, "the victim's work failed: %s", strerror(-err)) : 0;
}

static int measure_arm(struct run *run, struct arm *arm, const struct victim *victim)
{
	/* The reference beside the machine's own memory is a ring, whatever the victim. */
	const struct victim *beside = aged(run->cell) ? victim : victim_find("packet-ring");
	uint64_t *total = ticks_of[arm - run->arm];

	for (uint64_t i = 0; i < cell_number(run->cell, "slices"); i++) {
		bool first = random_below(run->random, 2);
		uint64_t ticks[2];

		if ((first && slice(run, beside, &reference, &ticks[1])) ||
		    slice(run, victim, &set, &ticks[0]) ||
		    (!first && slice(run, beside, &reference, &ticks[1])))
			return -1;
		ratio_add(arm, ticks[0], ticks[1]);
		total[0] += ticks[0];
		total[1] += ticks[1];
		duty(run);
	}
	return 0;
}

static void note_times(struct run *run)
{
	static const char *const when[] = { [TREATMENT] = "with", [CONTROL] = "before" };
	double tick_s = 1e-9 / ticks_per_ns();
	double items = (double)cell_number(run->cell, "slices") * (double)set.count;
	char name[48];

	for (int arm = 0; arm < ARMS; arm++) {
		snprintf(name, sizeof(name), "item_%s_s", when[arm]);
		run_note(run, name, "%.5g", (double)ticks_of[arm][0] * tick_s / items);
		snprintf(name, sizeof(name), "reference_item_%s_s", when[arm]);
		run_note(run, name, "%.5g", (double)ticks_of[arm][1] * tick_s / items);
	}
}

/* 0, or -1 where the reference did not stay as it is. */
static int compare_shares(struct run *run, const struct shares *before, const struct shares *after)
{
	if (before->set >= 0 && after->set >= 0)
		run_note(run, "changed_pages", "%.0f",
			 (after->set - before->set) * (double)set.count);
	if (before->reference == after->reference)
		return 0;
	return run_failed(run,
			  "the share of the reference in 4K mappings went from %.6g to %.6g, and "
			  "should stay as it is: something else splits; run it again",
			  before->reference, after->reference);
}

/*
 * What a split does to the map is done until reboot, so the arms cannot take turns:
 * first the control's dose, given back, then the treatment's, over the same items.
 * What the order itself does is what A/A shows.
 */
static int doses(struct run *run, const struct victim *victim)
{
	struct shares shares_before, shares_after;
	struct counters before;

	if (take_dose(run, &run->arm[CONTROL]) || measure_arm(run, &run->arm[CONTROL], victim))
		return -1;
	if (run->arm[CONTROL].region.base)
		region_release(run->arm[CONTROL].mode, &run->arm[CONTROL].region);
	shares_before = shares_now(run, victim, "before");
	before = counters_read();
	if (take_dose(run, &run->arm[TREATMENT]) || note_dose(run, &before, victim) ||
	    measure_arm(run, &run->arm[TREATMENT], victim))
		return -1;
	shares_after = shares_now(run, victim, "after");
	note_times(run);
	return compare_shares(run, &shares_before, &shares_after) || duet_finish(run) ? -1 : 0;
}

static int measure_aged(struct run *run, const struct victim *victim)
{
	int err = sets_age(run, &testbed, victim);

	set = testbed.set[TREATMENT];
	reference = testbed.set[CONTROL];
	err = err || doses(run, victim);
	run_note(run, "ballast_bytes", "%llu", (unsigned long long)testbed.ballast_bytes);
	sets_release(&testbed);
	return err ? -1 : 0;
}

static int measure(struct run *run)
{
	const struct victim *victim = victim_find(cell_word(run->cell, "victim"));
	struct region ring = { .base = NULL };
	int err;

	if (aged(run->cell))
		return measure_aged(run, victim);
	err = make_set(run, victim, &ring) || doses(run, victim);
	for (size_t i = 0; i < set.count && victim->drop; i++)
		victim->drop(set.handles[i]);
	if (ring.base)
		region_release(mode_find("packet-ring"), &ring);
	reference_release(&reference);
	free(set.handles);
	free(set.blocks);
	return err ? -1 : 0;
}

/* The arms hold one after the other, so this is more than is held at once. */
static struct need need(const struct cell *cell, const struct mode *mode)
{
	uint64_t bytes = cell_number(cell, "dose_bytes");
	uint64_t others = mode->secret || !aged(cell) ? 0 : victim_ballast_bytes(cell);

	if (!cell->mode[TREATMENT]->secret)
		others /= ARMS; /* both arms of A/A say it */
	return (struct need){ bytes + others, bytes };
}

static struct boot_use boot_use(const struct cell *cell)
{
	uint64_t blocks = set_blocks(cell);
	uint64_t pages = cell_number(cell, "dose_bytes") / base_bytes();
	struct boot_use boot_use = { .ballast_bytes = cell_number(cell, "ballast_max_bytes") };

	if (!aged(cell))
		return boot_use;
	boot_use.growth_bytes = (ARMS * blocks + SPARE_BLOCKS) * huge_bytes();
	if (cell->mode[TREATMENT]->secret)
		boot_use.splits = pages < blocks ? pages : blocks;
	return boot_use;
}

/* A parameter that says nothing of the chosen victim, or of the machine as it is. */
static const char *idle(const struct cell *cell)
{
	if (!cell_is(cell, "victim", "socket") && !cell_is(cell, "family", "unix"))
		return "family is of victim=socket";
	if (!cell_is(cell, "victim", "page-tables") && !cell_is(cell, "work", "map"))
		return "work is of victim=page-tables";
	return aged(cell) || cell_number(cell, "block_pages") == USUAL_BLOCK_PAGES ?
		       NULL :
		       "block_pages is of blocks that a ballast finds: set ballast_max_bytes";
}

static const char *wrong(const struct cell *cell)
{
	const struct victim *victim = victim_find(cell_word(cell, "victim"));
	uint64_t block_pages = cell_number(cell, "block_pages");

	if (whole_pages(cell, "dose_bytes"))
		return whole_pages(cell, "dose_bytes");
	if (aged(cell) && cell_number(cell, "pages") % block_pages)
		return "pages must be a multiple of block_pages: blocks are filled alike";
	if (aged(cell) && victim->sight == SIGHT_MAPPED && block_pages > BLOCK_FRAMES - HOLE_PAGES)
		return "block_pages of this victim is at most 504: a block has 512 pages, and a hole of 8";
	return idle(cell);
}

static const char *refuse(const struct cell *cell, enum arm_id arm)
{
	if (!aged(cell))
		return victim_modes(cell, arm);
	if (cell_is(cell, "victim", "page-cache"))
		return "pages of tmpfs are movable and do not come into blocks that a ballast finds: take "
		       "ballast_max_bytes=0, or victim-page-cache";
	return victim_refuse(cell, arm);
}

METRIC(victim_dose) = {
	.name = "victim-dose",
	.about =
		"the kernel's work on a set of its memory over that on a reference that stays as it is, "
		"while a dose of secret memory is held, against a dose of the control before it; on the "
		"machine as it is, or in unsplit blocks with holes",
	.question = "everyone",
	.unit = "1",
	.better = "lower",
	.assume = "nothing",
	.procedure = 3,
	.duet = true,
	PARAMS(params),
	.wrong = wrong,
	.refuse = refuse,
	.need = need,
	.boot_use = boot_use,
	.run = measure,
};
