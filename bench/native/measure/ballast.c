// SPDX-License-Identifier: MIT
/*
 * Where the pages of a region lie decides how fast it is, and a run that has ended leaves its pages
 * on top of the free lists: the next one would get them again, and the runs of a campaign would walk
 * through the boot's placements step by step, each beside the last. So each run begins elsewhere in
 * the free lists, by a random amount of ordinary memory that it holds while it touches its regions.
 *
 * Two kinds, since the kernel keeps two kinds of free memory apart. Movable pages, which most modes
 * consist of, are held as anonymous memory. Unmovable ones, of which secret memory consists, are held
 * as page tables: a read in each span that one table maps brings the zero page and costs a table.
 * That needs no right, and takes nothing out of the direct map.
 */
#include "measure/ballast.h"
#include "measure/metric.h"
#include "measure/random.h"
#include "measure/realtime.h"
#include "measure/run.h"
#include "memory/available.h"
#include "memory/mode.h"
#include "memory/page.h"

#include <sys/mman.h>

/*
 * Movable ballast is up to so many times a region, within these bounds: what a boot has freed in
 * small pieces may be hundreds of MiB, and comes first.
 */
#define REGIONS 16u
#define LEAST_BYTES (1ull << 20)
#define MOST_BYTES (1ull << 30)
#define AVAILABLE_PART 8u	/* and at most this part of what is available */
#define CHUNK_PAGES 256u	/* between two looks at the duty */

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23	/* 4ca9b3859dac1 ("mm/madvise: introduce MADV_POPULATE_..."), 5.14 */
#endif

static bool is_unmovable(const struct mode *mode)
{
	return mode->secret || mode->populated;
}

static bool any(const struct cell *cell, bool unmovable)
{
	for (enum arm_id arm = TREATMENT; arm < ARMS; arm++)
		if (cell->mode[arm] && is_unmovable(cell->mode[arm]) == unmovable)
			return true;
	return false;
}

static uint64_t least_of(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t most_pages_bytes(const struct cell *cell, uint64_t len_bytes)
{
	uint64_t bytes = least_of(len_bytes, MOST_BYTES) * REGIONS;

	if (!any(cell, false))
		return 0;
	bytes = bytes < LEAST_BYTES ? LEAST_BYTES : least_of(bytes, MOST_BYTES);
	return least_of(bytes, available_bytes() / AVAILABLE_PART);
}

/* No more than a region's: of unmovable memory a boot splits what secret pages have lain in. */
static uint64_t most_tables_bytes(const struct cell *cell, uint64_t len_bytes)
{
	if (!any(cell, true))
		return 0;
	return least_of(least_of(len_bytes, MOST_BYTES), available_bytes() / AVAILABLE_PART);
}

uint64_t ballast_most_bytes(const struct cell *cell, uint64_t len_bytes)
{
	return most_pages_bytes(cell, len_bytes) + most_tables_bytes(cell, len_bytes);
}

static char *map(size_t bytes, int rights)
{
	char *base = mmap(NULL, bytes, rights, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (base == MAP_FAILED)
		return NULL;
	madvise(base, bytes, MADV_NOHUGEPAGE);
	return base;
}

static size_t draw(struct run *run, uint64_t most_bytes)
{
	return (size_t)random_below(run->random, most_bytes / base_bytes() + 1);
}

/* By one call for many, which costs less than a fault for each; by faults where there is none. */
static void fill(char *base, size_t bytes)
{
	for (size_t at = 0; at < bytes; at += CHUNK_PAGES * base_bytes()) {
		size_t chunk = least_of(bytes - at, CHUNK_PAGES * base_bytes());

		if (madvise(base + at, chunk, MADV_POPULATE_WRITE))
			for (size_t page = 0; page < chunk; page += base_bytes())
				*(volatile char *)(base + at + page) = 1;
		duty(NULL);
	}
}

static void fill_tables(const char *base, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		(void)*(volatile const char *)(base + i * huge_bytes());
		if (i % CHUNK_PAGES == CHUNK_PAGES - 1)
			duty(NULL);
	}
}

void ballast_hold(struct run *run, struct ballast *ballast, uint64_t len_bytes)
{
	size_t pages = draw(run, most_pages_bytes(run->cell, len_bytes));
	size_t tables = draw(run, most_tables_bytes(run->cell, len_bytes));

	ballast->pages_bytes = pages * base_bytes();
	ballast->tables_bytes = tables * huge_bytes();
	ballast->pages = pages ? map(ballast->pages_bytes, PROT_READ | PROT_WRITE) : NULL;
	ballast->tables = tables ? map(ballast->tables_bytes, PROT_READ) : NULL;
	if (ballast->pages)
		fill(ballast->pages, ballast->pages_bytes);
	if (ballast->tables)
		fill_tables(ballast->tables, tables);
	run_note(run, "ballast_bytes", "%zu", ballast->pages ? ballast->pages_bytes : 0);
	run_note(run, "ballast_tables_bytes", "%zu", ballast->tables ? tables * base_bytes() : 0);
}

void ballast_release(struct ballast *ballast)
{
	if (ballast->pages)
		munmap(ballast->pages, ballast->pages_bytes);
	if (ballast->tables)
		munmap(ballast->tables, ballast->tables_bytes);
}
