// SPDX-License-Identifier: MIT
#include "kernel/kind.h"
#include "kernel/free_list.h"
#include "kernel/kernel_tables.h"
#include "kernel/page_descriptor.h"
#include "kernel/vmalloc.h"
#include "measure/run.h"
#include "memory/array.h"

#include <errno.h>
#include <string.h>

/* include/uapi/linux/kernel-page-flags.h; RESERVED and MLOCKED are of those without a promise. */
#define FLAG(n) (1ull << (n))
#define SLAB FLAG(7)
#define BUDDY FLAG(10)
#define ANON FLAG(12)
#define COMPOUND (FLAG(15) | FLAG(16))
#define HUGE FLAG(17)
#define HWPOISON FLAG(19)
#define NOPAGE FLAG(20)
#define THP FLAG(22)
#define OFFLINE FLAG(23)
#define ZERO_PAGE FLAG(24)
#define PGTABLE FLAG(26)
#define RESERVED FLAG(32)
/* What only pages of files and programs have: LRU, SWAPBACKED, UNEVICTABLE, MLOCKED. */
#define OF_USERS (FLAG(5) | FLAG(14) | FLAG(18) | FLAG(33))
/* Words of a descriptor; the lower bits of its flags (word 0) are those of the page. */
#define PAGE_FLAGS 0xffffffull
#define LINK_WORD 1u			/* lru or pcp_list: next and previous */
#define FILE_WORD 3u			/* mapping: the file's, an address of the kernel */
#define HOLDERS_WORD 6u			/* _refcount, its upper half */

static const char *const names[KINDS] = {
	[KIND_PAGE_TABLES] = "page-tables",
	[KIND_KERNEL_TABLES] = "kernel-page-tables",
	[KIND_SLAB] = "slab",
	[KIND_STACKS] = "kernel-stacks",
	[KIND_VMALLOC] = "vmalloc",
	[KIND_KERNEL] = "other-kernel",
	[KIND_RESERVED] = "reserved",
	[KIND_PAGE_CACHE] = "page-cache",
	[KIND_ANON] = "anonymous",
	[KIND_HUGETLB] = "hugetlb",
	[KIND_SECRET] = "secret",
	[KIND_FREE_UNMOVABLE] = "free-unmovable",
	[KIND_FREE_MOVABLE] = "free-movable",
	[KIND_FREE_RECLAIMABLE] = "free-reclaimable",
	[KIND_FREE_PER_CPU] = "free-per-cpu",
	[KIND_FREE] = "free-other",
	[KIND_OFFLINE] = "offline",
	[KIND_DEFERRED] = "deferred",
	[KIND_NO_PAGE] = "no-descriptor",
	[KIND_NO_MEMORY] = "no-memory",
};

/* Their room is kept from census to census, so that a later one allocates nothing. */
static struct free_lists lists;
static struct vmalloc vmalloc;
static struct kernel_tables tables;
static uint64_t reserved_bits; /* of a descriptor's flags, that all frames with RESERVED have */
static uint64_t free_until;    /* frames below it belong to the free piece at hand */
static enum kind free_kind;

const char *kind_name(enum kind kind)
{
	return names[kind];
}

int kinds_learn(struct run *run, uint64_t end)
{
	lists.count = 0;
	free_until = 0;
	reserved_bits = PAGE_FLAGS;
	if (page_descriptor_find())
		return run_refused(run,
				   "the kernel's descriptors of its pages were not found (%s): "
				   "it keeps them in another way than is known here",
				   strerror(errno));
	if (kernel_tables_read(&tables, end))
		return run_refused(run, "the kernel's page tables cannot be read: %s",
				   strerror(errno));
	if (vmalloc_read(&vmalloc))
		return run_refused(run,
				   "/proc/vmallocinfo shows no addresses (%s): stacks cannot "
				   "be told apart; kernel.kptr_restrict must be 0 or 1",
				   strerror(errno));
	page_descriptor_forget();
	return 0;
}

void kinds_meet(uint64_t first, const uint64_t *flags, size_t count)
{
	for (size_t i = 0; i < count;) {
		if (flags[i] & BUDDY && !(flags[i] & (SLAB | PGTABLE)))
			i += free_lists_meet(&lists, first + i);
		else
			i++;
	}
}

void kinds_follow(void)
{
	free_lists_follow(&lists);
	page_descriptor_forget();
}

/* Frames of a free piece follow its first, which alone hangs on a list. */
static enum kind kind_of_free(uint64_t frame)
{
	static const enum kind kinds[] = {
		[FREE_UNMOVABLE] = KIND_FREE_UNMOVABLE,
		[FREE_MOVABLE] = KIND_FREE_MOVABLE,
		[FREE_RECLAIMABLE] = KIND_FREE_RECLAIMABLE,
		[FREE_OTHER] = KIND_FREE,
	};
	uint64_t pages;

	if (frame >= free_until) {
		free_kind = kinds[free_lists_type(&lists, frame, &pages)];
		free_until = frame + pages;
	}
	return free_kind;
}

