/* SPDX-License-Identifier: MIT */
/*
 * What the kernel itself counts of kinds of memory, to hold a census against: /proc/meminfo,
 * /proc/slabinfo, /proc/pagetypeinfo and /proc/zoneinfo.
 */
#ifndef OWN_COUNT_H
#define OWN_COUNT_H

#include "kernel/kind.h"

enum own {
	OWN_SLAB,
	OWN_PAGE_TABLES,
	OWN_STACKS,
	OWN_VMALLOC,
	OWN_PAGE_CACHE,
	OWN_ANON,
	OWN_FREE_UNMOVABLE,
	OWN_FREE_MOVABLE,
	OWN_FREE_RECLAIMABLE,
	OWN_FREE_PER_CPU,
	OWNS,
};

/* In pages: a kind has so many at least, and at most; -1 where this kernel does not tell. */
struct own_count {
	long long least, most;
};

/* As they stand now, with what each CPU had counted for itself alone. */
void own_counts_read(struct own_count counts[OWNS]);
/*
 * Hold pages by kind against what was counted before and after. Sets *off to the most pages by
 * which a kind lies outside both. NULL, or in words the kind that lies too far outside.
 */
const char *own_counts_differ(struct own_count before[OWNS], struct own_count after[OWNS],
			      const uint64_t pages[KINDS], uint64_t *off);

#endif
