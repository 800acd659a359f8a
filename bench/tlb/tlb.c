// SPDX-License-Identifier: MIT
#include "tlb.h"

#include <stdlib.h>

/* Of a tag: whether it is global, the size of its page, and the page's number. */
#define TAG_GLOBAL 1u
#define TAG_SIZE_SHIFT 1
#define TAG_JOINED 3u
#define TAG_NUMBER_SHIFT 3

#define SHIFT_4K 12
#define SHIFT_JOINED 14
#define SHIFT_2M 21
#define SHIFT_1G 30

static const unsigned int shifts[PAGE_SIZES] = { SHIFT_4K, SHIFT_2M, SHIFT_1G };

static uint64_t tag_of(uint64_t vaddr, unsigned int shift, unsigned int size, bool global)
{
	return vaddr >> shift << TAG_NUMBER_SHIFT | size << TAG_SIZE_SHIFT |
	       (global ? TAG_GLOBAL : 0);
}

struct translation translation_of(uint64_t vaddr, enum page_size size, bool global, bool joinable)
{
	struct translation page = { .size = size };

	for (int form = 0; form < FORMS; form++) {
		if (form & FORM_JOINED && size == PAGE_4K && joinable)
			page.tag[form] = tag_of(vaddr, SHIFT_JOINED, TAG_JOINED, global);
		else if (form & FORM_PIECES && size == PAGE_1G)
			page.tag[form] = tag_of(vaddr, SHIFT_2M, PAGE_2M, global);
		else
			page.tag[form] = tag_of(vaddr, shifts[size], size, global);
	}
	return page;
}

static const char *array_make(struct tlb *tlb, struct tlb_array *array)
{
	for (int size = 0; size < PAGE_SIZES; size++) {
		for (int store = 0; store < 2; store++) {
			struct tlb_array **at = &tlb->at[array->level][size][store];

			if (!array->holds[size] || !(store ? array->stores : array->loads))
				continue;
			if (*at)
				return "two arrays of a level hold the same pages";
			*at = array;
		}
	}
	array->entries = calloc((size_t)array->sets * array->ways, sizeof(*array->entries));
	return array->entries ? NULL : "no memory for its entries";
}

const char *tlb_make(struct tlb *tlb)
{
	for (size_t i = 0; i < tlb->count; i++) {
		const char *why = array_make(tlb, &tlb->arrays[i]);

		if (why)
			return why;
	}
	for (int size = 0; size < PAGE_SIZES; size++)
		for (int store = 0; store < 2; store++)
			if (!tlb->at[0][size][store])
				return "its first level does not hold loads and stores of 4k, 2m "
				       "and 1g";
	tlb_flush(tlb, true);
	return NULL;
}

void tlb_drop(struct tlb *tlb)
{
	for (size_t i = 0; i < tlb->count; i++)
		free(tlb->arrays[i].entries);
}

/* The entry of that tag, else the one of its set that was used least lately. */
static struct tlb_entry *look(const struct tlb_array *array, uint64_t tag)
{
	struct tlb_entry *set = array->entries +
				(tag >> TAG_NUMBER_SHIFT) % array->sets * array->ways,
			 *oldest = set;

	for (uint32_t way = 0; way < array->ways; way++) {
		if (set[way].tag == tag)
			return &set[way];
		if (set[way].used < oldest->used)
			oldest = &set[way];
	}
	return oldest;
}

/* Whether it was there; it is then. */
static bool touch(struct tlb *tlb, const struct tlb_array *array, const struct translation *page,
		  uint16_t *slot)
{
	uint64_t tag = page->tag[array->form];
	struct tlb_entry *entry = look(array, tag);
	bool found = entry->tag == tag;

	*entry = (struct tlb_entry){ tag, ++tlb->clock };
	*slot = (uint16_t)(entry - array->entries);
	return found;
}

enum tlb_found tlb_miss(struct tlb *tlb, const struct translation *page, bool store, uint16_t *hint)
{
	const struct tlb_array *second = tlb->at[1][page->size][store];
	uint16_t slot;

	if (touch(tlb, tlb->at[0][page->size][store], page, hint))
		return TLB_FIRST;
	return second && touch(tlb, second, page, &slot) ? TLB_SECOND : TLB_WALK;
}

void tlb_forget(struct tlb *tlb, const struct translation *page)
{
	for (size_t i = 0; i < tlb->count; i++) {
		const struct tlb_array *array = &tlb->arrays[i];
		uint64_t tag = page->tag[array->form];
		struct tlb_entry *entry = look(array, tag);

		if (entry->tag == tag)
			*entry = (struct tlb_entry){ UINT64_MAX, 0 };
	}
}

void tlb_flush(struct tlb *tlb, bool all)
{
	for (size_t i = 0; i < tlb->count; i++) {
		const struct tlb_array *array = &tlb->arrays[i];

		for (size_t slot = 0; slot < (size_t)array->sets * array->ways; slot++)
			if (all || !(array->entries[slot].tag & TAG_GLOBAL))
				array->entries[slot] = (struct tlb_entry){ UINT64_MAX, 0 };
	}
}
