// SPDX-License-Identifier: MIT
#include "kernel/exposure.h"
#include "kernel/bpf.h"
#include "kernel/direct_map.h"
#include "kernel/own_count.h"
#include "measure/realtime.h"
#include "measure/run.h"
#include "measure/table.h"
#include "memory/frame.h"
#include "memory/page.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SECTION_FRAMES 32768u		/* that are looked at between two rests */
#define MOST_RANGES 128
#define MOST_TRIES 3

struct range {
	uint64_t first, end; /* frames */
};

struct census {
	struct exposure *exposure;
	struct range memory[MOST_RANGES];
	size_t range_count;
	uint64_t end; /* of the last range */
};

const char *exposure_refuse(void)
{
	if (geteuid())
		return "only root sees /proc/kpageflags and the kernel's page tables: run it as root";
	if (access("/proc/kpageflags", R_OK))
		return "this kernel has no /proc/kpageflags (CONFIG_PROC_PAGE_MONITOR)";
	if (!level_find())
		return NULL;
	return errno == ENOSYS ? "it reads the kernel's page tables as x86-64 has them: this "
				 "processor is another" :
				 "the kernel's page tables cannot be read: " MAY_LOAD;
}

/* Whole pages of System RAM, also where a device has brought it. */
static int read_memory(struct census *census)
{
	FILE *file = fopen("/proc/iomem", "re");
	unsigned long long first, last;
	char line[256];

	while (file && fgets(line, sizeof(line), file)) {
		struct range *range = &census->memory[census->range_count];

		if (!strstr(line, " : System RAM") ||
		    sscanf(line, " %llx-%llx", &first, &last) != 2 || !last)
			continue;
		if (census->range_count == MOST_RANGES)
			break;
		range->first = (first + base_bytes() - 1) / base_bytes();
		range->end = (last + 1) / base_bytes();
		census->end = range->end > census->end ? range->end : census->end;
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

static void count_block(struct census *census, uint64_t first, const uint64_t flags[BLOCK_FRAMES])
{
	struct exposure *exposure = census->exposure;
	uint64_t entries[LEVEL_ENTRIES];
	enum level level = level_entries(direct_map_alias(first), entries);

	for (unsigned int i = 0; i < BLOCK_FRAMES; i++) {
		bool absent = level == LEVEL_UNKNOWN ||
			      (level == LEVEL_4K && !entry_present(entries[i]));

		if (is_memory(census, first + i)) {
			enum kind kind = kind_of(first + i, flags[i], absent);

			exposure->pages[kind][absent ? LEVEL_UNKNOWN : level]++;
			exposure->all++;
		} else if (!absent) {
			exposure->pages[KIND_NO_MEMORY][level]++;
		}
	}
}

static void meet(struct census *census, uint64_t first, const uint64_t *flags, size_t count)
{
	(void)census;
	kinds_meet(first, flags, count);
}

static void count(struct census *census, uint64_t first, const uint64_t *flags, size_t count)
{
	for (size_t i = 0; i + BLOCK_FRAMES <= count; i += BLOCK_FRAMES)
		count_block(census, first + i, flags + i);
}

typedef void (*section_fn)(struct census *census, uint64_t first, const uint64_t *flags,
			   size_t count);

/* The file ends with the last frame; flags of those behind it are none. */
static int each_section(struct run *run, struct census *census, section_fn what)
{
	static uint64_t flags[SECTION_FRAMES];
	int fd = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);
	ssize_t got = -1;

	for (uint64_t at = 0; fd >= 0; at += SECTION_FRAMES) {
		memset(flags, 0, sizeof(flags));
		got = pread(fd, flags, sizeof(flags), (off_t)(at * sizeof(*flags)));
		if (got <= 0)
			break;
		what(census, at, flags, SECTION_FRAMES);
		duty(run);
	}
	if (got < 0)
		run_failed(run, "cannot read /proc/kpageflags: %s", strerror(errno));
	if (fd >= 0)
		close(fd);
	return got < 0 ? -1 : 0;
}

static int count_all(struct run *run, struct census *census)
{
	if (read_memory(census))
		return run_failed(run, "/proc/iomem shows no System RAM: run it as root");
	level_forget();
	if (kinds_learn(run, census->end) || each_section(run, census, meet))
		return -1;
	kinds_follow();
	census->exposure->tables = kinds_direct_map_tables();
	return each_section(run, census, count);
}

/* NULL, or in words what is wrong with it. */
static const char *check(struct exposure *exposure, struct own_count before[OWNS],
			 struct own_count after[OWNS])
{
	static char said[200];
	uint64_t pages[KINDS];

	for (enum kind kind = 0; kind < KINDS; kind++)
		pages[kind] = exposure_pages(exposure, kind);
	if (exposure->all == exposure->present)
		return own_counts_differ(before, after, pages, &exposure->off);
	snprintf(said, sizeof(said),
		 "%llu pages were counted, the zones of /proc/zoneinfo have %llu",
		 (unsigned long long)exposure->all, (unsigned long long)exposure->present);
	return said;
}

int exposure_take(struct run *run, struct exposure *exposure)
{
	struct own_count before[OWNS], after[OWNS];
	const char *wrong = NULL;

	for (int i = 0; i < MOST_TRIES; i++) {
		static struct census census;

		*exposure = (struct exposure){ .present = present_pages() };
		census = (struct census){ .exposure = exposure };
		own_counts_read(before);
		if (count_all(run, &census))
			return -1;
		own_counts_read(after);
		wrong = check(exposure, before, after);
		if (!wrong)
			return 0;
	}
	return run_failed(run, "the census is wrong, %d times in a row: %s", MOST_TRIES, wrong);
}

uint64_t exposure_pages(const struct exposure *exposure, enum kind kind)
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
		all += exposure_pages(exposure, kind);
		small += exposure->pages[kind][LEVEL_4K];
	}
	return all ? (double)small / (double)all : 0;
}

void exposure_print(struct run *run, const struct exposure *exposure, const char *arm,
		    const char *step, uint64_t dose_bytes)
{
	for (enum kind kind = 0; kind < KINDS; kind++) {
		const uint64_t *pages = exposure->pages[kind];

		if (exposure_pages(exposure, kind))
			table_row(run, "exposure",
				  "\"arm\", \"step\", \"dose_bytes\", \"kind\", "
				  "\"absent\", \"mapped_4k\", \"mapped_2m\", \"mapped_1g\"",
				  "\"%s\", \"%s\", %llu, \"%s\", %llu, %llu, %llu, %llu", arm, step,
				  (unsigned long long)dose_bytes, kind_name(kind),
				  (unsigned long long)pages[LEVEL_UNKNOWN],
				  (unsigned long long)pages[LEVEL_4K],
				  (unsigned long long)pages[LEVEL_2M],
				  (unsigned long long)pages[LEVEL_1G]);
	}
}
