/* SPDX-License-Identifier: MIT */
/*
 * The guest's own page tables, read in its memory (ram.h). Their root is found by value: it is the
 * page by which pairs of virtual address and place that the emulator told are all mapped right.
 */
#ifndef TABLES_H
#define TABLES_H

#include "tlb.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Intel SDM vol. 3A, 4.5.4, "Linear-Address Translation with 4-Level Paging", and 4.9 (types). */
#define ENTRY_PRESENT (1ull << 0)
#define ENTRY_LARGE (1ull << 7) /* of tables above the lowest; there it is PAT */
#define ENTRY_GLOBAL (1ull << 8)
#define ENTRY_FRAME 0x000ffffffffff000ull

struct tables {
	uint64_t root;	    /* physical address of the highest table */
	unsigned int depth; /* levels: 4 or 5; 0: not known */
};

struct walk {
	enum page_size size;
	uint64_t physical; /* of the address that was asked for */
	bool global;
	bool joinable;	   /* see tlb.h */
	unsigned int type; /* of memory, by the PAT as Linux has it: see box.h */
};

/* A virtual address and the place in memory (ram.h) that the emulator found there. */
struct pair {
	uint64_t vaddr, place;
};

/* Whether the address is mapped; then how. */
bool tables_walk(const struct tables *tables, uint64_t vaddr, struct walk *walk);
/* Whether they map every pair right. */
bool tables_map(const struct tables *tables, const struct pair *pairs, size_t count);
/* The first tables in memory that do; depth 0 where there are none. */
struct tables tables_find(const struct pair *pairs, size_t count);
/*
 * The next tables after `at` in memory whose kernel half is that of `known`, and `at` moves on;
 * depth 0 at the end. All processes share that half.
 */
struct tables tables_next(const struct tables *known, uint64_t *at);
/* How a range that maps all memory does it: number[] by enum tlb_census, up to TLB_CENSUS_ABSENT. */
void tables_census(const struct tables *tables, uint64_t from, uint64_t bytes, uint64_t *number);
/* How many spans of 2M in [from, from + bytes) have a table of their own. */
uint64_t tables_lowest(const struct tables *tables, uint64_t from, uint64_t bytes);

#endif
