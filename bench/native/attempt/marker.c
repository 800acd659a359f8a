// SPDX-License-Identifier: MIT
/*
 * The marker: words that are computed where they are needed, so that a process
 * which has planted one holds it in the region and nowhere else.
 */
#include "attempt/marker.h"
#include "measure/random.h"

#include <string.h>
#include <sys/random.h>

void marker_draw(struct marker *marker)
{
	if (getrandom(&marker->seed, sizeof(marker->seed), 0) != sizeof(marker->seed))
		marker->seed = (uint64_t)(uintptr_t)marker ^ 0x5ec4e7;
}

static uint64_t word(const struct marker *marker, unsigned int i)
{
	return random_word(marker->seed, i + 1);
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
