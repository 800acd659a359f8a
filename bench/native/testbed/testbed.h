/* SPDX-License-Identifier: MIT */
/*
 * Two sets of kernel memory, one in 2M blocks of the direct map that a secret page
 * has split, one in blocks that none has.
 *
 * How. Rings of AF_PACKET sockets are unmovable kernel pages whose frame numbers
 * /proc/self/pagemap shows. They are held as ballast until nothing is left of the
 * free pages in unmovable blocks, where earlier secret memory has been: then the
 * allocator has to claim blocks from the movable ones (the count of unmovable blocks
 * in /proc/pagetypeinfo moves). From then on memory comes block by block. In each a
 * small ring is kept as a hole. The blocks are then dealt out to the two sets by
 * chance, and in each block of the one the hole is given up for a secret page. So
 * both sets are alike in all but the split: no set is allocated first.
 *
 * What is proved, and what is not.
 * - By pages of which size the kernel maps each block: its page tables say it, where a BPF
 *   program can read them (kernel/map_level.h). Blocks that were split before are then left out, so
 *   that a boot is not used up before its last whole block; after the last slice the
 *   level of each page of both sets is read again. Where the tables cannot be read:
 * - That a block is split: a secret page lies in it now, seen by its frame number.
 * - That a block was not split before: the split counter of /proc/vmstat moved by one
 *   with its first secret page. This is seen for the split blocks only. Chosen by chance
 *   from the same sequence they are a random sample of it, and none of n was split
 *   before: so at most 3/n of the others were (95 %). With 8 blocks that says little of
 *   one run, but runs add up: 38 runs, at most 1 %. For the A/A arm, which splits none
 *   of its blocks, two more of the sequence are split to see.
 * - That no block of the unsplit set has been split since: no secret page of this
 *   process lies in one, and the counter moved by no more than this process moved it.
 * - Not seen without the tables: whether an unsplit block is mapped by 2M or by 1G. 1G
 *   mappings that the run split are counted (splits_1g); after the first in each 1G its
 *   unsplit blocks are mapped by 2M.
 * - Page tables are never mapped to the user, but /proc/kpageflags says of each frame
 *   whether it is one. Of the block at hand it is read before and after each is made:
 *   where exactly one frame became a page table meanwhile, that is it.
 * - Other memory of the kernel (pipes, slab, sockets) has no visible frame numbers. It
 *   is made between two rings; where both lie in one block, so does most of what was
 *   made between them. That is a witness and no proof.
 */
#ifndef TESTBED_H
#define TESTBED_H

#include "kernel/counter.h"
#include "kernel/map_level.h"
#include "measure/metric.h"
#include "memory/region.h"

#define HOLE_PAGES 8u		/* of the ring that is kept as a hole in each block */
#define SPARE_BLOCKS 2u		/* beyond those that the sets need */
#define SPLIT_TRIES 32		/* secret pages until one lies where it should */

/* How the frame of an item comes to be known. */
enum sight {
	SIGHT_NONE,   /* not at all: objects are witnessed by the holes around them */
	SIGHT_MAPPED, /* the handle is an address whose page is the item */
	SIGHT_TABLE,  /* the one frame of the block that became a page table as it was made */
};

/* What a victim's memory consists of, and the work that reads it. */
struct victim {
	const char *name; /* of its metric, without "victim-" */
	enum sight sight;
	size_t ring_pages; /* of a ring whose pages are the items, 0 if make() makes them */
	size_t step_items; /* made between two holes */
	size_t lead_in;	   /* made first and never used: they fill slabs begun by others */
	int (*make)(const struct cell *cell, uint64_t *handle); /* 0 or -errno */
	void (*drop)(uint64_t handle);
	/* The timed work, once over count items; returns 0 or -errno. */
	int (*work)(const struct cell *cell, const uint64_t *handles, size_t count);
	/* Before and after it, not timed; may be NULL. */
	int (*before)(const struct cell *cell, const uint64_t *handles, size_t count);
	int (*after)(const struct cell *cell, const uint64_t *handles, size_t count);
	/* Why a cell of its metric cannot be, beside what holds for all; NULL when it can. May be NULL. */
	const char *(*refuse)(const struct cell *cell);
};

struct item {
	uint64_t handle; /* an address for a page, else what make() gave */
	uint64_t frame;	 /* 0: not seen */
	uint64_t block;	 /* 0: not known */
};

struct block {
	uint64_t number; /* see block_of() */
	size_t items;
	size_t hole; /* ring that lies within it whole; 0 for none */
	int arm;     /* the set it belongs to, ARMS for none */
	bool split;  /* already when it was met; false where that cannot be read */
};

struct set {
	uint64_t *handles;
	uint64_t *frames, *blocks; /* of each handle */
	size_t count;
};

struct testbed {
	const struct victim *victim;
	struct region *rings;
	size_t ring_count, ring_room;
	uint64_t ballast_bytes; /* in rings */
	struct region secret;
	size_t secret_touched; /* pages of it */
	uint64_t *secret_blocks;
	struct item *items;
	size_t item_count, item_room;
	struct block *blocks;
	size_t block_count, block_room;
	size_t first_item, first_block; /* where the present sequence begins */
	uint64_t last_block;		/* where the last hole lies */
	size_t left;			/* frames of that block behind it */
	size_t tried, fresh;		/* blocks split here; of these not split before */
	long long splits_2m, splits_1g; /* that our secret pages made */
	struct counters before;
	int vmstat, pagemap, kpageflags;
	struct set set[ARMS];
};

/* Does the treatment split its blocks? Not in A/A. */
bool testbed_splits(const struct run *run);
/* Blocks of each set. */
size_t set_blocks(const struct cell *cell);
/* Blocks split in A/A to see that they were whole: none where the page tables say it. */
size_t sample_blocks(void);
/* Share of the set that the kernel maps at that level now. */
double set_mapped(const struct set *set, enum level level);

#endif
