/* SPDX-License-Identifier: MIT */
/*
 * A model of the data caches of a CPU, by physical address: levels with sets and ways, exact LRU,
 * a line is fetched by a load and by a store, and stays in each level on its own.
 */
#ifndef CACHE_H
#define CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CACHE_LEVELS 4
#define CACHE_LINE_BYTES 64u /* of all CPUs that have a model here */

struct cache_line {
	uint64_t number, used; /* 0: empty */
};

struct cache_level {
	uint64_t bytes;
	uint32_t sets, ways;
	struct cache_line *lines;
};

struct cache {
	struct cache_level levels[CACHE_LEVELS];
	size_t count; /* 0: the model has no caches */
	uint64_t clock;
};

/* Make room for what `levels` says: NULL, or what is wrong with it. */
const char *cache_make(struct cache *cache);
void cache_drop(struct cache *cache);
/* Whether an access to that byte goes to memory: no level has its line. All have it then. */
bool cache_access(struct cache *cache, uint64_t physical);
/* Take the line of that byte out of all levels. */
void cache_evict(struct cache *cache, uint64_t physical);
void cache_flush(struct cache *cache);

#endif
