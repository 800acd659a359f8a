// SPDX-License-Identifier: MIT
#include "testbed/block_share.h"
#include "memory/array.h"

#include <stdlib.h>

size_t blocks_sort(uint64_t *blocks, size_t count)
{
	size_t kept = 0;

	if (!count)
		return 0;
	qsort(blocks, count, sizeof(*blocks), ascending);
	for (size_t i = 0; i < count; i++)
		if (!i || blocks[i] != blocks[kept - 1])
			blocks[kept++] = blocks[i];
	return kept;
}

double share_within(const uint64_t *members, size_t count, const uint64_t *blocks,
		    size_t block_count)
{
	size_t within = 0;

	if (!count || !block_count)
		return 0;
	for (size_t i = 0; i < count; i++)
		within += bsearch(&members[i], blocks, block_count, sizeof(*blocks), ascending) !=
			  NULL;
	return (double)within / (double)count;
}
