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
#ifndef BALLAST_H
#define BALLAST_H

#include "kernel/map_level.h"
#include "measure/metric.h"

/* How the frame of an item comes to be known. */
enum sight {
	SIGHT_NONE,	/* not at all: objects are witnessed by the holes around them */
	SIGHT_MAPPED,	/* the handle is an address whose page is the item */
	SIGHT_TABLE,	/* the one frame of the block that became a page table as it was made */
};

/* What a victim's memory consists of, and the work that reads it. */
struct victim {
	const char *name;	/* of its metric, without "victim-" */
	enum sight sight;
	size_t ring_pages;	/* of a ring whose pages are the items, 0 if make() makes them */
	size_t step_items;	/* made between two holes */
	size_t lead_in;		/* made first and never used: they fill slabs begun by others */
	int (*make)(const struct cell *cell, uint64_t *handle);	/* 0 or -errno */
	void (*drop)(uint64_t handle);
	/* The timed work, once over count items; returns 0 or -errno. */
	int (*work)(const struct cell *cell, const uint64_t *handles, size_t count);
	/* Before and after it, not timed; may be NULL. */
	int (*before)(const struct cell *cell, const uint64_t *handles, size_t count);
	int (*after)(const struct cell *cell, const uint64_t *handles, size_t count);
};

/* Found by name through a linker section, as modes and metrics are. */
#define VICTIM(id)                                                            \
	static const struct victim id;                                        \
	static const struct victim *const id##_entry                          \
		__attribute__((used, section("victim_list"))) = &id;          \
	static const struct victim id

extern const struct victim *const __start_victim_list[];
extern const struct victim *const __stop_victim_list[];

#define SAMPLE_BLOCKS 2u	/* split in A/A to see that they were not, where tables cannot be read */
#define SPARE_BLOCKS 2u		/* beyond those that the sets need */
#define SPLIT_TRIES 32		/* secret pages until one lies where it should */
#define BLOCK_FRAMES 512u	/* of a 2M block, where pages are of 4 KiB (x86) */

struct item {
	uint64_t handle;	/* an address for a page, else what make() gave */
	uint64_t frame;		/* 0: not seen */
	uint64_t block;		/* 0: not known */
};

struct block {
	uint64_t number;	/* frame number / frames per block */
	size_t items;
	size_t hole;		/* ring that lies within it whole; 0 for none */
	int arm;		/* the set it belongs to, ARMS for none */
	bool split;		/* already when it was met; false where that cannot be read */
};

struct set {
	uint64_t *handles;
	uint64_t *frames, *blocks;	/* of each handle */
	size_t count;
};

struct testbed {
	const struct victim *victim;
	struct region *rings;
	size_t ring_count, ring_room;
	uint64_t ballast_bytes;
	struct region secret;
	size_t secret_touched;
	uint64_t *secret_blocks;
	struct item *items;
	size_t item_count, item_room;
	struct block *blocks;
	size_t block_count, block_room;
	size_t first_item, first_block;	/* where the present sequence begins */
	uint64_t last_block;		/* where the last hole lies */
	size_t left;			/* frames of that block behind it */
	size_t tried, fresh;		/* blocks split here; of these not split before */
	long long splits_2m, splits_1g;	/* that our secret pages made */
	struct counters before;
	int vmstat, pagemap, kpageflags;
	struct set set[ARMS];
};

/* Returns 0, or -1 with run->failure in words. Release in both cases. */
int testbed_build(struct run *run, struct testbed *testbed, const struct victim *victim);
/* The same for one set, in blocks with holes that nobody has split (victim-dose). */
int testbed_age(struct run *run, struct testbed *testbed, const struct victim *victim);
void testbed_release(struct testbed *testbed);
/* Does the treatment split its blocks? Not in A/A. */
bool testbed_splits(const struct run *run);
/* Blocks split in A/A to see that they were whole: none where the page tables say it. */
size_t sample_blocks(void);
/* Blocks of each set. */
size_t set_blocks(const struct run *run);

/* proof.c. Looks at every page again; notes the shares; fails where they are wrong. */
int testbed_prove(struct run *run, struct testbed *testbed);
/* Share of the set that the kernel maps at that level now. */
double set_mapped(const struct set *set, enum level level);

/* pool.c: rings, secret pages and what the allocator did. */
int testbed_open(struct run *run, struct testbed *testbed);
int ring_add(struct run *run, struct testbed *testbed, size_t pages);
/* Hold rings until blocks have to be claimed. */
int pool_exhaust(struct run *run, struct testbed *testbed);
/* Hold what others have given back to the pool since. */
int pool_exhaust_again(struct run *run, struct testbed *testbed);
/* Release all rings. */
void rings_release(struct testbed *testbed);
/* Free the ring's pages. */
void ring_empty(struct region *ring);
/* Give the block's hole up to a secret page; false if none would come there. */
bool block_split(struct testbed *testbed, const struct block *block);
/* Has the block held a secret page of this run? */
bool block_is_secret(const struct testbed *testbed, uint64_t block);
uint64_t frame_in_testbed(const struct testbed *testbed, const char *at);
uint64_t block_in_testbed(const struct testbed *testbed, const char *at);
uint64_t block_of(uint64_t frame);
/* Which frames of the block are page tables; false if that cannot be read. */
bool page_tables_in(const struct testbed *testbed, uint64_t block, bool tables[BLOCK_FRAMES]);
/* Blocks of the type that unmovable memory is taken from; -1 if unreadable. */
long long unmovable_blocks(void);

/* A parameter of the victim where the metric has it, else the usual one (victim-dose). */
uint64_t victim_number(const struct cell *cell, const char *param, uint64_t usual);
bool victim_is(const struct cell *cell, const char *param, const char *word);

/* victim.c: parameters that all victims have, and their one procedure. */
#define VICTIM_PARAMS(pages_usual, block_usual)                                       \
	{ "pages", "working set of each arm, in pages or objects", "1", NULL, pages_usual, \
	  64, 1u << 20 },                                                             \
	{ "block_pages", "of these in each 2M block", "1", NULL, block_usual, 16, 65536 }, \
	{ "slices", "slices per arm", "1", NULL, "300", 5, 100000 },                  \
	{ "ballast_max_bytes", "most memory held to get past the pool of free pages in split " \
	  "blocks", "B", NULL, "1073741824", 1u << 20, 1ull << 40 },                  \
	{ "secret_bytes", "most secret memory held to split blocks", "B", NULL, "8388608", \
	  1u << 16, 1ull << 36 }

int victim_run(struct run *run, const struct victim *victim);
/* walks.c: note the walks per item of both sets, or why they cannot be counted. */
void victim_walks(struct run *run, const struct testbed *testbed);
/* One value: the victim's work over count items, in ticks. */
int victim_slice(struct run *run, struct arm *arm, const struct victim *victim,
		 const struct set *set);
const struct victim *victim_find(const char *name);
/* Which modes may stand against each other: NULL, or why these may not. */
const char *victim_modes(const struct cell *cell, enum arm_id arm);
const char *victim_refuse(const struct cell *cell, enum arm_id arm);
struct need victim_need(const struct cell *cell, const struct mode *mode);
/* Ballast that a run will hold on the boot as it is now, about. */
uint64_t victim_ballast_bytes(const struct cell *cell);
struct boot_use victim_boot_use(const struct cell *cell);

#endif
