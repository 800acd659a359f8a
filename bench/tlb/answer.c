// SPDX-License-Identifier: MIT
#include "answer.h"
#include "pages.h"
#include "ram.h"
#include "tables.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define MOST_PAIRS 24u
#define LEAST_PAIRS 12u
/* Documentation/arch/x86/x86_64/mm.rst: the kernel's own text and data, without its modules. */
#define IMAGE 0xffffffff80000000ull
#define IMAGE_BYTES (512ull << 20)

static uint64_t below_bytes = UINT64_MAX;
static struct pair pairs[MOST_PAIRS]; /* the first is the box */
static size_t pair_count;

void answer_memory(uint64_t below)
{
	below_bytes = below;
}

static bool has_page(uint64_t vaddr)
{
	for (size_t i = 0; i < pair_count; i++)
		if (pairs[i].vaddr / PAGE_BYTES == vaddr / PAGE_BYTES)
			return true;
	return false;
}

/* Of the kernel, each of another page. */
void answer_gather(uint64_t vaddr, qemu_plugin_meminfo_t info)
{
	uint64_t place;

	if (pair_count == MOST_PAIRS || !(vaddr >> 63) || has_page(vaddr))
		return;
	place = place_of(vaddr, info);
	if (place < ram_bytes())
		pairs[pair_count++] = (struct pair){ vaddr, place };
}

/* The direct map begins where it does without KASLR, or what lies where would be told wrong. */
static bool is_plain(void)
{
	for (size_t i = 1; i < pair_count; i++) {
		uint64_t physical = pairs[i].vaddr - direct_map();

		if (pairs[i].vaddr >= direct_map() && ram_place(physical) == pairs[i].place)
			return true;
	}
	return false;
}

static const char *find_tables(void)
{
	struct tables tables;

	if (pair_count < LEAST_PAIRS)
		return "too few accesses of the kernel were seen";
	tables = tables_find(pairs, pair_count);
	if (!tables.depth)
		return "no page of the guest's memory maps what the emulator mapped: its page "
		       "tables were not found";
	pages_begin(&tables);
	return is_plain() ?
		       NULL :
		       "the kernel's direct map is not where it is without KASLR: boot with nokaslr";
}

/* Either half of TLB_HELLO: gather, then find. */
static enum answered hello(struct tlb_box *box, const struct pair *own)
{
	const char *why = NULL;

	if (!box->argument) {
		pairs[0] = *own;
		pair_count = 1;
	} else {
		why = find_tables();
	}
	box->failed = why != NULL;
	snprintf(box->text, sizeof(box->text), "%s", why ? why : "");
	return box->argument ? ANSWER_GIVEN : ANSWER_GATHER;
}

static void tell_model(struct tlb_box *box, const struct watched *watched)
{
	const struct model *model = watched->models + box->argument;
	bool known = box->argument < watched->model_count;

	snprintf(box->text, sizeof(box->text), "%s", known ? model->line : "");
	box->number[0] = known ? model->cache.count : 0;
}

/* How a page of the process is mapped, and whether the kernel's direct map has it. */
static void tell_page(struct tlb_box *box)
{
	struct walk walk, other;

	memset(box->number, 0, sizeof(box->number));
	if (!tables_walk(pages_tables(), box->argument, &walk))
		return;
	box->number[TLB_PAGE_MAPPED] = 1;
	box->number[TLB_PAGE_TYPE] = walk.type;
	box->number[TLB_PAGE_DIRECT_MAP] = tables_walk(pages_tables(), direct_map() + walk.physical,
						       &other);
}

/* A frame that is absent has had a page of 4K: nothing larger is taken out of the direct map. */
static void tell_frame(struct tlb_box *box)
{
	struct walk walk = { .size = PAGE_4K };

	tables_walk(pages_tables(), direct_map() + box->argument * PAGE_BYTES, &walk);
	box->number[0] = walk.size + 1u;
}

static enum answered tell(struct tlb_box *box, const struct pair *own,
			  const struct watched *watched)
{
	uint64_t checked, wrong;

	box->version = TLB_BOX_VERSION;
	box->models = watched->model_count;
	switch (box->question - TLB_QUESTION) {
	case TLB_HELLO:
		return hello(box, own);
	case TLB_COUNTS:
		pages_checked(&checked, &wrong);
		box->counts = *watched->counts;
		box->counts.checked = checked;
		box->counts.wrong = wrong;
		break;
	case TLB_MODEL:
		tell_model(box, watched);
		break;
	case TLB_CENSUS:
		tables_census(pages_tables(), direct_map(), ram_physical(ram_bytes() - 1) + 1,
			      box->number);
		box->number[TLB_CENSUS_IMAGE_TABLES] = tables_lowest(pages_tables(), IMAGE,
								     IMAGE_BYTES);
		break;
	case TLB_PAGE:
		tell_page(box);
		break;
	case TLB_FRAME:
		tell_frame(box);
		break;
	}
	return ANSWER_GIVEN;
}

enum answered answer(uint64_t vaddr, qemu_plugin_meminfo_t info, const struct watched *watched)
{
	struct pair own = { vaddr, NOWHERE };
	enum answered given;
	struct tlb_box *box;

	if (vaddr % TLB_BOX_BYTES || (!ram_bytes() && ram_find(below_bytes)))
		return ANSWER_NONE;
	own.place = place_of(vaddr, info);
	if (own.place >= ram_bytes())
		return ANSWER_NONE;
	box = ram_at(ram_physical(own.place));
	if (box->question - TLB_QUESTION >= TLB_QUESTIONS)
		return ANSWER_NONE;
	given = tell(box, &own, watched);
	box->answered = box->question;
	return given;
}
