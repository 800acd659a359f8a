// SPDX-License-Identifier: MIT
#include "memory/page.h"
#include "testbed/victim.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MOST_BYTES (64ull << 30)	/* of address space for the file, not of memory */

static const struct param params[] = {
	VICTIM_PARAMS("3584", "448"),
	{ "read_bytes", "read by each call", "B", NULL, "64", 1, 4096 },
	{ "file",
	  "ramfs: its pages are unmovable as secret ones are; tmpfs: movable, as the page "
	  "cache is otherwise",
	  "", "ramfs|tmpfs", "ramfs", 0, 0 },
};

static int file = -1;
static char *base;

/* A mount of its own that hangs nowhere in the tree, which ends with the process. */
static int open_ramfs(void)
{
	int context = (int)syscall(SYS_fsopen, "ramfs", FSOPEN_CLOEXEC), mount, fd;

	if (context < 0 || syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		return -1;
	mount = (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, 0);
	fd = mount < 0 ? -1 : openat(mount, "victim", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	close(context);
	close(mount);
	return fd;
}

static int open_file(const struct cell *cell)
{
	file = victim_is(cell, "file", "ramfs") ? open_ramfs() :
						  memfd_create("victim", MFD_CLOEXEC);
	if (file < 0)
		return -errno;
	base = mmap(NULL, MOST_BYTES, PROT_READ, MAP_SHARED | MAP_NORESERVE, file, 0);
	return base == MAP_FAILED ? -errno : 0;
}

static int make(const struct cell *cell, uint64_t *handle)
{
	static uint64_t made_bytes;
	int err = file < 0 ? open_file(cell) : 0;

	if (err)
		return err;
	if (pwrite(file, "v", 1, (off_t)made_bytes) != 1)
		return errno ? -errno : -EIO;
	made_bytes += base_bytes();
	if (ftruncate(file, (off_t)made_bytes))
		return -errno;
	*handle = (uint64_t)(uintptr_t)(base + made_bytes - base_bytes());
	/* Have it mapped, so that its frame is seen. */
	(void)*(volatile char *)(uintptr_t)*handle;
	return 0;
}

static int work(const struct cell *cell, const uint64_t *handles, size_t count)
{
	static char buffer[4096];
	size_t read_bytes = victim_number(cell, "read_bytes", 64);
	size_t lines = (4096 - read_bytes) / 64 + 1;

	for (size_t i = 0; i < count; i++) {
		/* Another line of each page, else all lie in a few sets of the caches. */
		uint64_t at = handles[i] - (uint64_t)(uintptr_t)base + i % lines * 64;

		if (pread(file, buffer, read_bytes, (off_t)at) != (ssize_t)read_bytes)
			return errno ? -errno : -EIO;
	}
	return 0;
}

/*
 * The allocator gives movable pages from unmovable blocks only when the zone has no
 * movable page left, and unmovable ones from the largest free piece of a movable block,
 * so from an empty block while there is one (fallbacks[] and __rmqueue_claim() in
 * mm/page_alloc.c, so named since Linux 6.15). No ballast short of all free memory
 * brings the two together.
 */
static const char *refuse(const struct cell *cell)
{
	return cell_is(cell, "file", "tmpfs") ?
		       "pages of tmpfs are movable and do not come into the unmovable blocks that secret pages "
		       "split while others are free: victim-dose counts how many lie there, and times them" :
		       NULL;
}

VICTIM(page_cache, "page-cache", params,
       "time to read from one page of a file in memory, by pread in random order: pages "
       "inside against outside 2M blocks that secret memory split",
       .sight = SIGHT_MAPPED, .step_items = 448, .make = make, .work = work, .refuse = refuse);
