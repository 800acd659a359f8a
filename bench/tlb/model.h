/* SPDX-License-Identifier: MIT */
/*
 * A model as a line of text:
 *
 *   NAME: l1 4k+2m+1g 64x64; l2 4k+2m+1g 2048x8 1g-as-2m; cache 32K/8 512K/8 32M/16
 *
 * An array of TLB entries is its level, the pages it holds, entries x ways, and perhaps `loads` or
 * `stores` (whose accesses alone it serves), `1g-as-2m` (a page of 1G takes an entry for each 2M),
 * `4k-joined` (an entry holds four neighbouring pages of 4K where they lie in a row). Caches are
 * bytes/ways by level, all with lines of 64 bytes.
 */
#ifndef MODEL_H
#define MODEL_H

#include "cache.h"
#include "tlb.h"

#define MODEL_NAME_BYTES 32
#define MODEL_LINE_BYTES 960

struct model {
	char name[MODEL_NAME_BYTES];
	char line[MODEL_LINE_BYTES]; /* as it was given */
	struct tlb tlb;
	struct cache cache;
};

/* Make a model of such a line: NULL, or what is wrong with it, in words. */
const char *model_make(struct model *model, const char *line);
void model_drop(struct model *model);

#endif
