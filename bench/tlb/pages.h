/* SPDX-License-Identifier: MIT */
/*
 * Pages that accesses go to, looked up in the guest's tables once and kept until the tables change.
 * Each look-up is checked against the place that the emulator found: see pages_wrong().
 */
#ifndef PAGES_H
#define PAGES_H

#include "box.h"
#include "qemu_api.h"
#include "tables.h"

struct page {
	uint64_t number; /* of its 4K, by the virtual address */
	uint64_t frame;	 /* physical address of its 4K */
	struct translation translation;
	uint16_t hint[TLB_MODELS][2]; /* see tlb_access() */
	uint32_t generation;
	uint8_t area; /* TLB_USER for all of a process's */
	bool uncached;
};

/* Called with a page whose translation is another now. */
typedef void page_changed_fn(const struct translation *before);

/* The tables by which the process at hand and the kernel are looked up from now on. */
void pages_begin(const struct tables *tables);
const struct tables *pages_tables(void);
/* The page of an access; the emulator's place for it is asked for if `told`. */
struct page *page_at(uint64_t vaddr, qemu_plugin_meminfo_t info, bool told,
		     page_changed_fn *changed);
/* CR3 was written: another process's tables, perhaps. */
void pages_switch(void);
/* Tables were changed somewhere: look all up again. */
void pages_forget(void);
/* Look-ups that were checked against the emulator's, and those that were wrong. */
void pages_checked(uint64_t *checked, uint64_t *wrong);
/* Where the direct map begins, of a kernel that does not randomize it. */
uint64_t direct_map(void);
/* The place of an access within the guest's memory; NOWHERE where it is none. */
uint64_t place_of(uint64_t vaddr, qemu_plugin_meminfo_t info);

#endif
