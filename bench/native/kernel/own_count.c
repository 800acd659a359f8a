// SPDX-License-Identifier: MIT
#include "kernel/own_count.h"
#include "memory/array.h"
#include "memory/page.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define K(kind) (1u << (KIND_##kind))
/*
 * Memory moves while it is counted, and CPUs keep stacks of their own. What every process that
 * begins or ends moves may have come and gone between the two readings.
 */
#define SLACK_PAGES 128
#define SLACK_SHARE 0.02
#define SLACK_SHARE_MOVING 0.2

static const struct {
	const char *name;
	unsigned int kinds; /* that the kernel counts */
	unsigned int may;   /* that it may count as well */
	bool moving;
} own[OWNS] = {
	[OWN_SLAB] = { "/proc/slabinfo", K(SLAB), 0, false },
	[OWN_PAGE_TABLES] = { "PageTables of /proc/meminfo", K(PAGE_TABLES), K(KERNEL_TABLES),
			      false },
	[OWN_STACKS] = { "KernelStack of /proc/meminfo", K(STACKS), 0, false },
	[OWN_VMALLOC] = { "VmallocUsed with Percpu of /proc/meminfo", K(STACKS) | K(VMALLOC), 0,
			  false },
	[OWN_PAGE_CACHE] = { "Cached with Buffers of /proc/meminfo", K(PAGE_CACHE) | K(SECRET), 0,
			     true },
	[OWN_ANON] = { "AnonPages of /proc/meminfo", K(ANON), 0, true },
	[OWN_FREE_UNMOVABLE] = { "Unmovable of /proc/pagetypeinfo", K(FREE_UNMOVABLE), K(FREE),
				 true },
	[OWN_FREE_MOVABLE] = { "Movable of /proc/pagetypeinfo", K(FREE_MOVABLE), K(FREE), true },
	[OWN_FREE_RECLAIMABLE] = { "Reclaimable of /proc/pagetypeinfo", K(FREE_RECLAIMABLE),
				   K(FREE), true },
	[OWN_FREE_PER_CPU] = { "count of /proc/zoneinfo", K(FREE_PER_CPU), 0, true },
};

/* Rows are given to it one by one. */
typedef void (*row_fn)(struct own_count counts[OWNS], const char *row);

static void each_row(const char *path, row_fn take, struct own_count counts[OWNS])
{
	FILE *file = fopen(path, "re");
	char row[1024];

	while (file && fgets(row, sizeof(row), file))
		take(counts, row);
	if (file)
		fclose(file);
}

static void add(struct own_count *count, long long least, long long most)
{
	count->least = (count->least < 0 ? 0 : count->least) + least;
	count->most = (count->most < 0 ? 0 : count->most) + most;
}

