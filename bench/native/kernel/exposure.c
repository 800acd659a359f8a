// SPDX-License-Identifier: MIT
#include "kernel/exposure.h"
#include "kernel/bpf.h"
#include "kernel/direct_map.h"
#include "kernel/free_list.h"
#include "kernel/map_level.h"
#include "kernel/page_descriptor.h"
#include "kernel/vmalloc.h"
#include "measure/realtime.h"
#include "measure/run.h"
#include "measure/table.h"
#include "memory/frame.h"
#include "memory/page.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECTION_FRAMES 32768u		/* whose descriptors are set up together, at least */
#define MOST_RANGES 128
/* include/uapi/linux/kernel-page-flags.h; RESERVED is of those without a promise. */
#define FLAG(n) (1ull << (n))
#define SLAB FLAG(7)
#define BUDDY FLAG(10)
#define ANON FLAG(12)
#define COMPOUND (FLAG(15) | FLAG(16))
#define HUGE FLAG(17)
#define HWPOISON FLAG(19)
#define NOPAGE FLAG(20)
#define OFFLINE FLAG(23)
#define PGTABLE FLAG(26)
#define RESERVED FLAG(32)
/* Words of a descriptor. */
#define FILE_WORD 3u			/* mapping: the file's, an address of the kernel */
#define HOLDERS_WORD 6u			/* _refcount, its upper half */
/* What only pages of files and programs have: LRU, SWAPBACKED, UNEVICTABLE, MLOCKED. */
#define OF_USERS (FLAG(5) | FLAG(14) | FLAG(18) | FLAG(33))

static const char *const names[KINDS] = {
	[KIND_PAGE_TABLES] = "page-tables",
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
};

struct range {
	uint64_t first, end; /* frames */
};

struct census {
	struct exposure *exposure;
	struct free_lists lists;
	struct vmalloc vmalloc;
	struct range memory[MOST_RANGES];
	size_t range_count;
	uint64_t free_until; /* frames below it belong to the free piece at hand */
	enum kind free_kind;
};

const char *exposure_refuse(void)
{
	if (geteuid())
		return "only root sees /proc/kpageflags and the kernel's page tables: run it as root";
	if (level_find())
		return "the kernel's page tables cannot be read: " MAY_LOAD;
	return access("/proc/kpageflags", R_OK) ?
		       "this kernel has no /proc/kpageflags (CONFIG_PROC_PAGE_MONITOR)" :
		       NULL;
}

/* Whole pages of System RAM; what stands below it is indented. */
static int read_memory(struct census *census)
{
	FILE *file = fopen("/proc/iomem", "re");
	unsigned long long first, last;
	char line[256];

	while (file && fgets(line, sizeof(line), file)) {
		struct range *range = &census->memory[census->range_count];

		if (*line == ' ' || !strstr(line, " : System RAM") ||
		    sscanf(line, "%llx-%llx", &first, &last) != 2 || !last)
			continue;
		if (census->range_count == MOST_RANGES)
			break;
		range->first = (first + base_bytes() - 1) / base_bytes();
		range->end = (last + 1) / base_bytes();
		census->range_count += range->first < range->end;
	}
	if (file)
		fclose(file);
	return census->range_count ? 0 : -1;
}

static bool is_memory(const struct census *census, uint64_t frame)
{
	for (size_t i = 0; i < census->range_count; i++)
		if (frame >= census->memory[i].first && frame < census->memory[i].end)
			return true;
	return false;
}

static uint64_t present_pages(void)
{
	FILE *file = fopen("/proc/zoneinfo", "re");
	unsigned long long pages, all = 0;
	char line[256];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, " present %llu", &pages) == 1)
			all += pages;
	if (file)
		fclose(file);
	return all;
}

/* Frames of a free piece follow its first, which alone hangs on a list. */
static enum kind kind_of_free(struct census *census, uint64_t frame)
{
	static const enum kind kinds[] = {
		[FREE_UNMOVABLE] = KIND_FREE_UNMOVABLE,
		[FREE_MOVABLE] = KIND_FREE_MOVABLE,
		[FREE_RECLAIMABLE] = KIND_FREE_RECLAIMABLE,
		[FREE_OTHER] = KIND_FREE,
	};
	uint64_t pages;

	if (frame >= census->free_until) {
		census->free_kind = kinds[free_lists_type(&census->lists, frame, &pages)];
		census->free_until = frame + pages;
	}
	return census->free_kind;
}

/*
 * In use if anybody holds it. Also of the later pages of a piece that is in use nobody holds each
 * one, unless it is compound, which has flags; such pieces are rare and small. Pages of files have
 * no flag before they come to the list of what can be reclaimed.
 */
static enum kind kind_without_flag(const struct census *census, uint64_t frame, uint64_t flags,
				   bool absent)
{
	const struct vmalloc_frame *area = vmalloc_find(&census->vmalloc, frame);
	const uint64_t *words;

	if (area)
		return area->stack ? KIND_STACKS : KIND_VMALLOC;
	words = flags & COMPOUND ? NULL : page_descriptor_words(frame);
	if (words && !(words[HOLDERS_WORD] >> 32))
		return KIND_FREE_PER_CPU;
	if (words && words[FILE_WORD] >> 47 && !(words[FILE_WORD] % 8))
		return absent ? KIND_SECRET : KIND_PAGE_CACHE;
	return KIND_KERNEL;
}

