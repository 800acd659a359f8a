// SPDX-License-Identifier: MIT
#include "watch.h"
#include "answer.h"
#include "pages.h"
#include "ram.h"

#include <string.h>

#define CACHE_LINE_BITS 6
#define LAST_OF_LINE 56 /* an access of 8 bytes behind this ends in another line */

/* What there is to do at an access. */
enum task {
	TASK_RUN = 1,	 /* the models go on */
	TASK_CACHES = 2, /* those of caches as well */
	TASK_COUNT = 4,
	TASK_ASK = 8,	  /* a store may be a question */
	TASK_GATHER = 16, /* addresses, by which the tables are found */
};

uint64_t vector_executions;

static unsigned int tasks;
static struct model models[TLB_MODELS];
static size_t model_count;
static struct tlb_counts counts, uncounted;
static uint64_t last_physical; /* of the last access */

const char *watch_add(const char *line)
{
	if (model_count == TLB_MODELS)
		return "8 models at most run side by side";
	return model_make(&models[model_count++], line);
}

void watch_memory(uint64_t below)
{
	answer_memory(below);
}

static void changed(const struct translation *before)
{
	for (size_t i = 0; i < model_count; i++)
		tlb_forget(&models[i].tlb, before);
}

static struct tlb_counts *counts_at_hand(void)
{
	return tasks & TASK_COUNT ? &counts : &uncounted;
}

static uint8_t area_of(const struct page *page, unsigned int access)
{
	bool copied = page->area == TLB_USER && access & ACCESS_BY_KERNEL;

	return copied ? TLB_USER_BY_KERNEL : page->area;
}

static void go_to_memory(const struct page *page, uint64_t vaddr, uint8_t area)
{
	struct tlb_counts *to = counts_at_hand();

	last_physical = page->frame | (vaddr & (PAGE_BYTES - 1));
	for (size_t i = 0; i < model_count; i++)
		if (models[i].cache.count &&
		    (page->uncached || cache_access(&models[i].cache, last_physical)))
			to->model[i].trips[area]++;
}

static void go(uint64_t vaddr, qemu_plugin_meminfo_t info, unsigned int access, bool told)
{
	struct tlb_counts *to = counts_at_hand();
	struct page *page = page_at(vaddr, info, told, changed);
	uint8_t area = area_of(page, access);
	bool store = access & ACCESS_STORE;

	to->accesses[area]++;
	to->uncached[area] += page->uncached;
	for (size_t i = 0; i < model_count; i++) {
		enum tlb_found found = tlb_access(&models[i].tlb, &page->translation, store,
						  &page->hint[i][store]);

		to->model[i].misses[area] += found != TLB_FIRST;
		to->model[i].walks[area] += found == TLB_WALK;
	}
	if (tasks & TASK_CACHES)
		go_to_memory(page, vaddr, area);
}

/* QEMU loads 16 and 32 bytes in pieces of 8: what one instruction does within a line is one. */
static bool is_rest(uint64_t vaddr, unsigned int access)
{
	static uint64_t execution, line;
	static unsigned int kind;
	bool rest = execution == vector_executions && line == vaddr >> CACHE_LINE_BITS &&
		    kind == access;

	execution = vector_executions;
	line = vaddr >> CACHE_LINE_BITS;
	kind = access;
	return rest;
}

/* An access that ends in another line goes there, too, and to the page of that. */
static void go_on(uint64_t vaddr, qemu_plugin_meminfo_t info, unsigned int access)
{
	uint64_t end = vaddr + (1ull << qemu_plugin_mem_size_shift(info)) - 1;
	const struct page *page;

	if (vaddr >> CACHE_LINE_BITS == end >> CACHE_LINE_BITS)
		return;
	if (vaddr / PAGE_BYTES != end / PAGE_BYTES) {
		go(end, info, access, false);
	} else if (tasks & TASK_CACHES) {
		page = page_at(end, info, false, changed);
		go_to_memory(page, end, area_of(page, access));
	}
}

static void look_at_store(uint64_t vaddr, qemu_plugin_meminfo_t info)
{
	const struct watched watched = { &counts, models, model_count };
	enum answered given = answer(vaddr, info, &watched);

	if (given)
		tasks &= ~(unsigned int)(TASK_ASK | TASK_GATHER);
	if (given == ANSWER_GATHER)
		tasks |= TASK_GATHER;
}

void watch_access(unsigned int vcpu, qemu_plugin_meminfo_t info, uint64_t vaddr, void *data)
{
	unsigned int access = (unsigned int)(uintptr_t)data;

	(void)vcpu;
	if (!tasks)
		return;
	if (qemu_plugin_mem_is_store(info))
		access |= ACCESS_STORE;
	if (tasks & TASK_GATHER)
		answer_gather(vaddr, info);
	if (tasks & TASK_ASK && access & ACCESS_STORE)
		look_at_store(vaddr, info);
	if (!(tasks & TASK_RUN) || (access & ACCESS_VECTOR && is_rest(vaddr, access)))
		return;
	go(vaddr, info, access, true);
	if ((vaddr & ((1u << CACHE_LINE_BITS) - 1)) > LAST_OF_LINE)
		go_on(vaddr, info, access);
}

/* Empty models, which go on until they are to rest. */
static void run(unsigned int more)
{
	if (!pages_tables()->depth)
		return;
	pages_forget();
	for (size_t i = 0; i < model_count; i++) {
		tlb_flush(&models[i].tlb, true);
		if (more & TASK_CACHES)
			cache_flush(&models[i].cache);
	}
	tasks |= TASK_RUN | more;
}

static void evict(void)
{
	for (size_t i = 0; i < model_count && tasks & TASK_CACHES; i++)
		cache_evict(&models[i].cache, last_physical);
}

void watch_mark(unsigned int vcpu, void *mark)
{
	(void)vcpu;
	switch ((uintptr_t)mark) {
	case TLB_MARK_ASK:
		tasks |= TASK_ASK;
		break;
	case TLB_MARK_RUN:
		run(0);
		break;
	case TLB_MARK_CACHES:
		run(TASK_CACHES);
		break;
	case TLB_MARK_BEGIN:
		memset(&counts, 0, sizeof(counts));
		tasks |= tasks & TASK_RUN ? TASK_COUNT : 0;
		break;
	case TLB_MARK_END:
		tasks &= ~(unsigned int)TASK_COUNT;
		break;
	case TLB_MARK_REST:
		tasks &= TASK_ASK | TASK_GATHER;
		break;
	case TLB_MARK_EVICT:
		evict();
		break;
	}
}

static void flush(bool all)
{
	for (size_t i = 0; i < model_count && tasks & TASK_RUN; i++)
		tlb_flush(&models[i].tlb, all);
}

void watch_insn(unsigned int vcpu, void *kind)
{
	uint64_t *events = counts_at_hand()->events;

	(void)vcpu;
	switch ((uintptr_t)kind) {
	case INSN_CR3:
		events[TLB_CR3_WRITES]++;
		pages_switch();
		flush(false);
		break;
	case INSN_CR4:
		events[TLB_CR4_WRITES]++;
		pages_forget();
		flush(true);
		break;
	case INSN_INVLPG:
		events[TLB_INVLPGS]++;
		pages_forget();
		break;
	case INSN_RETURN:
		events[TLB_INTERRUPTS]++;
		break;
	}
}
