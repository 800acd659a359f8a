// SPDX-License-Identifier: MIT
/*
 * A process's tables map the direct map too. Their root stands in its mm, whose address
 * stands in its task, beside itself (mm and active_mm): both are looked for by value, and
 * the right ones are those by which a page of this process is found in the frame that
 * /proc/self/pagemap tells. So no offset of any kernel is built in.
 */
#include "kernel/map_level.h"
#include "kernel/bpf.h"
#include "kernel/direct_map.h"
#include "measure/realtime.h"
#include "memory/array.h"
#include "memory/frame.h"
#include "memory/page.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WORDS 512u			/* of a page, and of a table */
#define TASK_PAGES 4u			/* of the task that are looked through */
#define MEMORY_BYTES (1ull << 46)	/* of direct map, with four levels of tables */
/*
 * arch/x86/include/asm/pgtable_types.h. Address bits from 46 on are left out: memory
 * encryption marks entries in them (bit 47 or 51), and no machine has so much memory.
 */
#define ENTRY_FRAME 0x00003ffffffff000ull
#define ENTRY_PRESENT 1ull
#define ENTRY_LARGE (1ull << 7)

static uint64_t root;	   /* frame of the highest table */
static unsigned int depth; /* levels of tables: 4, or 5 with la57 */

static bool words(uint64_t at, uint64_t *to, size_t count)
{
	const struct bpf_reading *reading = bpf_read_kernel(at, count * sizeof(*to));

	if (reading)
		memcpy(to, reading->data, count * sizeof(*to));
	return reading;
}

/*
 * The entry that maps the address, no lower than `lowest`, and at which level it stands; 0 where
 * there is none.
 */
static uint64_t entry_above(uint64_t table, unsigned int levels, uint64_t address,
			    enum level lowest, enum level *level)
{
	uint64_t entry = 0;

	for (unsigned int at = levels; at; at--) {
		unsigned int shift = 12 + 9 * (at - 1);
		uint64_t slot = address >> shift & (WORDS - 1);

		if (!words(direct_map_alias(table) + slot * sizeof(entry), &entry, 1))
			return 0;
		*level = (enum level)at;
		if (at == (unsigned int)lowest ||
		    (entry & ENTRY_PRESENT && at <= LEVEL_1G && entry & ENTRY_LARGE))
			return entry;
		if (!(entry & ENTRY_PRESENT))
			return 0;
		table = (entry & ENTRY_FRAME) / base_bytes();
	}
	return 0;
}

static uint64_t entry_of(uint64_t table, unsigned int levels, uint64_t address, enum level *level)
{
	return entry_above(table, levels, address, LEVEL_4K, level);
}

/* Is it the root by which `page` is found where it is? */
static bool is_root(uint64_t table, unsigned int levels, const char *page, uint64_t frame)
{
	enum level level;
	uint64_t entry = entry_of(table, levels, (uintptr_t)page, &level);

	return entry & ENTRY_PRESENT && level == LEVEL_4K &&
	       (entry & ENTRY_FRAME) / base_bytes() == frame;
}

static bool in_direct_map(uint64_t address)
{
	return address >= direct_map_alias(0) && address - direct_map_alias(0) < MEMORY_BYTES;
}

/* Look for the root in what may be an mm. */
static bool find_in(uint64_t mm, const char *page, uint64_t frame)
{
	uint64_t word[WORDS / 4];

	if (!words(mm, word, COUNT(word)))
		return false;
	for (size_t i = 0; i < COUNT(word); i++) {
		if (word[i] % base_bytes() || !in_direct_map(word[i]))
			continue;
		root = (word[i] - direct_map_alias(0)) / base_bytes();
		for (depth = 4; depth <= 5; depth++)
			if (is_root(root, depth, page, frame))
				return true;
	}
	return false;
}

static bool find(const char *page, uint64_t frame)
{
	uint64_t task = bpf_task(), word[WORDS];

	for (unsigned int at = 0; at < TASK_PAGES; at++) {
		if (!words(task + at * sizeof(word), word, WORDS))
			return false;
		duty(NULL);
		for (size_t i = 0; i + 1 < WORDS; i++)
			if (word[i] == word[i + 1] && in_direct_map(word[i]) &&
			    find_in(word[i], page, frame))
				return true;
	}
	return false;
}

/* 0, or the errno for which they cannot be read. */
static int look_for(void)
{
	char *page;
	bool found;

#ifndef __x86_64__
	return ENOSYS;
#endif
	if (direct_map_find())
		return errno ? errno : ENXIO;
	page = pages_zeroed(base_bytes());
	if (!page)
		return ENOMEM;
	found = find(page, frame_of(getpid(), page));
	free(page);
	return found ? 0 : ENXIO;
}

int level_find(void)
{
	static int err = -1; /* not tried yet: to fail takes long where BPF may read */

	if (err < 0)
		err = look_for();
	errno = err;
	return err ? -1 : 0;
}

enum level level_of(uint64_t frame)
{
	enum level level = LEVEL_UNKNOWN;

	if (level_find())
		return LEVEL_UNKNOWN;
	if (!entry_of(root, depth, direct_map_alias(frame), &level) && level != LEVEL_4K)
		return LEVEL_UNKNOWN;
	return level;
}

enum level level_entries(uint64_t address, uint64_t entries[LEVEL_ENTRIES])
{
	enum level level = LEVEL_UNKNOWN;
	uint64_t entry;

	if (level_find())
		return LEVEL_UNKNOWN;
	entry = entry_above(root, depth, address, LEVEL_2M, &level);
	if (!(entry & ENTRY_PRESENT) || level > LEVEL_2M || entry & ENTRY_LARGE) {
		entries[0] = entry;
		return entry & ENTRY_PRESENT ? level : LEVEL_UNKNOWN;
	}
	return words(direct_map_alias((entry & ENTRY_FRAME) / base_bytes()), entries,
		     LEVEL_ENTRIES) ?
		       LEVEL_4K :
		       LEVEL_UNKNOWN;
}

bool entry_present(uint64_t entry)
{
	return entry & ENTRY_PRESENT;
}

uint64_t entry_frame(uint64_t entry)
{
	return (entry & ENTRY_FRAME) / base_bytes();
}
