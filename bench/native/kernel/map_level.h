/* SPDX-License-Identifier: MIT */
/*
 * By pages of which size the kernel maps a frame in its direct map, read from its
 * page tables. No file of a common kernel says it: debugfs' page_tables and /proc/kcore are
 * left out of many, so a BPF program (bpf.h) reads the tables themselves.
 */
#ifndef MAP_LEVEL_H
#define MAP_LEVEL_H

#include <stdbool.h>
#include <stdint.h>

/* Depth of the entry that maps the page, as the tables count it. */
enum level {
	LEVEL_UNKNOWN, /* not mapped at all, or the tables cannot be read */
	LEVEL_4K, /* also where the entry is there and says "not present", as of a secret page */
	LEVEL_2M,
	LEVEL_1G,
	LEVELS,
};

/* Find the tables, once in a process: 0, or -1 with errno. */
int level_find(void);
/* Of a frame; LEVEL_UNKNOWN where the tables cannot be read. */
enum level level_of(uint64_t frame);

/* Have another say what level_of() says, whom asking costs less: an emulator that walks the tables. */
void level_told_by(enum level (*teller)(uint64_t frame));

#define LEVEL_ENTRIES 512u	/* of one table */
/*
 * How the kernel maps the 2M that a kernel address lies in, anywhere in its space: the level, and,
 * at LEVEL_4K, the entries of its 512 pages; of a larger mapping the first alone is set. Tables
 * above those of 4K are kept from call to call, until they are forgotten.
 */
enum level level_entries(uint64_t address, uint64_t entries[LEVEL_ENTRIES]);
void level_forget(void);
/* Of an entry: whether it maps anything, for all address spaces; and the frame that it maps first. */
bool entry_present(uint64_t entry);
bool entry_global(uint64_t entry);
uint64_t entry_frame(uint64_t entry);

/* An entry of the kernel's half of its tables that is there. */
struct level_entry {
	uint64_t address;
	enum level level; /* LEVELS or more: of a table above those that can map a page */
	bool table;	  /* it leads to a table, else it maps a page */
	uint64_t frame;	  /* of that table or page */
};
/* Returns whether to look at the entries below. */
typedef bool (*level_fn)(void *it, const struct level_entry *entry);
/*
 * Each entry down to those that map 2M, from the lowest address up, an entry before those below it;
 * the highest table itself first, as one level more. 0, or -1 where the tables cannot be read.
 */
int level_walk(level_fn what, void *it);

#endif
