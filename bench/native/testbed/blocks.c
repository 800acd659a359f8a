// SPDX-License-Identifier: MIT
#include "testbed/blocks.h"
#include "kernel/map_level.h"
#include "measure/metric.h"
#include "measure/realtime.h"
#include "measure/run.h"
#include "memory/array.h"
#include "memory/frame.h"
#include "memory/page.h"
#include "memory/region.h"
#include "testbed/pool.h"
#include "testbed/testbed.h"

#include <string.h>

#define FILLER_PAGES 96u	/* a ring costs 12 ms, however small */
#define STEPS_PER_BLOCK 8u	/* others take from the blocks, too; beyond this too much */
struct block *block_find(struct testbed *testbed, uint64_t number)
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
	*block = (struct block){ .number = number,
				 .arm = ARMS,
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
			 frame_at(testbed->pagemap, ring->base + at));
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
		frame = frame_at(testbed->pagemap, (const char *)(uintptr_t)handle);
	item_add(testbed, handle, frame);
	return 0;
}

int objects_make(struct run *run, struct testbed *testbed, size_t count)
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
	number = block_at(testbed->pagemap, ring->base);
	for (size_t at = base_bytes(); at < ring->len_bytes; at += base_bytes())
		if (block_at(testbed->pagemap, ring->base + at) != number)
			number = 0;
	if (number) {
		block = block_meet(testbed, number);
		block->hole = testbed->ring_count - 1;
		if (!testbed->victim->sight)
			attribute(testbed, from, block);
	}
	testbed->last_block = number;
	testbed->left = BLOCK_FRAMES - 1 -
			frame_at(testbed->pagemap, ring->base + ring->len_bytes - base_bytes()) %
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
		return ring_add(run, testbed,
				testbed->left > HOLE_PAGES ? testbed->left : HOLE_PAGES);
	if (block && block->items >= cell_number(run->cell, "block_pages"))
		return ring_add(run, testbed, FILLER_PAGES);
	return objects_make(run, testbed, testbed->victim->step_items);
}

static int step(struct run *run, struct testbed *testbed)
{
	size_t from = testbed->item_count;

	duty(run);
	if (pool_exhaust_again(run, testbed) || make_items(run, testbed))
		return -1;
	return make_hole(run, testbed, from);
}

bool block_fits(const struct run *run, const struct testbed *testbed, const struct block *block)
{
	return block->arm == ARMS && block->hole && !block->split &&
	       block->items >= cell_number(run->cell, "block_pages") &&
	       !block_is_secret(testbed, block->number);
}

size_t blocks_fitting(const struct run *run, const struct testbed *testbed)
{
	size_t count = 0;

	/* The first block may have been begun by others: it is left out. */
	for (size_t i = testbed->first_block + 1; i < testbed->block_count; i++)
		count += block_fits(run, testbed, &testbed->blocks[i]);
	return count;
}

int blocks_fill(struct run *run, struct testbed *testbed)
{
	size_t steps = 0, objects = testbed->victim->step_items;
	size_t most = STEPS_PER_BLOCK *
			      (objects ? cell_number(run->cell, "block_pages") / objects + 2 : 1) *
			      (ARMS * set_blocks(run->cell) + SPARE_BLOCKS) +
		      BLOCK_FRAMES / FILLER_PAGES * ARMS * set_blocks(run->cell);

	testbed->first_item = testbed->item_count;
	testbed->first_block = testbed->block_count;
	testbed->tried = testbed->fresh = 0;
	testbed->last_block = 0;
	while (blocks_fitting(run, testbed) < ARMS * set_blocks(run->cell) + SPARE_BLOCKS) {
		const struct block *block;

		if (step(run, testbed))
			return -1;
		block = block_find(testbed, testbed->last_block);
		if (block && block->split)
			continue; /* how many of these come is bounded by the ballast */
		if (++steps > most)
			return run_failed(run,
					  "blocks do not fill up: of %zu blocks %zu got "
					  "block_pages of the victim; take fewer for each block",
					  testbed->block_count - testbed->first_block,
					  blocks_fitting(run, testbed));
	}
	return 0;
}