/* SLAB first: of its pages other bits say nothing (they lie where a slab keeps its own). */
static enum kind kind_of(struct census *census, uint64_t frame, uint64_t flags, bool absent)
{
	if (flags & SLAB)
		return KIND_SLAB;
	if (flags & PGTABLE)
		return KIND_PAGE_TABLES;
	if (flags & BUDDY)
		return kind_of_free(census, frame);
	if (flags & (OFFLINE | HWPOISON | NOPAGE))
		return KIND_OFFLINE;
	if (flags & RESERVED)
		return KIND_RESERVED;
	if (flags & HUGE)
		return KIND_HUGETLB;
	if (flags & ANON)
		return KIND_ANON;
	if (flags & OF_USERS)
		return absent ? KIND_SECRET : KIND_PAGE_CACHE;
	return kind_without_flag(census, frame, flags, absent);
}

static void count_block(struct census *census, uint64_t first, const uint64_t flags[BLOCK_FRAMES],
			bool deferred)
{
	uint64_t entries[LEVEL_ENTRIES];
	enum level level = level_entries(direct_map_alias(first), entries);

	for (unsigned int i = 0; i < BLOCK_FRAMES; i++) {
		bool absent = level == LEVEL_4K && !entry_present(entries[i]);
		enum kind kind;

		if (!is_memory(census, first + i))
			continue;
		kind = deferred ? KIND_DEFERRED : kind_of(census, first + i, flags[i], absent);
		census->exposure->pages[kind][absent ? LEVEL_UNKNOWN : level]++;
		census->exposure->all++;
	}
}

/* Of a section without a single flag the kernel has set up no descriptor yet. */
static bool is_deferred(const uint64_t *flags, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (flags[i])
			return false;
	return true;
}

static void meet_free(struct census *census, uint64_t first, const uint64_t *flags, size_t count)
{
	for (size_t i = 0; i < count;) {
		if (flags[i] & BUDDY && !(flags[i] & (SLAB | PGTABLE)))
			i += free_lists_meet(&census->lists, first + i);
		else
			i++;
	}
}

static void count_section(struct census *census, uint64_t first, const uint64_t *flags,
			  size_t count)
{
	bool deferred = is_deferred(flags, count);

	for (size_t i = 0; i + BLOCK_FRAMES <= count; i += BLOCK_FRAMES)
		count_block(census, first + i, flags + i, deferred);
}

typedef void (*section_fn)(struct census *census, uint64_t first, const uint64_t *flags,
			   size_t count);

static int each_section(struct census *census, section_fn what)
{
	static uint64_t flags[SECTION_FRAMES];
	int fd = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);
	ssize_t got = -1;

	if (fd < 0)
		return -1;
	for (uint64_t at = 0;; at += SECTION_FRAMES) {
		memset(flags, 0, sizeof(flags));
		got = pread(fd, flags, sizeof(flags), (off_t)(at * sizeof(*flags)));
		if (got <= 0)
			break;
		what(census, at, flags, SECTION_FRAMES);
		duty(NULL);
	}
	close(fd);
	return got < 0 ? -1 : 0;
}

static int count_all(struct run *run, struct census *census)
{
	if (read_memory(census))
		return run_failed(run, "/proc/iomem shows no System RAM: run it as root");
	if (page_descriptor_find() || vmalloc_read(&census->vmalloc))
		run_warn(run, "free memory by type, or stacks, are not told apart here: %s",
			 strerror(errno));
	page_descriptor_forget();
	if (each_section(census, meet_free))
		return run_failed(run, "cannot read /proc/kpageflags: %s", strerror(errno));
	free_lists_follow(&census->lists);
	page_descriptor_forget();
	if (each_section(census, count_section))
		return run_failed(run, "cannot read /proc/kpageflags: %s", strerror(errno));
	return 0;
}

int exposure_take(struct run *run, struct exposure *exposure)
{
	static struct census census;
	int err;

	*exposure = (struct exposure){ .present = present_pages() };
	census = (struct census){ .exposure = exposure };
	err = count_all(run, &census);
	free_lists_release(&census.lists);
	vmalloc_release(&census.vmalloc);
	if (!err && exposure->all != exposure->present)
		return run_failed(
			run, "%llu pages were counted, the zones have %llu: the census is wrong",
			(unsigned long long)exposure->all, (unsigned long long)exposure->present);
	return err;
}

static uint64_t pages_of(const struct exposure *exposure, enum kind kind)
{
	uint64_t pages = 0;

	for (enum level level = 0; level < LEVELS; level++)
		pages += exposure->pages[kind][level];
	return pages;
}

double exposure_kernel_share(const struct exposure *exposure)
{
	uint64_t all = 0, small = 0;

	for (enum kind kind = KIND_PAGE_TABLES; kind <= KIND_KERNEL; kind++) {
		all += pages_of(exposure, kind);
		small += exposure->pages[kind][LEVEL_4K];
	}
	return all ? (double)small / (double)all : 0;
}

void exposure_print(struct run *run, const struct exposure *exposure, const char *arm,
		    const char *step, uint64_t dose_bytes)
{
	for (enum kind kind = 0; kind < KINDS; kind++) {
		const uint64_t *pages = exposure->pages[kind];

		if (pages_of(exposure, kind))
			table_row(run, "exposure",
				  "\"arm\", \"step\", \"dose_bytes\", \"kind\", "
				  "\"absent\", \"mapped_4k\", \"mapped_2m\", \"mapped_1g\"",
				  "\"%s\", \"%s\", %llu, \"%s\", %llu, %llu, %llu, %llu", arm, step,
				  (unsigned long long)dose_bytes, names[kind],
				  (unsigned long long)pages[LEVEL_UNKNOWN],
				  (unsigned long long)pages[LEVEL_4K],
				  (unsigned long long)pages[LEVEL_2M],
				  (unsigned long long)pages[LEVEL_1G]);
	}
}