/* Set up once, a descriptor says at least in which zone it lies, or that somebody holds it. */
static bool is_deferred(const uint64_t words[DESCRIPTOR_WORDS])
{
	for (size_t i = 0; i < DESCRIPTOR_WORDS; i++)
		if (words[i])
			return false;
	return true;
}

/* Is it linked into a list, not with itself as since boot, nor poisoned as when taken out of one? */
static bool is_linked(uint64_t frame, const uint64_t words[DESCRIPTOR_WORDS])
{
	for (size_t i = LINK_WORD; i < LINK_WORD + 2; i++)
		if (words[i] >> 56 != 0xff || page_descriptor_frame(words[i]) == frame)
			return false;
	return true;
}

/*
 * Nobody holds the frame, and it is not in the allocator's lists. The first of a piece on a CPU's
 * list is linked to others, and those behind it are not. Nor are those behind the first of a piece
 * that is in use, which somebody holds, so that it is not among these.
 */
static bool is_on_cpu_list(uint64_t frame, const uint64_t words[DESCRIPTOR_WORDS])
{
	static bool listed;
	static uint64_t next;

	listed = is_linked(frame, words) || (listed && frame == next);
	next = frame + 1;
	return listed;
}

static enum kind kind_reserved(uint64_t frame)
{
	const uint64_t *words = page_descriptor_words(frame);

	reserved_bits &= words ? words[0] : 0;
	return KIND_RESERVED;
}

/* Of memory that is not set up yet the file shows no flag, not even of what was reserved there. */
static bool is_reserved(const uint64_t words[DESCRIPTOR_WORDS])
{
	return reserved_bits && !(reserved_bits & (reserved_bits - 1)) && words[0] & reserved_bits;
}

/* Pages of files have no flag before they come to the list of what can be reclaimed. */
static bool is_of_file(const uint64_t words[DESCRIPTOR_WORDS])
{
	return words[FILE_WORD] >> 47 && !(words[FILE_WORD] % 8);
}

static enum kind kind_by_descriptor(uint64_t frame, const uint64_t words[DESCRIPTOR_WORDS],
				    bool absent)
{
	if (is_reserved(words))
		return KIND_RESERVED;
	if (!(words[HOLDERS_WORD] >> 32))
		return is_on_cpu_list(frame, words) ? KIND_FREE_PER_CPU : KIND_KERNEL;
	if (is_of_file(words))
		return absent ? KIND_SECRET : KIND_PAGE_CACHE;
	return KIND_KERNEL;
}

static enum kind kind_without_flag(uint64_t frame, uint64_t flags, bool absent)
{
	const uint64_t *words = flags & COMPOUND ? NULL : page_descriptor_words(frame);
	const struct vmalloc_frame *area;

	if (words && is_deferred(words))
		return KIND_DEFERRED;
	if (kernel_tables_find(&tables, frame))
		return KIND_KERNEL_TABLES;
	area = vmalloc_find(&vmalloc, frame);
	if (area)
		return area->stack ? KIND_STACKS : KIND_VMALLOC;
	return words ? kind_by_descriptor(frame, words, absent) : KIND_KERNEL;
}

/*
 * Flags that tell a kind, the first that fits. SLAB stands first: of its pages others say nothing
 * (they lie where a slab keeps its own). Of a large page of a file only the first page has others
 * than THP in Linux 6.1.
 */
static const struct {
	uint64_t flags;
	enum kind kind;
} told[] = {
	{ SLAB, KIND_SLAB },
	{ PGTABLE, KIND_PAGE_TABLES },
	{ BUDDY, KIND_FREE },
	{ NOPAGE, KIND_NO_PAGE },
	{ OFFLINE | HWPOISON, KIND_OFFLINE },
	{ RESERVED, KIND_RESERVED },
	{ HUGE, KIND_HUGETLB },
	{ ANON, KIND_ANON },
	{ OF_USERS | THP, KIND_PAGE_CACHE },
};

static bool kind_told(uint64_t flags, enum kind *kind)
{
	for (size_t i = 0; i < COUNT(told); i++) {
		*kind = told[i].kind;
		if (flags & told[i].flags)
			return *kind != KIND_PAGE_CACHE || !(flags & ZERO_PAGE);
	}
	return false;
}

/* The kernel's own tables may have PGTABLE, those of boot have RESERVED. */
enum kind kind_of(uint64_t frame, uint64_t flags, bool absent)
{
	enum kind kind;

	if (!kind_told(flags, &kind))
		return kind_without_flag(frame, flags, absent);
	switch (kind) {
	case KIND_PAGE_TABLES:
		return kernel_tables_find(&tables, frame) ? KIND_KERNEL_TABLES : kind;
	case KIND_RESERVED:
		return kernel_tables_find(&tables, frame) ? KIND_KERNEL_TABLES :
							    kind_reserved(frame);
	case KIND_FREE:
		return kind_of_free(frame);
	case KIND_PAGE_CACHE:
		return absent ? KIND_SECRET : kind;
	default:
		return kind;
	}
}

uint64_t kinds_direct_map_tables(void)
{
	return tables.of_direct_map;
}
