// SPDX-License-Identifier: MIT
/* The sequence of blocks, and the choice of two sets from it. See testbed.h. */
#include "testbed/testbed.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HOLE_PAGES 8u
#define FILLER_PAGES 96u	/* a ring costs 12 ms, however small */
#define SEQUENCES 4		/* tried before the boot is called used up */
#define STEPS_PER_BLOCK 8u	/* others take from the blocks, too; beyond this too much */
#define GROW(list, count, room)                                                  \
	do {                                                                     \
		if ((count) < (room))                                            \
			break;                                                   \
		(room) = (room) ? (room) * 2 : 1024;                             \
		(list) = realloc((list), (room) * sizeof(*(list)));              \
		if (!(list))                                                     \
			abort();                                                 \
	} while (0)

size_t sample_blocks(void)
{
	return level_find() ? SAMPLE_BLOCKS : 0;
}

bool testbed_splits(const struct run *run)
{
	return run->arm[TREATMENT].mode->secret;
}

static struct block *block_find(struct testbed *testbed, uint64_t number)
{
	for (size_t i = testbed->block_count; i > testbed->first_block; i--)
		if (testbed->blocks[i - 1].number == number)
			return &testbed->blocks[i - 1];
	return NULL;
}

static struct block *block_meet(struct testbed *testbed, uint64_t number)
{
	struct block *block = block_find(testbed, number);

	if (block)
		return block;
	GROW(testbed->blocks, testbed->block_count, testbed->block_room);
	block = &testbed->blocks[testbed->block_count++];
	*block = (struct block){ .number = number, .arm = ARMS,
				 .split = level_of(number * BLOCK_FRAMES) == LEVEL_4K };
	return block;
}

static void item_add(struct testbed *testbed, uint64_t handle, uint64_t frame)
{
	GROW(testbed->items, testbed->item_count, testbed->item_room);
	testbed->items[testbed->item_count++] = (struct item){ handle, frame, block_of(frame) };
	if (frame)
		block_meet(testbed, block_of(frame))->items++;
}

static int make_pages(struct run *run, struct testbed *testbed)
{
	const struct region *ring;

	if (ring_add(run, testbed, testbed->victim->ring_pages))
		return -1;
	ring = &testbed->rings[testbed->ring_count - 1];
	for (size_t at = 0; at < ring->len_bytes; at += base_bytes())
		item_add(testbed, (uint64_t)(uintptr_t)(ring->base + at),
			 frame_in_testbed(testbed, ring->base + at));
	return 0;
}

/* The one frame of the block that is a page table now and was none before; 0 if not one. */
static uint64_t new_table(const bool *before, const bool *after, uint64_t block)
{
	uint64_t frame = 0;

	for (size_t i = 0; i < BLOCK_FRAMES; i++) {
		if (before[i] || !after[i])
			continue;
		if (frame)
			return 0;
		frame = block * BLOCK_FRAMES + i;
	}
	return frame;
}

static int make_object(struct run *run, struct testbed *testbed)
{
	bool tables[2][BLOCK_FRAMES] = { { false } };
	bool look = testbed->victim->sight == SIGHT_TABLE && testbed->last_block;
	uint64_t handle, frame = 0;
	int err;

	look = look && page_tables_in(testbed, testbed->last_block, tables[0]);
	err = testbed->victim->make(run->cell, &handle);
	if (err)
		return run_failed(run, "cannot make object %zu of the victim: %s",
				  testbed->item_count, strerror(-err));
	if (look && page_tables_in(testbed, testbed->last_block, tables[1]))
		frame = new_table(tables[0], tables[1], testbed->last_block);
	if (testbed->victim->sight == SIGHT_MAPPED)
		frame = frame_in_testbed(testbed, (const char *)(uintptr_t)handle);
	item_add(testbed, handle, frame);
	return 0;
}

static int make_objects(struct run *run, struct testbed *testbed, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (make_object(run, testbed))
			return -1;
	return 0;
}

/* Objects made between two holes in one block lie in that block. */
static void attribute(struct testbed *testbed, size_t from, struct block *after)
{
	if (testbed->last_block != after->number)
		return;
	for (size_t i = from; i < testbed->item_count; i++)
		testbed->items[i].block = after->number;
	after->items += testbed->item_count - from;
}

static int make_hole(struct run *run, struct testbed *testbed, size_t from)
{
	const struct region *ring;
	struct block *block;
	uint64_t number;

	if (ring_add(run, testbed, HOLE_PAGES))
		return -1;
	ring = &testbed->rings[testbed->ring_count - 1];
	number = block_in_testbed(testbed, ring->base);
	for (size_t at = base_bytes(); at < ring->len_bytes; at += base_bytes())
		if (block_in_testbed(testbed, ring->base + at) != number)
			number = 0;
	if (number) {
		block = block_meet(testbed, number);
		block->hole = testbed->ring_count - 1;
		if (!testbed->victim->sight)
			attribute(testbed, from, block);
	}
	testbed->last_block = number;
	testbed->left = BLOCK_FRAMES - 1 -
			frame_in_testbed(testbed, ring->base + ring->len_bytes - base_bytes()) %
				BLOCK_FRAMES;
	return 0;
}

/*
 * Rings fill up a block that needs no more objects, or that was split before (at once: pages of a
 * block come in order): objects take files, which are few.
 */
static int make_items(struct run *run, struct testbed *testbed)
{
	const struct block *block = block_find(testbed, testbed->last_block);

	if (testbed->victim->ring_pages)
		return make_pages(run, testbed);
	if (block && block->split)
		return ring_add(run, testbed, testbed->left > HOLE_PAGES ? testbed->left : HOLE_PAGES);
	if (block && block->items >= cell_number(run->cell, "block_pages"))
		return ring_add(run, testbed, FILLER_PAGES);
	return make_objects(run, testbed, testbed->victim->step_items);
}

