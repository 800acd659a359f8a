/* SPDX-License-Identifier: MIT */
/* Which 2M blocks hold a frame: the arithmetic of a victim's proof, apart from the kernel. */
#ifndef BLOCK_SHARE_H
#define BLOCK_SHARE_H

#include <stddef.h>
#include <stdint.h>

/* Sort block numbers and drop repeats; returns how many are left. */
size_t blocks_sort(uint64_t *blocks, size_t count);
/* Share of `members` that stand in the sorted list `blocks`; 0 of none is 0. */
double share_within(const uint64_t *members, size_t count, const uint64_t *blocks,
		    size_t block_count);

#endif
