// SPDX-License-Identifier: MIT
/* The sequence of blocks, and the choice of two sets from it. See ballast.h. */
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

size_t ballast_samples(void)
{
	return level_find() ? SAMPLE_BLOCKS : 0;
}

bool ballast_splits(const struct run *run)
{
	return run->arm[TREATMENT].mode->secret;
}

static struct block *block_find(struct ballast *ballast, uint64_t number)
{
	for (size_t i = ballast->block_count; i > ballast->first_block; i--)
		if (ballast->blocks[i - 1].number == number)
			return &ballast->blocks[i - 1];
	return NULL;
}

static struct block *block_meet(struct ballast *ballast, uint64_t number)
{
	struct block *block = block_find(ballast, number);

	if (block)
		return block;
	GROW(ballast->blocks, ballast->block_count, ballast->block_room);
	block = &ballast->blocks[ballast->block_count++];
	*block = (struct block){ .number = number, .arm = ARMS,
				 .split = level_of(number * BLOCK_FRAMES) == LEVEL_4K };
	return block;
}

static void item_add(struct ballast *ballast, uint64_t handle, uint64_t frame)
{
	GROW(ballast->items, ballast->item_count, ballast->item_room);
	ballast->items[ballast->item_count++] = (struct item){ handle, frame, block_of(frame) };
	if (frame)
		block_meet(ballast, block_of(frame))->items++;
}

