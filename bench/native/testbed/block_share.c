// SPDX-License-Identifier: MIT
#include "testbed/block_share.h"

#include <stdlib.h>

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

size_t blocks_sort(uint64_t *blocks, size_t count)
{
	size_t kept = 0;

	if (!count)
		return 0;
	qsort(blocks, count, sizeof(*blocks), compare);
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
		within += bsearch(&members[i], blocks, block_count, sizeof(*blocks), compare) !=
			  NULL;
	return (double)within / (double)count;
}
