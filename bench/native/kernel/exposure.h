/* SPDX-License-Identifier: MIT */
/*
 * The census of the direct map: for each kind of memory that the kernel tells apart (kind.h), by
 * pages of which size the direct map maps it now. Every frame of memory (System RAM in /proc/iomem)
 * is counted once, its mapping by the kernel's page tables (map_level.h).
 *
 * Two checks can fail. All kinds together must be the pages that the kernel's zones have. And each
 * kind that the kernel counts itself must come to what it says (own_count.h), within 128 pages and
 * 2 %: so that a kernel that keeps its descriptors in another way is found out.
 */
#ifndef EXPOSURE_H
#define EXPOSURE_H

#include "kernel/kind.h"
#include "kernel/map_level.h"

#include <stdint.h>

struct run;

struct exposure {
	uint64_t pages[KINDS][LEVELS]; /* LEVEL_UNKNOWN: absent from the direct map */
	uint64_t all, present;	       /* counted; of all zones by /proc/zoneinfo */
	uint64_t tables;	       /* of 4K and of 2M entries that the direct map has */
	uint64_t off; /* most pages by which a kind missed the kernel's own count */
};

/* Why it cannot be taken here, in words; NULL when it can. */
const char *exposure_refuse(void);
/* 0, or -1 with run->failure in words, also where a check failed three times in a row. */
int exposure_take(struct run *run, struct exposure *exposure);
/* Pages of a kind, in all. */
uint64_t exposure_pages(const struct exposure *exposure, enum kind kind);
/* Share of what the kernel itself uses (page tables, slab, stacks, vmalloc, other) in 4K. */
double exposure_kernel_share(const struct exposure *exposure);
/* Rows of the table "exposure": one for each kind that has pages. */
void exposure_print(struct run *run, const struct exposure *exposure, const char *arm,
		    const char *step, uint64_t dose_bytes);

#endif
