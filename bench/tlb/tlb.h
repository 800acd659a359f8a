/* SPDX-License-Identifier: MIT */
/*
 * A model of the TLBs of a CPU: arrays in two levels, each with sets and ways, and exact LRU. It
 * knows nothing of QEMU. What a real CPU does beside that is named in docs/method/tlb.md.
 */
#ifndef TLB_H
#define TLB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TLB_LEVELS 2
#define TLB_ARRAYS 12
#define TLB_ENTRIES 65536u /* of an array at most: a slot has 16 bits */

enum page_size { PAGE_4K, PAGE_2M, PAGE_1G, PAGE_SIZES };

/* What an entry of an array may stand for; a page has a tag in each form. */
enum form {
	FORM_PLAIN,	 /* one page */
	FORM_JOINED = 1, /* four neighbouring pages of 4K, where they lie in a row */
	FORM_PIECES = 2, /* 2M of a page of 1G */
	FORMS = 4,
};

/* Of a page, as its tables say it. */
struct translation {
	enum page_size size;
	uint64_t tag[FORMS];
};

struct tlb_entry {
	uint64_t tag, used; /* 0: empty */
};

struct tlb_array {
	unsigned int level; /* from 0 */
	bool loads, stores; /* whose accesses look into it */
	bool holds[PAGE_SIZES];
	enum form form;
	uint32_t sets, ways;
	struct tlb_entry *entries;
};

struct tlb {
	struct tlb_array arrays[TLB_ARRAYS];
	size_t count;
	uint64_t clock;
	/* The array that an access looks into, NULL where the level holds no such page. */
	struct tlb_array *at[TLB_LEVELS][PAGE_SIZES][2];
};

enum tlb_found { TLB_FIRST, TLB_SECOND, TLB_WALK };

/*
 * The tags of the page at `vaddr`. `joinable`: it and its three neighbours lie in a row, aligned,
 * and have the same attributes. A page that is not global is dropped when the tables change.
 */
struct translation translation_of(uint64_t vaddr, enum page_size size, bool global, bool joinable);
/* Make room for what `arrays` says: NULL, or what is wrong with it. */
const char *tlb_make(struct tlb *tlb);
void tlb_drop(struct tlb *tlb);
/* Where a translation was found; then it is in both levels, and the last used. */
enum tlb_found tlb_miss(struct tlb *tlb, const struct translation *page, bool store,
			uint16_t *hint);
/* Forget one page. */
void tlb_forget(struct tlb *tlb, const struct translation *page);
/* Forget the pages that are not global, or all. */
void tlb_flush(struct tlb *tlb, bool all);

/*
 * An access. `hint` is 0, or what the last access of that kind (load, store) to this page left
 * there: in which slot to look first.
 */
static inline enum tlb_found tlb_access(struct tlb *tlb, const struct translation *page, bool store,
					uint16_t *hint)
{
	const struct tlb_array *first = tlb->at[0][page->size][store];
	struct tlb_entry *entry = &first->entries[*hint];

	if (entry->tag != page->tag[first->form])
		return tlb_miss(tlb, page, store, hint);
	entry->used = ++tlb->clock;
	return TLB_FIRST;
}

#endif
