// SPDX-License-Identifier: MIT
#include "pages.h"
#include "ram.h"

#include <string.h>

#define PAGES 8192u /* a power of two */
#define MOST_TABLES 64u
#define TYPES_UNCACHED (1u << 1 | 1u << 2 | 1u << 3 | 1u << 6) /* WC, UC-, UC, UC- */

/*
 * Documentation/arch/x86/x86_64/mm.rst, with 4 and with 5 levels of tables; KASLR moves the first
 * three.
 */
static const struct range {
	uint64_t first, last;
	uint8_t area;
} ranges[2][4] = {
	{
		{ 0xffff888000000000, 0xffffc87fffffffff, TLB_DIRECT_4K },
		{ 0xffffc90000000000, 0xffffe8ffffffffff, TLB_VMALLOC },
		{ 0xffffea0000000000, 0xffffeaffffffffff, TLB_VMEMMAP },
		{ 0xffffffff80000000, 0xfffffffffeffffff, TLB_IMAGE },
	},
	{
		{ 0xff11000000000000, 0xff90ffffffffffff, TLB_DIRECT_4K },
		{ 0xffa0000000000000, 0xffd1ffffffffffff, TLB_VMALLOC },
		{ 0xffd4000000000000, 0xffd5ffffffffffff, TLB_VMEMMAP },
		{ 0xffffffff80000000, 0xfffffffffeffffff, TLB_IMAGE },
	},
};

static struct page pages[PAGES];
static uint32_t generation[2]; /* of processes' pages, of the kernel's */
static uint64_t checked, wrong;
/* All that were met; the first is the one of pages_begin(), by which the kernel's half is read. */
static struct tables known[MOST_TABLES];
static size_t known_count, current;

static bool is_kernel(uint64_t vaddr)
{
	return vaddr >> 63;
}

static const struct range *layout(void)
{
	return ranges[known[0].depth == 5];
}

uint64_t direct_map(void)
{
	return layout()[0].first;
}

static uint8_t area_of(uint64_t vaddr, enum page_size size)
{
	const struct range *range = layout();

	if (!is_kernel(vaddr))
		return TLB_USER;
	for (size_t i = 0; i < sizeof(ranges[0]) / sizeof(ranges[0][0]); i++)
		if (vaddr >= range[i].first && vaddr <= range[i].last)
			return (uint8_t)(range[i].area + (i ? 0 : (uint8_t)size));
	return TLB_OTHER;
}

void pages_begin(const struct tables *tables)
{
	known[0] = *tables;
	known_count = 1;
	current = 0;
	checked = wrong = 0;
	pages_forget();
}

const struct tables *pages_tables(void)
{
	return &known[0];
}

void pages_forget(void)
{
	generation[0]++;
	generation[1]++;
}

void pages_switch(void)
{
	generation[0]++;
}

void pages_checked(uint64_t *all, uint64_t *bad)
{
	*all = checked;
	*bad = wrong;
}

uint64_t place_of(uint64_t vaddr, qemu_plugin_meminfo_t info)
{
	const struct qemu_plugin_hwaddr *at = qemu_plugin_get_hwaddr(info, vaddr);

	return at && !qemu_plugin_hwaddr_is_io(at) ? qemu_plugin_hwaddr_phys_addr(at) : NOWHERE;
}

static bool maps(const struct tables *tables, const struct pair *pair, struct walk *walk)
{
	return tables_walk(tables, pair->vaddr, walk) && ram_place(walk->physical) == pair->place;
}

/* Tables that were made since are found by the kernel's half, which all have in common. */
static void meet_all(void)
{
	struct tables met;
	uint64_t at = 0;

	known_count = 1;
	while (known_count < MOST_TABLES && (met = tables_next(&known[0], &at)).depth)
		if (met.root != known[0].root)
			known[known_count++] = met;
}

/* Which process's tables map the pair, the present one's first. */
static bool find_process(const struct pair *pair, struct walk *walk)
{
	if (maps(&known[current], pair, walk))
		return true;
	for (int again = 0; again < 2; again++) {
		for (size_t i = 0; i < known_count; i++) {
			if (!maps(&known[i], pair, walk))
				continue;
			current = i;
			generation[0]++;
			return true;
		}
		if (!again)
			meet_all();
	}
	current = 0;
	return false;
}

/* Walk to it; what cannot be checked is believed, what is wrong is a page of 4K. */
static struct walk look_up(const struct pair *pair)
{
	struct walk walk = { .physical = ram_physical(pair->place) };
	bool right;

	if (pair->place == NOWHERE) {
		tables_walk(is_kernel(pair->vaddr) ? &known[0] : &known[current], pair->vaddr,
			    &walk);
		return walk;
	}
	right = is_kernel(pair->vaddr) ? maps(&known[0], pair, &walk) : find_process(pair, &walk);
	checked++;
	if (!right) {
		wrong++;
		walk = (struct walk){ .physical = ram_physical(pair->place) };
	}
	return walk;
}

/* The same page as before, mapped otherwise: an INVLPG that cannot be seen has come between. */
static bool is_changed(const struct page *page, const struct walk *walk, uint64_t number)
{
	return page->number == number && page->generation &&
	       (page->frame != (walk->physical & -(uint64_t)PAGE_BYTES) ||
		page->translation.size != walk->size);
}

static void fill(struct page *page, uint64_t vaddr, uint64_t place, page_changed_fn *changed)
{
	const struct pair pair = { vaddr, place };
	struct walk walk = look_up(&pair);
	uint64_t number = vaddr / PAGE_BYTES;

	if (is_changed(page, &walk, number))
		changed(&page->translation);
	memset(page, 0, sizeof(*page));
	page->number = number;
	page->frame = walk.physical & -(uint64_t)PAGE_BYTES;
	page->translation = translation_of(vaddr, walk.size, walk.global, walk.joinable);
	page->generation = generation[is_kernel(vaddr)];
	page->area = area_of(vaddr, walk.size);
	page->uncached = TYPES_UNCACHED >> walk.type & 1;
}

struct page *page_at(uint64_t vaddr, qemu_plugin_meminfo_t info, bool told,
		     page_changed_fn *changed)
{
	uint64_t number = vaddr / PAGE_BYTES;
	struct page *page = &pages[number % PAGES];

	if (page->number != number || page->generation != generation[is_kernel(vaddr)])
		fill(page, vaddr, told ? place_of(vaddr, info) : NOWHERE, changed);
	return page;
}
