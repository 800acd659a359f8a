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
 * at LEVEL_4K, the entries of its 512 pages; of a larger mapping the first alone is set.
 */
enum level level_entries(uint64_t address, uint64_t entries[LEVEL_ENTRIES]);
/* Of an entry: whether it maps anything, for all address spaces; and the frame that it maps first. */
bool entry_present(uint64_t entry);
bool entry_global(uint64_t entry);
uint64_t entry_frame(uint64_t entry);

#endif
