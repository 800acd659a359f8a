/* SPDX-License-Identifier: MIT */
/*
 * The census of the direct map: for each kind of memory that the kernel tells apart, by pages of
 * which size the direct map maps it now. Every frame of memory (System RAM in /proc/iomem) is
 * counted once: its kind by /proc/kpageflags, by the allocator's lists where it is free
 * (free_list.h) and by /proc/vmallocinfo where it has no flag (vmalloc.h); its mapping by the
 * kernel's page tables (map_level.h). Frames without memory are left out; frames whose descriptors
 * the kernel has not set up yet ("deferred") are a kind of their own, kept out of every share.
 */
#ifndef EXPOSURE_H
#define EXPOSURE_H

#include "kernel/map_level.h"

#include <stdint.h>

struct run;

enum kind {
	KIND_PAGE_TABLES,
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
	KIND_DEFERRED,
	KINDS,
};

struct exposure {
	uint64_t pages[KINDS][LEVELS]; /* LEVEL_UNKNOWN: absent from the direct map */
	uint64_t all, present;	       /* counted; of all zones by /proc/zoneinfo */
};

/* Why it cannot be taken here, in words; NULL when it can. */
const char *exposure_refuse(void);
/* 0, or -1 with run->failure in words, also where the sum is not the machine's memory. */
int exposure_take(struct run *run, struct exposure *exposure);
/* Share of what the kernel itself uses (page tables, slab, stacks, vmalloc, other) in 4K. */
double exposure_kernel_share(const struct exposure *exposure);
/* Rows of the table "exposure": one for each kind that has pages. */
void exposure_print(struct run *run, const struct exposure *exposure, const char *arm,
		    const char *step, uint64_t dose_bytes);

#endif