static int make_pages(struct run *run, struct ballast *ballast)
{
	const struct region *ring;

	if (ballast_ring(run, ballast, ballast->victim->ring_pages))
		return -1;
	ring = &ballast->rings[ballast->ring_count - 1];
	for (size_t at = 0; at < ring->len_bytes; at += base_bytes())
		item_add(ballast, (uint64_t)(uintptr_t)(ring->base + at),
			 ballast_frame(ballast, ring->base + at));
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

static int make_object(struct run *run, struct ballast *ballast)
{
	bool tables[2][BLOCK_FRAMES] = { { false } };
	bool look = ballast->victim->sight == SIGHT_TABLE && ballast->last_block;
	uint64_t handle, frame = 0;
	int err;

	look = look && ballast_tables(ballast, ballast->last_block, tables[0]);
	err = ballast->victim->make(run->cell, &handle);
	if (err)
		return run_failed(run, "cannot make object %zu of the victim: %s",
				  ballast->item_count, strerror(-err));
	if (look && ballast_tables(ballast, ballast->last_block, tables[1]))
		frame = new_table(tables[0], tables[1], ballast->last_block);
	if (ballast->victim->sight == SIGHT_MAPPED)
		frame = ballast_frame(ballast, (const char *)(uintptr_t)handle);
	item_add(ballast, handle, frame);
	return 0;
}

static int make_objects(struct run *run, struct ballast *ballast, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (make_object(run, ballast))
			return -1;
	return 0;
}

/* Objects made between two holes in one block lie in that block. */
static void attribute(struct ballast *ballast, size_t from, struct block *after)
{
	if (ballast->last_block != after->number)
		return;
	for (size_t i = from; i < ballast->item_count; i++)
		ballast->items[i].block = after->number;
	after->items += ballast->item_count - from;
}

static int make_hole(struct run *run, struct ballast *ballast, size_t from)
{
	const struct region *ring;
	struct block *block;
	uint64_t number;

	if (ballast_ring(run, ballast, HOLE_PAGES))
		return -1;
	ring = &ballast->rings[ballast->ring_count - 1];
	number = ballast_block(ballast, ring->base);
	for (size_t at = base_bytes(); at < ring->len_bytes; at += base_bytes())
		if (ballast_block(ballast, ring->base + at) != number)
			number = 0;
	if (number) {
		block = block_meet(ballast, number);
		block->hole = ballast->ring_count - 1;
		if (!ballast->victim->sight)
			attribute(ballast, from, block);
	}
	ballast->last_block = number;
	ballast->left = BLOCK_FRAMES - 1 -
			ballast_frame(ballast, ring->base + ring->len_bytes - base_bytes()) %
				BLOCK_FRAMES;
	return 0;
}

/*
 * Rings fill up a block that needs no more objects, or that was split before (at once: pages of a
 * block come in order): objects take files, which are few.
 */
static int make_items(struct run *run, struct ballast *ballast)
{
	const struct block *block = block_find(ballast, ballast->last_block);

	if (ballast->victim->ring_pages)
		return make_pages(run, ballast);
	if (block && block->split)
		return ballast_ring(run, ballast, ballast->left > HOLE_PAGES ? ballast->left : HOLE_PAGES);
	if (block && block->items >= cell_number(run->cell, "block_pages"))
		return ballast_ring(run, ballast, FILLER_PAGES);
	return make_objects(run, ballast, ballast->victim->step_items);
}

static int step(struct run *run, struct ballast *ballast)
{
	size_t from = ballast->item_count;

	duty(run);
	if (ballast_refill(run, ballast) || make_items(run, ballast))
		return -1;
	return make_hole(run, ballast, from);
}

static bool fits(const struct run *run, const struct ballast *ballast, const struct block *block)
{
	return block->arm == ARMS && block->hole && !block->split &&
	       block->items >= cell_number(run->cell, "block_pages") &&
	       !ballast_known(ballast, block->number);
}

static size_t fitting(const struct run *run, const struct ballast *ballast)
{
	size_t count = 0;

	/* The first block may have been begun by others: it is left out. */
	for (size_t i = ballast->first_block + 1; i < ballast->block_count; i++)
		count += fits(run, ballast, &ballast->blocks[i]);
	return count;
}

size_t ballast_wanted(const struct run *run)
{
	return cell_number(run->cell, "pages") / cell_number(run->cell, "block_pages");
}

/* Memory comes block by block; go on until there are enough blocks that are nearly ours. */
static int sequence(struct run *run, struct ballast *ballast)
{
	size_t steps = 0, objects = ballast->victim->step_items;
	size_t most = STEPS_PER_BLOCK * (objects ? cell_number(run->cell, "block_pages") / objects + 2 :
					 1) * (ARMS * ballast_wanted(run) + SPARE_BLOCKS) +
		      BLOCK_FRAMES / FILLER_PAGES * ARMS * ballast_wanted(run);

	ballast->first_item = ballast->item_count;
	ballast->first_block = ballast->block_count;
	ballast->tried = ballast->fresh = 0;
	ballast->last_block = 0;
	while (fitting(run, ballast) < ARMS * ballast_wanted(run) + SPARE_BLOCKS) {
		const struct block *block;

		if (step(run, ballast))
			return -1;
		block = block_find(ballast, ballast->last_block);
		if (block && block->split)
			continue;	/* how many of these come is bounded by the ballast */
		if (++steps > most)
			return run_failed(run, "blocks do not fill up: of %zu blocks %zu got "
					  "block_pages of the victim; take fewer for each block",
					  ballast->block_count - ballast->first_block,
					  fitting(run, ballast));
	}
	return 0;
}

/* One of the blocks that fit, by chance. */
static struct block *deal(struct run *run, struct ballast *ballast)
{
	size_t count = fitting(run, ballast), skip;

	if (!count)
		return NULL;
	skip = random_below(run->random, count);
	for (size_t i = ballast->first_block + 1;; i++)
		if (fits(run, ballast, &ballast->blocks[i]) && !skip--)
			return &ballast->blocks[i];
}

/* Split blocks dealt by chance, and give them to an arm; ARMS + 1 for none. */
static int split_blocks(struct run *run, struct ballast *ballast, size_t count, int arm)
{
	while (count && ballast->fresh == ballast->tried) {
		struct block *block = deal(run, ballast);

		if (!block)
			return run_failed(run, "secret pages did not come into the blocks meant for "
					  "them: %zu of %zu touched did; run it alone on the CPU",
					  ballast->tried, ballast->secret_touched);
		block->arm = ballast_split(ballast, block) ? arm : ARMS + 1;
		count -= block->arm == arm;
		duty(run);
	}
	return 0;
}

static int deal_blocks(struct run *run, struct ballast *ballast)
{
	bool secret = ballast_splits(run);

	/* The A/A arm splits none of its blocks: others may have to show that they were whole. */
	if (split_blocks(run, ballast, secret ? ballast_wanted(run) : ballast_samples(),
			 secret ? (int)TREATMENT : (int)ARMS + 2))
		return -1;
	for (int arm = secret ? CONTROL : TREATMENT; arm < ARMS; arm++) {
		if (ballast->fresh < ballast->tried)
			break;
		for (size_t i = 0; i < ballast_wanted(run); i++) {
			struct block *block = deal(run, ballast);

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
static int fill_sets(struct run *run, struct ballast *ballast)
{
	size_t each = cell_number(run->cell, "block_pages");

	for (int arm = TREATMENT; arm < ARMS; arm++)
		if (!set_room(&ballast->set[arm], ballast_wanted(run) * each))
			return run_failed(run, "no memory to list %zu pages",
					  ballast_wanted(run) * each);
	for (size_t i = ballast->first_block; i < ballast->block_count; i++)
		ballast->blocks[i].items = each;
	shuffle(run, ballast->items + ballast->first_item,
		ballast->item_count - ballast->first_item);
	for (size_t i = ballast->first_item; i < ballast->item_count; i++) {
		struct item *item = &ballast->items[i];
		struct block *block = item->block ? block_find(ballast, item->block) : NULL;
		struct set *set;

		if (!block || block->arm >= ARMS || !block->items)
			continue;
		block->items--;
		set = &ballast->set[block->arm];
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
int ballast_age(struct run *run, struct ballast *ballast, const struct victim *victim)
{
	ballast->victim = victim;
	if (ballast_open(run, ballast) || make_objects(run, ballast, victim->lead_in) ||
	    ballast_fill(run, ballast) || sequence(run, ballast))
		return -1;
	for (size_t i = 0; i < ballast_wanted(run); i++)
		deal(run, ballast)->arm = TREATMENT;
	for (size_t i = ballast->first_block; i < ballast->block_count; i++)
		if (ballast->blocks[i].arm == TREATMENT)
			ballast_empty(&ballast->rings[ballast->blocks[i].hole]);
	return fill_sets(run, ballast);
}

/* Objects in blocks that were split before are given up; pages stay as ballast. */
static void give_up(struct ballast *ballast)
{
	for (size_t i = ballast->first_item; i < ballast->item_count; i++)
		if (ballast->victim->drop)
			ballast->victim->drop(ballast->items[i].handle);
	ballast->item_count = ballast->first_item;
}

int ballast_build(struct run *run, struct ballast *ballast, const struct victim *victim)
{
	ballast->victim = victim;
	ballast->before = counters_read();
	if (ballast_open(run, ballast) || make_objects(run, ballast, victim->lead_in))
		return -1;
	for (int i = 0; i < SEQUENCES; i++) {
		if (ballast_fill(run, ballast) || sequence(run, ballast) ||
		    deal_blocks(run, ballast))
			return -1;
		if (ballast->fresh == ballast->tried)
			return fill_sets(run, ballast);
		give_up(ballast);
	}
	return run_failed(run, "pool not exhausted: with %llu MiB held, blocks that looked new had "
			  "still been split before; few unsplit ones are left in this boot",
			  (unsigned long long)(ballast->held_bytes >> 20));
}

void ballast_release(struct ballast *ballast)
{
	for (size_t i = 0; i < ballast->item_count && ballast->victim->drop; i++)
		ballast->victim->drop(ballast->items[i].handle);
	ballast_give_back(ballast);
	if (ballast->secret.base)
		region_release(mode_find("secret"), &ballast->secret);
	for (int arm = 0; arm < ARMS; arm++) {
		free(ballast->set[arm].handles);
		free(ballast->set[arm].frames);
		free(ballast->set[arm].blocks);
	}
	free(ballast->rings);
	free(ballast->items);
	free(ballast->blocks);
	free(ballast->secret_blocks);
	close(ballast->vmstat);
	close(ballast->pagemap);
	close(ballast->kpageflags);
}