static int step(struct run *run, struct testbed *testbed)
{
	size_t from = testbed->item_count;

	duty(run);
	if (pool_exhaust_again(run, testbed) || make_items(run, testbed))
		return -1;
	return make_hole(run, testbed, from);
}

static bool fits(const struct run *run, const struct testbed *testbed, const struct block *block)
{
	return block->arm == ARMS && block->hole && !block->split &&
	       block->items >= cell_number(run->cell, "block_pages") &&
	       !block_is_secret(testbed, block->number);
}

static size_t fitting(const struct run *run, const struct testbed *testbed)
{
	size_t count = 0;

	/* The first block may have been begun by others: it is left out. */
	for (size_t i = testbed->first_block + 1; i < testbed->block_count; i++)
		count += fits(run, testbed, &testbed->blocks[i]);
	return count;
}

size_t set_blocks(const struct run *run)
{
	return cell_number(run->cell, "pages") / cell_number(run->cell, "block_pages");
}

/* Memory comes block by block; go on until there are enough blocks that are nearly ours. */
static int sequence(struct run *run, struct testbed *testbed)
{
	size_t steps = 0, objects = testbed->victim->step_items;
	size_t most = STEPS_PER_BLOCK * (objects ? cell_number(run->cell, "block_pages") / objects + 2 :
					 1) * (ARMS * set_blocks(run) + SPARE_BLOCKS) +
		      BLOCK_FRAMES / FILLER_PAGES * ARMS * set_blocks(run);

	testbed->first_item = testbed->item_count;
	testbed->first_block = testbed->block_count;
	testbed->tried = testbed->fresh = 0;
	testbed->last_block = 0;
	while (fitting(run, testbed) < ARMS * set_blocks(run) + SPARE_BLOCKS) {
		const struct block *block;

		if (step(run, testbed))
			return -1;
		block = block_find(testbed, testbed->last_block);
		if (block && block->split)
			continue;	/* how many of these come is bounded by the ballast */
		if (++steps > most)
			return run_failed(run, "blocks do not fill up: of %zu blocks %zu got "
					  "block_pages of the victim; take fewer for each block",
					  testbed->block_count - testbed->first_block,
					  fitting(run, testbed));
	}
	return 0;
}

/* One of the blocks that fit, by chance. */
static struct block *deal(struct run *run, struct testbed *testbed)
{
	size_t count = fitting(run, testbed), skip;

	if (!count)
		return NULL;
	skip = random_below(run->random, count);
	for (size_t i = testbed->first_block + 1;; i++)
		if (fits(run, testbed, &testbed->blocks[i]) && !skip--)
			return &testbed->blocks[i];
}

/* Split blocks dealt by chance, and give them to an arm; ARMS + 1 for none. */
static int split_blocks(struct run *run, struct testbed *testbed, size_t count, int arm)
{
	while (count && testbed->fresh == testbed->tried) {
		struct block *block = deal(run, testbed);

		if (!block)
			return run_failed(run, "secret pages did not come into the blocks meant for "
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
	if (split_blocks(run, testbed, secret ? set_blocks(run) : sample_blocks(),
			 secret ? (int)TREATMENT : (int)ARMS + 2))
		return -1;
	for (int arm = secret ? CONTROL : TREATMENT; arm < ARMS; arm++) {
		if (testbed->fresh < testbed->tried)
			break;
		for (size_t i = 0; i < set_blocks(run); i++) {
			struct block *block = deal(run, testbed);

			if (!block)
				return run_failed(run, "too few blocks are left unsplit: secret "
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
		if (!set_room(&testbed->set[arm], set_blocks(run) * each))
			return run_failed(run, "no memory to list %zu pages",
					  set_blocks(run) * each);
	for (size_t i = testbed->first_block; i < testbed->block_count; i++)
		testbed->blocks[i].items = each;
	shuffle(run, testbed->items + testbed->first_item,
		testbed->item_count - testbed->first_item);
	for (size_t i = testbed->first_item; i < testbed->item_count; i++) {
		struct item *item = &testbed->items[i];
		struct block *block = item->block ? block_find(testbed, item->block) : NULL;
		struct set *set;

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
int testbed_age(struct run *run, struct testbed *testbed, const struct victim *victim)
{
	testbed->victim = victim;
	if (testbed_open(run, testbed) || make_objects(run, testbed, victim->lead_in) ||
	    pool_exhaust(run, testbed) || sequence(run, testbed))
		return -1;
	for (size_t i = 0; i < set_blocks(run); i++)
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

int testbed_build(struct run *run, struct testbed *testbed, const struct victim *victim)
{
	testbed->victim = victim;
	testbed->before = counters_read();
	if (testbed_open(run, testbed) || make_objects(run, testbed, victim->lead_in))
		return -1;
	for (int i = 0; i < SEQUENCES; i++) {
		if (pool_exhaust(run, testbed) || sequence(run, testbed) ||
		    deal_blocks(run, testbed))
			return -1;
		if (testbed->fresh == testbed->tried)
			return fill_sets(run, testbed);
		give_up(testbed);
	}
	return run_failed(run, "pool not exhausted: with %llu MiB held, blocks that looked new had "
			  "still been split before; few unsplit ones are left in this boot",
			  (unsigned long long)(testbed->ballast_bytes >> 20));
}

void testbed_release(struct testbed *testbed)
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
