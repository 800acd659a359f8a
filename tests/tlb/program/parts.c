// SPDX-License-Identifier: MIT
/*
 * Parts of the plugin without QEMU. What they ask of it is answered here: the guest's memory is an
 * array, and the emulator finds each address where `place` says.
 *
 *   parts insn              hex bytes of an instruction a line on stdin -> its kind, and the mark
 *   parts host              CPUID on stdin (leaf sub eax ebx ecx edx, hex) -> the model's line
 *   parts tables            page tables of 4 and of 5 levels: one line a check
 *   parts pages             look-ups that are checked against the emulator's: one line a check
 */
#include "host.h"
#include "insn.h"
#include "pages.h"
#include "ram.h"
#include "tables.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define RAM_PAGES 64u
#define WRITE (1ull << 1)
#define FLAGS (ENTRY_PRESENT | WRITE)
#define NX (1ull << 63)
#define BASE_4 0xffff888000000000ull
#define BASE_5 0xff11000000000000ull

static uint64_t ram[RAM_PAGES][512];
static uint64_t told_place;
static bool told_io;
static unsigned int changes, next_table;

/* The guest's memory, in place of ram.c: all of it below 4 GiB. */
uint64_t ram_bytes(void)
{
	return sizeof(ram);
}

uint64_t ram_place(uint64_t physical)
{
	return physical < sizeof(ram) ? physical : NOWHERE;
}

uint64_t ram_physical(uint64_t place)
{
	return place;
}

void *ram_at(uint64_t physical)
{
	return physical < sizeof(ram) ? (char *)ram + physical : NULL;
}

/* The emulator. */
struct qemu_plugin_hwaddr *qemu_plugin_get_hwaddr(qemu_plugin_meminfo_t info, uint64_t vaddr)
{
	(void)info;
	(void)vaddr;
	return (struct qemu_plugin_hwaddr *)ram;
}

bool qemu_plugin_hwaddr_is_io(const struct qemu_plugin_hwaddr *at)
{
	(void)at;
	return told_io;
}

uint64_t qemu_plugin_hwaddr_phys_addr(const struct qemu_plugin_hwaddr *at)
{
	(void)at;
	return told_place;
}

static void check(const char *name, bool right)
{
	printf("%s %s\n", right ? "ok" : "FAILED", name);
}

/* Set the entry that maps vaddr at a level (1: 4K); tables between are pages from next_table on. */
static void map(const struct tables *tables, uint64_t vaddr, unsigned int level, uint64_t entry)
{
	uint64_t table = tables->root / PAGE_BYTES;

	for (unsigned int at = tables->depth; at > level; at--) {
		uint64_t *slot = &ram[table][vaddr >> (12 + 9 * (at - 1)) & 511];

		if (!*slot)
			*slot = (uint64_t)next_table++ * PAGE_BYTES | FLAGS;
		table = (*slot & ENTRY_FRAME) / PAGE_BYTES;
	}
	ram[table][vaddr >> (12 + 9 * (level - 1)) & 511] = entry;
}

/* What a walk is to find; a physical address of NOWHERE: nothing. */
struct wanted {
	const char *name;
	uint64_t vaddr;
	struct walk walk;
};

static bool found_as(const struct tables *tables, const struct wanted *wanted)
{
	struct walk walk;

	if (!tables_walk(tables, wanted->vaddr, &walk))
		return wanted->walk.physical == NOWHERE;
	return walk.size == wanted->walk.size && walk.physical == wanted->walk.physical &&
	       walk.global == wanted->walk.global && walk.joinable == wanted->walk.joinable &&
	       walk.type == wanted->walk.type;
}

