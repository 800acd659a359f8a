// SPDX-License-Identifier: MIT
#include "tables.h"
#include "box.h"
#include "ram.h"

#include <string.h>

#define ENTRIES 512u
#define HALF_BYTES (ENTRIES / 2 * sizeof(uint64_t))
#define JOINED_PAGES 4u
#define NOT_ATTRIBUTES (ENTRY_FRAME | 3ull << 5) /* accessed and dirty are left aside, too */

static unsigned int shift_of(unsigned int level)
{
	return 12 + 9 * (level - 1);
}

static bool is_page(uint64_t entry, unsigned int level)
{
	return level == 1 || (level <= PAGE_SIZES && entry & ENTRY_LARGE);
}

/* Bits PAT, PCD and PWT; in the lowest table PAT stands where others have "large". */
static unsigned int type_of(uint64_t entry, unsigned int level)
{
	uint64_t pat = level == 1 ? entry >> 7 & 1 : entry >> 12 & 1;

	return (unsigned int)(pat << 2 | (entry >> 3 & 3));
}

/* Whether the entry and its three neighbours map four frames in a row, aligned, alike. */
static bool is_joinable(const uint64_t *table, unsigned int index)
{
	unsigned int first = index / JOINED_PAGES * JOINED_PAGES;
	uint64_t frame = table[first] & ENTRY_FRAME;

	if (frame / PAGE_BYTES % JOINED_PAGES)
		return false;
	for (unsigned int i = 1; i < JOINED_PAGES; i++)
		if ((table[first + i] & ~NOT_ATTRIBUTES) != (table[first] & ~NOT_ATTRIBUTES) ||
		    (table[first + i] & ENTRY_FRAME) != frame + i * PAGE_BYTES)
			return false;
	return true;
}

bool tables_walk(const struct tables *tables, uint64_t vaddr, struct walk *walk)
{
	uint64_t at = tables->root;

	for (unsigned int level = tables->depth; level; level--) {
		const uint64_t *table = ram_at(at & ENTRY_FRAME);
		unsigned int index = vaddr >> shift_of(level) & (ENTRIES - 1);
		uint64_t entry = table ? table[index] : 0, within;

		if (!(entry & ENTRY_PRESENT))
			return false;
		at = entry & ENTRY_FRAME;
		if (!is_page(entry, level))
			continue;
		within = (1ull << shift_of(level)) - 1;
		*walk = (struct walk){ (enum page_size)(level - 1),
				       (at & ~within) | (vaddr & within), entry & ENTRY_GLOBAL,
				       level == 1 && is_joinable(table, index),
				       type_of(entry, level) };
		return true;
	}
	return false;
}

bool tables_map(const struct tables *tables, const struct pair *pairs, size_t count)
{
	struct walk walk;

	for (size_t i = 0; i < count; i++)
		if (!tables_walk(tables, pairs[i].vaddr, &walk) ||
		    ram_place(walk.physical) != pairs[i].place)
			return false;
	return count;
}

struct tables tables_find(const struct pair *pairs, size_t count)
{
	for (uint64_t at = 0; at < ram_bytes(); at += PAGE_BYTES) {
		struct tables tables = { ram_physical(at), 0 };

		for (tables.depth = 4; tables.depth <= 5; tables.depth++)
			if (tables_map(&tables, pairs, count))
				return tables;
	}
	return (struct tables){ 0, 0 };
}

struct tables tables_next(const struct tables *known, uint64_t *at)
{
	const char *half = (const char *)ram_at(known->root) + HALF_BYTES;

	for (; *at < ram_bytes(); *at += PAGE_BYTES) {
		const char *table = ram_at(ram_physical(*at));

		if (memcmp(table + HALF_BYTES, half, HALF_BYTES))
			continue;
		*at += PAGE_BYTES;
		return (struct tables){ ram_physical(*at - PAGE_BYTES), known->depth };
	}
	return (struct tables){ 0, 0 };
}

void tables_census(const struct tables *tables, uint64_t from, uint64_t bytes, uint64_t *number)
{
	static const uint64_t steps[PAGE_SIZES] = { 1ull << 12, 1ull << 21, 1ull << 30 };
	uint64_t end = from + bytes, step;

	memset(number, 0, (TLB_CENSUS_ABSENT + 1) * sizeof(*number));
	for (uint64_t at = from; at < end; at += step) {
		struct walk walk;

		if (tables_walk(tables, at, &walk)) {
			step = steps[walk.size];
			number[walk.size]++;
			number[TLB_CENSUS_LOCAL] += walk.size == PAGE_4K && !walk.global;
		} else {
			step = PAGE_BYTES;
			number[TLB_CENSUS_ABSENT] += ram_place(at - from) != NOWHERE;
		}
	}
}

uint64_t tables_lowest(const struct tables *tables, uint64_t from, uint64_t bytes)
{
	uint64_t count = 0;

	for (uint64_t at = from; at < from + bytes; at += 1ull << shift_of(2)) {
		uint64_t entry = ENTRY_PRESENT | tables->root;

		for (unsigned int level = tables->depth; level >= 2; level--) {
			const uint64_t *table = ram_at(entry & ENTRY_FRAME);

			if (!table || !(entry & ENTRY_PRESENT) || entry & ENTRY_LARGE) {
				entry = 0;
				break;
			}
			entry = table[at >> shift_of(level) & (ENTRIES - 1)];
		}
		count += entry & ENTRY_PRESENT && !(entry & ENTRY_LARGE);
	}
	return count;
}
