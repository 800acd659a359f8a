// SPDX-License-Identifier: MIT
#include "kernel/kernel_tables.h"
#include "kernel/direct_map.h"
#include "kernel/map_level.h"
#include "memory/array.h"

#include <stdlib.h>

struct reading {
	struct kernel_tables *tables;
	uint64_t begin, end; /* of the direct map, addresses */
};

/*
 * Documentation/arch/x86/x86_64/mm.rst: the image's second mapping, 1 GiB where its place is random;
 * modules follow.
 */
#define IMAGE_BEGIN 0xffffffff80000000ull
#define IMAGE_END 0xffffffffc0000000ull

static bool add(void *it, const struct level_entry *entry)
{
	struct reading *reading = it;
	struct kernel_tables *tables = reading->tables;

	if (!entry->table)
		return false;
	GROW(tables->frames, tables->count, tables->room);
	tables->frames[tables->count++] = entry->frame;
	if (entry->level <= LEVEL_1G && entry->address >= reading->begin &&
	    entry->address < reading->end)
		tables->of_direct_map++;
	if (entry->level == LEVEL_2M && entry->address >= IMAGE_BEGIN && entry->address < IMAGE_END)
		tables->of_image++;
	return true;
}

int kernel_tables_read(struct kernel_tables *tables, uint64_t end)
{
	struct reading reading = { tables, direct_map_alias(0), direct_map_alias(end) };

	tables->count = tables->of_direct_map = tables->of_image = 0;
	if (level_walk(add, &reading))
		return -1;
	qsort(tables->frames, tables->count, sizeof(*tables->frames), ascending);
	return 0;
}

bool kernel_tables_find(const struct kernel_tables *tables, uint64_t frame)
{
	return tables->count &&
	       bsearch(&frame, tables->frames, tables->count, sizeof(frame), ascending);
}