static void check_walks(const struct tables *tables, uint64_t base)
{
	const struct wanted all[] = {
		{ "a page of 4K", 0x7000, { .physical = 3 * PAGE_BYTES } },
		{ "its offset", 0x7123, { .physical = 3 * PAGE_BYTES + 0x123 } },
		{ "an uncached one", 0x8000, { .physical = 4 * PAGE_BYTES, .type = 2 } },
		{ "what is not mapped", 0x9000, { .physical = NOWHERE } },
		{ "a global page of 2M",
		  base + 0x123456,
		  { .size = PAGE_2M, .physical = 0x123456, .global = true } },
		{ "a page of 1G",
		  base + (1ull << 30) + 5,
		  { .size = PAGE_1G, .physical = (1ull << 30) + 5 } },
		{ "four pages in a row",
		  0x15000,
		  { .physical = 33 * PAGE_BYTES, .joinable = true } },
		{ "four that are not", 0x1a000, { .physical = 44 * PAGE_BYTES } },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		check(all[i].name, found_as(tables, &all[i]));
}

/* Page 0 is the root, 1 a decoy; tables come from page 10 on. */
static struct tables make(unsigned int depth, uint64_t base)
{
	const struct tables tables = { 0, depth }, decoy = { PAGE_BYTES, depth };

	next_table = 10;
	memset(ram, 0, sizeof(ram));
	map(&tables, 0x7000, 1, 3 * PAGE_BYTES | FLAGS | NX);
	map(&tables, 0x8000, 1, 4 * PAGE_BYTES | FLAGS | 1ull << 4);
	for (unsigned int i = 0; i < 4; i++) {
		map(&tables, 0x14000 + i * PAGE_BYTES, 1, (32 + i) * PAGE_BYTES | FLAGS);
		map(&tables, 0x18000 + i * PAGE_BYTES, 1, (40 + 2 * i) * PAGE_BYTES | FLAGS);
	}
	map(&tables, base, 2, 0 | FLAGS | ENTRY_LARGE | ENTRY_GLOBAL);
	map(&tables, base + (1ull << 30), 3, 1ull << 30 | FLAGS | ENTRY_LARGE);
	memcpy(ram[1], ram[0], sizeof(ram[0]));
	map(&decoy, 0x7000, depth, 0);
	return tables;
}

static void check_tables(unsigned int depth, uint64_t base)
{
	struct tables tables = make(depth, base), found;
	const struct pair pairs[] = { { 0x7000, 3 * PAGE_BYTES }, { base + 5, 5 } };
	const struct pair wrong[] = { { 0x7000, 3 * PAGE_BYTES }, { base + 5, 6 } };
	uint64_t number[TLB_CENSUS_NUMBERS], at = 0;

	check_walks(&tables, base);
	found = tables_find(pairs, 2);
	check("the root by value", found.root == 0 && found.depth == depth);
	check("no root for a wrong pair", tables_find(wrong, 2).depth == 0);
	found = tables_next(&tables, &at);
	check("the first with that kernel half", found.root == 0 && found.depth);
	found = tables_next(&tables, &at);
	check("the next with it", found.root == PAGE_BYTES && found.depth);
	check("and no more", !tables_next(&tables, &at).depth);
	tables_census(&tables, base, 1ull << 21, number);
	check("the census", number[TLB_CENSUS_4K] == 0 && number[TLB_CENSUS_2M] == 1 &&
				    number[TLB_CENSUS_LOCAL] == 0 &&
				    number[TLB_CENSUS_ABSENT] == 0);
	tables_census(&tables, 0, 0x20000, number);
	check("pages that are not global, and absent ones",
	      number[TLB_CENSUS_4K] == 10 && number[TLB_CENSUS_LOCAL] == 10 &&
		      number[TLB_CENSUS_ABSENT] == 22);
	check("tables of the lowest level", tables_lowest(&tables, 0, 1ull << 30) == 1 &&
						    tables_lowest(&tables, base, 1ull << 30) == 0);
}

static void changed(const struct translation *before)
{
	(void)before;
	changes++;
}

static struct page *look(uint64_t vaddr, uint64_t place)
{
	told_place = place;
	return page_at(vaddr, 0, true, changed);
}

static uint64_t wrong_so_far(uint64_t *checked)
{
	uint64_t wrong;

	pages_checked(checked, &wrong);
	return wrong;
}

static void check_places(const struct tables *tables)
{
	const struct page *page;
	uint64_t checked;

	pages_begin(tables);
	page = look(0x7008, 3 * PAGE_BYTES + 8);
	check("a process's page", page->area == TLB_USER && page->frame == 3 * PAGE_BYTES);
	check("an uncached page is told", look(0x8000, 4 * PAGE_BYTES)->uncached);
	check("the direct map by its page",
	      look(BASE_4 + 0x2000, 0x2000)->area == TLB_DIRECT_2M && direct_map() == BASE_4);
	check("all are right", wrong_so_far(&checked) == 0 && checked == 3);
	look(BASE_4 + 0x3000, 0x9000);
	check("a wrong one is counted", wrong_so_far(&checked) == 1 && checked == 4);
	told_io = true;
	look(BASE_4 + 0x4000, 0);
	told_io = false;
	check("what is no memory is not checked", wrong_so_far(&checked) == 1 && checked == 4);
}

static void check_pages(void)
{
	const struct tables tables = make(4, BASE_4), other = { PAGE_BYTES, 4 };
	uint64_t checked;

	check_places(&tables);
	/* Another process: the decoy maps the page elsewhere. */
	next_table = 50;
	map(&other, 0x7000, 1, 5 * PAGE_BYTES | FLAGS);
	pages_switch();
	check("another process's tables are found",
	      look(0x7008, 5 * PAGE_BYTES + 8)->frame == 5 * PAGE_BYTES);
	pages_switch();
	check("and the first one's again", look(0x7000, 3 * PAGE_BYTES)->frame == 3 * PAGE_BYTES);
	check("neither is wrong", wrong_so_far(&checked) == 1);
	changes = 0;
	map(&tables, 0x7000, 1, 6 * PAGE_BYTES | FLAGS);
	pages_forget();
	look(0x7000, 6 * PAGE_BYTES);
	check("a page mapped otherwise is told", changes == 1);
}

static struct {
	uint32_t leaf, sub, reg[4];
} leaves[64];
static size_t leaf_count;

static void read_cpuid(uint32_t leaf, uint32_t sub, uint32_t reg[4])
{
	memset(reg, 0, 4 * sizeof(*reg));
	for (size_t i = 0; i < leaf_count; i++)
		if (leaves[i].leaf == leaf && leaves[i].sub == sub)
			memcpy(reg, leaves[i].reg, sizeof(leaves[i].reg));
}

static void tell_host(void)
{
	char line[960];
	const char *why;

	while (leaf_count < 64 &&
	       scanf("%" SCNx32 "%" SCNx32 "%" SCNx32 "%" SCNx32 "%" SCNx32 "%" SCNx32,
		     &leaves[leaf_count].leaf, &leaves[leaf_count].sub, &leaves[leaf_count].reg[0],
		     &leaves[leaf_count].reg[1], &leaves[leaf_count].reg[2],
		     &leaves[leaf_count].reg[3]) == 6)
		leaf_count++;
	why = host_line(read_cpuid, line, sizeof(line));
	puts(why ? why : line);
}

static void tell_insns(void)
{
	char text[64];

	while (fgets(text, sizeof(text), stdin)) {
		uint8_t bytes[16];
		size_t size = 0;
		struct insn insn;

		while (size < sizeof(bytes) &&
		       sscanf(text + 2 * size, "%2" SCNx8, &bytes[size]) == 1)
			size++;
		insn = insn_of(bytes, size);
		printf("%d %u\n", insn.kind, insn.kind == INSN_MARK ? insn.mark : 0);
	}
}

static void check_both(void)
{
	check_tables(4, BASE_4);
	check_tables(5, BASE_5);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*call)(void);
	} parts[] = { { "insn", tell_insns },
		      { "host", tell_host },
		      { "pages", check_pages },
		      { "tables", check_both } };

	for (size_t i = 0; argc == 2 && i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (strcmp(argv[1], parts[i].name))
			continue;
		parts[i].call();
		return 0;
	}
	return 2;
}
