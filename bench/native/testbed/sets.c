// SPDX-License-Identifier: MIT
/* The choice of two sets from a sequence of blocks. */
#include "testbed/sets.h"
#include "kernel/counter.h"
#include "measure/metric.h"
#include "measure/random.h"
#include "measure/realtime.h"
#include "measure/run.h"
#include "memory/mode.h"
#include "testbed/blocks.h"
#include "testbed/pool.h"
#include "testbed/testbed.h"

#include <stdlib.h>
#include <unistd.h>

#define REST_ITEMS 256u		/* between two looks at the duty */
#define SEQUENCES 4		/* tried before the boot is called used up */

/* One of the blocks that fit, by chance. */
static struct block *deal(struct run *run, struct testbed *testbed)
{
	size_t count = blocks_fitting(run, testbed), skip;

	if (!count)
		return NULL;
	skip = random_below(run->random, count);
	for (size_t i = testbed->first_block + 1;; i++)
		if (block_fits(run, testbed, &testbed->blocks[i]) && !skip--)
			return &testbed->blocks[i];
}

/* Split blocks dealt by chance, and give them to an arm; ARMS + 1 for none. */
static int split_blocks(struct run *run, struct testbed *testbed, size_t count, int arm)
{
	while (count && testbed->fresh == testbed->tried) {
		struct block *block = deal(run, testbed);

		if (!block)
			return run_failed(run,
					  "secret pages did not come into the blocks meant for "
					  "them: %zu of %zu touched did; run it alone on the CPU",
					  testbed->tried, testbed->secret_touched);
		block->arm = block_split(testbed, block) ? arm : ARMS + 1;
		count -= block->arm == arm;
		duty(run);
	}
	return 0;
}

static int deal_blocks(struct run *run, struct testbed *testbed)
{
	bool secret = testbed_splits(run);

	/* The A/A arm splits none of its blocks: others may have to show that they were whole. */
	if (split_blocks(run, testbed, secret ? set_blocks(run->cell) : sample_blocks(),
			 secret ? (int)TREATMENT : (int)ARMS + 2))
		return -1;
	for (int arm = secret ? CONTROL : TREATMENT; arm < ARMS; arm++) {
		if (testbed->fresh < testbed->tried)
			break;
		for (size_t i = 0; i < set_blocks(run->cell); i++) {
			struct block *block = deal(run, testbed);

			if (!block)
				return run_failed(run,
						  "too few blocks are left unsplit: secret "
						  "pages went astray; run it alone on the CPU");
			block->arm = arm;
		}
	}
	return 0;
}

static void shuffle(struct run *run, struct item *items, size_t count)
{
	for (size_t i = count; i > 1; i--) {
		size_t j = random_below(run->random, i);
		struct item item = items[i - 1];

		items[i - 1] = items[j];
		items[j] = item;
	}
}

static bool set_room(struct set *set, size_t count)
{
	set->handles = calloc(count, sizeof(*set->handles));
	set->frames = calloc(count, sizeof(*set->frames));
	set->blocks = calloc(count, sizeof(*set->blocks));
	return set->handles && set->frames && set->blocks;
}

/* Equal numbers of items from each block; which ones, and their order, by chance. */
static int fill_sets(struct run *run, struct testbed *testbed)
{
	size_t each = cell_number(run->cell, "block_pages");

	for (int arm = TREATMENT; arm < ARMS; arm++)
		if (!set_room(&testbed->set[arm], set_blocks(run->cell) * each))
			return run_failed(run, "no memory to list %zu pages",
					  set_blocks(run->cell) * each);
	for (size_t i = testbed->first_block; i < testbed->block_count; i++)
		testbed->blocks[i].items = each;
	shuffle(run, testbed->items + testbed->first_item,
		testbed->item_count - testbed->first_item);
	for (size_t i = testbed->first_item; i < testbed->item_count; i++) {
		struct item *item = &testbed->items[i];
		struct block *block = item->block ? block_find(testbed, item->block) : NULL;
		struct set *set;

		if (i % REST_ITEMS == REST_ITEMS - 1)
			duty(run);
		if (!block || block->arm >= ARMS || !block->items)
			continue;
		block->items--;
		set = &testbed->set[block->arm];
		set->handles[set->count] = item->handle;
		set->frames[set->count] = item->frame;
		set->blocks[set->count++] = item->block;
	}
	return 0;
}

/*
 * One set only, with the holes in its blocks left open: as on a machine where what was
 * allocated between is long freed. What is unmovable and comes next goes there.
 */
int sets_age(struct run *run, struct testbed *testbed, const struct victim *victim)
{
	testbed->victim = victim;
	if (pool_open(run, testbed) || objects_make(run, testbed, victim->lead_in) ||
	    pool_exhaust(run, testbed) || blocks_fill(run, testbed))
		return -1;
	for (size_t i = 0; i < set_blocks(run->cell); i++)
		deal(run, testbed)->arm = TREATMENT;
	for (size_t i = testbed->first_block; i < testbed->block_count; i++)
		if (testbed->blocks[i].arm == TREATMENT)
			ring_empty(&testbed->rings[testbed->blocks[i].hole]);
	return fill_sets(run, testbed);
}

/* Objects in blocks that were split before are given up; pages stay as ballast. */
static void give_up(struct testbed *testbed)
{
	for (size_t i = testbed->first_item; i < testbed->item_count; i++)
		if (testbed->victim->drop)
			testbed->victim->drop(testbed->items[i].handle);
	testbed->item_count = testbed->first_item;
}

int sets_build(struct run *run, struct testbed *testbed, const struct victim *victim)
{
	testbed->victim = victim;
	testbed->before = counters_read();
	if (pool_open(run, testbed) || objects_make(run, testbed, victim->lead_in))
		return -1;
	for (int i = 0; i < SEQUENCES; i++) {
		if (pool_exhaust(run, testbed) || blocks_fill(run, testbed) ||
		    deal_blocks(run, testbed))
			return -1;
		if (testbed->fresh == testbed->tried)
			return fill_sets(run, testbed);
		give_up(testbed);
	}
	return run_failed(run,
			  "pool not exhausted: with %llu MiB held, blocks that looked new had "
			  "still been split before; few unsplit ones are left in this boot",
			  (unsigned long long)(testbed->ballast_bytes >> 20));
}

void sets_release(struct testbed *testbed)
{
	for (size_t i = 0; i < testbed->item_count && testbed->victim->drop; i++)
		testbed->victim->drop(testbed->items[i].handle);
	rings_release(testbed);
	if (testbed->secret.base)
		region_release(mode_find("secret"), &testbed->secret);
	for (int arm = 0; arm < ARMS; arm++) {
		free(testbed->set[arm].handles);
		free(testbed->set[arm].frames);
		free(testbed->set[arm].blocks);
	}
	free(testbed->rings);
	free(testbed->items);
	free(testbed->blocks);
	free(testbed->secret_blocks);
	close(testbed->vmstat);
	close(testbed->pagemap);
	close(testbed->kpageflags);
}
