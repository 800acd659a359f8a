/* SPDX-License-Identifier: MIT */
/*
 * Which kind of memory a frame holds. The kernel says it by halves: /proc/kpageflags of slab, page
 * tables, page cache, anonymous and free memory; the allocator's lists of which type a free piece
 * is (free_list.h); /proc/vmallocinfo of stacks (vmalloc.h); the kernel's tables which frames they
 * are themselves; a descriptor whether anybody holds the frame, and whether it was ever set up.
 */
#ifndef KIND_H
#define KIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct run;

enum kind {
	KIND_PAGE_TABLES,   /* of processes */
	KIND_KERNEL_TABLES, /* by which the kernel maps itself, the direct map's among them */
	KIND_SLAB,
	KIND_STACKS,
	KIND_VMALLOC,
	KIND_KERNEL,   /* other pages in use, without a flag */
	KIND_RESERVED, /* since boot: the kernel's image and what it set aside */
	KIND_PAGE_CACHE,
	KIND_ANON,
	KIND_HUGETLB,
	KIND_SECRET, /* of a file, and absent from the direct map */
	KIND_FREE_UNMOVABLE,
	KIND_FREE_MOVABLE,
	KIND_FREE_RECLAIMABLE,
	KIND_FREE_PER_CPU, /* on a CPU's own list */
	KIND_FREE,	   /* on another list, or on one that was not told */
	KIND_OFFLINE,	   /* given back to the hypervisor, or broken */
	KIND_DEFERRED,	   /* whose descriptor the kernel has not set up yet */
	KIND_NO_PAGE,	   /* memory that has no descriptor */
	KINDS_OF_MEMORY,
	KIND_NO_MEMORY = KINDS_OF_MEMORY, /* no memory at all, yet in the direct map */
	KINDS,
};

/* In the record. */
const char *kind_name(enum kind kind);

/*
 * Before a census of frames below `end`: learn what no flag says. 0, or -1 with the run refused in
 * words where this kernel does not let it.
 */
int kinds_learn(struct run *run, uint64_t end);
/* Tables of 4K and of 2M entries that the direct map has, as learnt: each split adds one. */
uint64_t kinds_direct_map_tables(void);
/* Flags of frames from `first` on, all in ascending order; then, once all are met, follow. */
void kinds_meet(uint64_t first, const uint64_t *flags, size_t count);
void kinds_follow(void);
/* Of a frame of memory; `absent`: from the direct map. In ascending order, once. */
enum kind kind_of(uint64_t frame, uint64_t flags, bool absent);

#endif
