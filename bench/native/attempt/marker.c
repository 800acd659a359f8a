// SPDX-License-Identifier: MIT
/*
 * The marker: words that are computed where they are needed, so that a process
 * which has planted one holds it in the region and nowhere else.
 */
#include "attempt/way.h"

#include <string.h>
#include <sys/random.h>

void marker_draw(struct marker *marker)
{
	if (getrandom(&marker->seed, sizeof(marker->seed), 0) != sizeof(marker->seed))
		marker->seed = (uint64_t)(uintptr_t)marker ^ 0x5ec4e7;
}

/* splitmix64, as in random.c. */
static uint64_t word(const struct marker *marker, unsigned int i)
{
	uint64_t z = marker->seed + (i + 1) * 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

void marker_plant(const struct marker *marker, char *at)
{
	for (unsigned int i = 0; i < MARKER_WORDS; i++)
		((volatile uint64_t *)at)[i] = word(marker, i);
}

size_t marker_found(const struct marker *marker, const void *copy, size_t len_bytes)
{
	const char *at = copy;
	unsigned int seen = 0;

	for (size_t i = 0; i + 8 <= len_bytes; i++) {
		uint64_t here;

		memcpy(&here, at + i, sizeof(here));
		if (!here)
			continue;
		for (unsigned int w = 0; w < MARKER_WORDS; w++)
			if (here == word(marker, w))
				seen |= 1u << w;
	}
	return 8u * (unsigned int)__builtin_popcount(seen);
}
