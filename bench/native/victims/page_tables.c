// SPDX-License-Identifier: MIT
#include "memory/page.h"
#include "testbed/victim.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* Far from where programs, their heap and mmap(2) put anything, ASan's shadow included. */
#define AREA 0x200000000000ull
#define TABLE_SPAN (2ull << 20)	/* what one page table maps */
#define TABLE_ENTRIES 512u
#define LINE_ENTRIES 8u		/* in one line of the cache */

static const struct param params[] = {
	VICTIM_PARAMS("1024", "128"),
	{ "work",
	  "map: mmap and munmap one page of each table's span; fork: fork with a page in "
	  "each span",
	  "", "map|fork", "map", 0, 0 },
};

/*
 * A page table of its own: the only page mapped in a span of 2M. Its entry differs
 * from table to table, so that they do not all meet in a few sets of the caches.
 */
static int make(const struct cell *cell, uint64_t *handle)
{
	static uint64_t made;
	uint64_t entry = made * LINE_ENTRIES % TABLE_ENTRIES;
	char *page = (char *)(AREA + made++ * TABLE_SPAN + entry * base_bytes());

	(void)cell;
	if (mmap(page, base_bytes(), PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) != page)
		return errno ? -errno : -EEXIST;
	madvise(page, base_bytes(), MADV_DONTFORK);
	*(volatile char *)page = 1;
	*handle = (uint64_t)(uintptr_t)page;
	return 0;
}

static void drop(uint64_t handle)
{
	munmap((void *)(uintptr_t)handle, base_bytes());
}

/* Maps the zero page, by an entry in the line of the table's first one. */
static int map_all(const uint64_t *handles, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char *page = (char *)(uintptr_t)handles[i] + LINE_ENTRIES / 2 * base_bytes();

		if (mmap(page, base_bytes(), PROT_READ,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE | MAP_POPULATE, -1,
			 0) != page ||
		    munmap(page, base_bytes()))
			return errno ? -errno : -EEXIST;
	}
	return 0;
}

static int fork_once(void)
{
	pid_t child = fork();

	if (!child)
		_exit(0);
	return child < 0 ? -errno : 0;
}

static int work(const struct cell *cell, const uint64_t *handles, size_t count)
{
	return victim_is(cell, "work", "fork") ? fork_once() : map_all(handles, count);
}

static int advise(const uint64_t *handles, size_t count, int advice)
{
	for (size_t i = 0; i < count; i++)
		if (madvise((void *)(uintptr_t)handles[i], base_bytes(), advice))
			return -errno;
	return 0;
}

/* Only the set at hand is copied. */
static int before(const struct cell *cell, const uint64_t *handles, size_t count)
{
	return victim_is(cell, "work", "fork") ? advise(handles, count, MADV_DOFORK) : 0;
}

static int after(const struct cell *cell, const uint64_t *handles, size_t count)
{
	if (!victim_is(cell, "work", "fork"))
		return 0;
	if (wait(NULL) < 0)
		return -errno;
	return advise(handles, count, MADV_DONTFORK);
}

VICTIM(page_tables, "page-tables", params,
       "time to map and unmap one page, or to fork, per page table: the tables lie inside "
       "against outside 2M blocks that secret memory split",
       .sight = SIGHT_TABLE, .step_items = 16, .make = make, .drop = drop, .work = work,
       .before = before, .after = after);