static void take_meminfo(struct own_count counts[OWNS], const char *row)
{
	static const struct {
		const char *name;
		enum own own;
		bool least; /* part of the least, too */
	} rows[] = {
		{ "PageTables:", OWN_PAGE_TABLES, true }, { "KernelStack:", OWN_STACKS, true },
		{ "VmallocUsed:", OWN_VMALLOC, true },	  { "Percpu:", OWN_VMALLOC, false },
		{ "Cached:", OWN_PAGE_CACHE, true },	  { "Buffers:", OWN_PAGE_CACHE, true },
		{ "AnonPages:", OWN_ANON, true },	  { "SwapCached:", OWN_ANON, false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t len = strlen(rows[i].name);
		long long pages;

		if (strncmp(row, rows[i].name, len))
			continue;
		pages = strtoll(row + len, NULL, 10) * 1024 / (long long)base_bytes();
		add(&counts[rows[i].own], rows[i].least ? pages : 0, pages);
	}
}

/* name, objects, of these in all, size, objects and pages per slab : tunables : slabdata, active, slabs */
static void take_slabinfo(struct own_count counts[OWNS], const char *row)
{
	long long pages, slabs;

	if (sscanf(row, "%*s %*u %*u %*u %*u %lld : tunables %*u %*u %*u : slabdata %*u %lld",
		   &pages, &slabs) == 2)
		add(&counts[OWN_SLAB], pages * slabs, pages * slabs);
}

/* A list of more than 100,000 pieces ends a row early: then nothing is known of that type. */
static void take_pagetypeinfo(struct own_count counts[OWNS], const char *row)
{
	static const char *const types[] = { "Unmovable", "Movable", "Reclaimable" };
	char name[16];
	int at = 0;

	if (sscanf(row, "Node %*d, zone %*[^,], type %15s %n", name, &at) != 1 || !at)
		return;
	for (size_t type = 0; type < COUNT(types); type++) {
		struct own_count *count = &counts[OWN_FREE_UNMOVABLE + type];
		const char *from = row + at;
		char *end;

		if (strcmp(name, types[type]))
			continue;
		for (int order = 0;; order++, from = end) {
			long long pieces = strtoll(from, &end, 10);

			if (end == from)
				break;
			add(count, pieces << order, pieces << order);
		}
		if (strchr(from, '>'))
			add(count, 0, 1ll << 40);
	}
}

static void take_zoneinfo(struct own_count counts[OWNS], const char *row)
{
	long long pages;

	if (sscanf(row, " count: %lld", &pages) == 1)
		add(&counts[OWN_FREE_PER_CPU], pages, pages);
}

/*
 * Each CPU counts for itself and adds it up once a second, or when this file is read. Where there
 * is none the slack has to do.
 */
static void add_up(void)
{
	int fd = open("/proc/sys/vm/stat_refresh", O_RDONLY | O_CLOEXEC);
	ssize_t got = 0;
	char byte;

	if (fd >= 0)
		got = read(fd, &byte, 1);
	(void)got;
	close(fd);
}

void own_counts_read(struct own_count counts[OWNS])
{
	for (enum own i = 0; i < OWNS; i++)
		counts[i] = (struct own_count){ -1, -1 };
	add_up();
	each_row("/proc/meminfo", take_meminfo, counts);
	each_row("/proc/slabinfo", take_slabinfo, counts);
	each_row("/proc/pagetypeinfo", take_pagetypeinfo, counts);
	each_row("/proc/zoneinfo", take_zoneinfo, counts);
}

static long long pages_of(const uint64_t pages[KINDS], unsigned int kinds)
{
	long long all = 0;

	for (enum kind kind = 0; kind < KINDS; kind++)
		all += kinds & 1u << kind ? (long long)pages[kind] : 0;
	return all;
}

static long long least_of(long long a, long long b)
{
	return a < b ? a : b;
}

static long long most_of(long long a, long long b)
{
	return a > b ? a : b;
}

const char *own_counts_differ(struct own_count before[OWNS], struct own_count after[OWNS],
			      const uint64_t pages[KINDS], uint64_t *off)
{
	static char said[200];
	bool wrong = false;

	*off = 0;
	for (enum own i = 0; i < OWNS; i++) {
		long long sure = pages_of(pages, own[i].kinds);
		long long least = least_of(before[i].least, after[i].least);
		long long most = most_of(before[i].most, after[i].most);
		long long beyond = most_of(sure - most, least - sure - pages_of(pages, own[i].may));
		double share = own[i].moving ? SLACK_SHARE_MOVING : SLACK_SHARE;
		long long slack = SLACK_PAGES + (long long)(share * (double)most);

		if (own[i].moving)
			slack += llabs(after[i].most - before[i].most);
		if (least < 0 || beyond <= 0)
			continue;
		*off = (uint64_t)most_of(beyond, (long long)*off);
		if (beyond <= slack || wrong)
			continue;
		snprintf(said, sizeof(said), "%s has %lld to %lld pages, %lld were counted",
			 own[i].name, least, most, sure);
		wrong = true;
	}
	return wrong ? said : NULL;
}
