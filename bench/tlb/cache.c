// SPDX-License-Identifier: MIT
#include "cache.h"

#include <stdlib.h>
#include <string.h>

const char *cache_make(struct cache *cache)
{
	for (size_t i = 0; i < cache->count; i++) {
		struct cache_level *level = &cache->levels[i];
		uint64_t set_bytes = (uint64_t)CACHE_LINE_BYTES * level->ways;

		if (!set_bytes || !level->bytes || level->bytes % set_bytes)
			return "the bytes of a cache are no multiple of its ways and lines";
		level->sets = (uint32_t)(level->bytes / set_bytes);
		level->lines = calloc((size_t)level->sets * level->ways, sizeof(*level->lines));
		if (!level->lines)
			return "no memory for its lines";
	}
	return NULL;
}

void cache_drop(struct cache *cache)
{
	for (size_t i = 0; i < cache->count; i++)
		free(cache->levels[i].lines);
}

/* The line of that number, else the one of its set that was used least lately. */
static struct cache_line *look(const struct cache_level *level, uint64_t number)
{
	struct cache_line *set = level->lines + number % level->sets * level->ways, *oldest = set;

	for (uint32_t way = 0; way < level->ways; way++) {
		if (set[way].number == number && set[way].used)
			return &set[way];
		if (set[way].used < oldest->used)
			oldest = &set[way];
	}
	return oldest;
}

bool cache_access(struct cache *cache, uint64_t physical)
{
	uint64_t number = physical / CACHE_LINE_BYTES;

	for (size_t i = 0; i < cache->count; i++) {
		struct cache_line *line = look(&cache->levels[i], number);
		bool found = line->used && line->number == number;

		*line = (struct cache_line){ number, ++cache->clock };
		if (found)
			return false;
	}
	return true;
}

void cache_evict(struct cache *cache, uint64_t physical)
{
	uint64_t number = physical / CACHE_LINE_BYTES;

	for (size_t i = 0; i < cache->count; i++) {
		struct cache_line *line = look(&cache->levels[i], number);

		if (line->number == number)
			line->used = 0;
	}
}

void cache_flush(struct cache *cache)
{
	for (size_t i = 0; i < cache->count; i++) {
		const struct cache_level *level = &cache->levels[i];

		memset(level->lines, 0, (size_t)level->sets * level->ways * sizeof(*level->lines));
	}
}
