// SPDX-License-Identifier: MIT
/* Mapping, unmapping and locking: the building blocks of modes. */
#include "memory/region.h"
#include "memory/page.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_memfd_secret
#define SYS_memfd_secret 447	/* the same number on every architecture */
#endif

int region_map(struct region *region, int flags, int fd)
{
	void *addr = mmap(NULL, region->len_bytes, PROT_READ | PROT_WRITE, flags, fd, 0);

	if (addr == MAP_FAILED)
		return -errno;
	region->base = addr;
	region->mapping = addr;
	region->mapping_bytes = region->len_bytes;
	region->fd = fd;
	return 0;
}

int region_map_prepared(struct region *region, int fd, bool ready)
{
	int err = ready ? region_map(region, MAP_SHARED, fd) : -errno;

	if (err)
		close(fd);
	return err;
}

int region_map_file(struct region *region, int fd)
{
	if (fd < 0)
		return -errno;
	return region_map_prepared(region, fd, !ftruncate(fd, (off_t)region->len_bytes));
}

int region_map_aligned(struct region *region, size_t align_bytes)
{
	size_t len_bytes = region->len_bytes;
	int err;

	region->len_bytes += align_bytes;
	err = region_map(region, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
	region->len_bytes = len_bytes;
	if (!err)
		region->base += -(uintptr_t)region->base & (align_bytes - 1);
	return err;
}

int region_base_pages(struct region *region)
{
	int err;

	if (!madvise(region->base, region->len_bytes, MADV_NOHUGEPAGE) || errno == EINVAL)
		return 0;
	err = -errno;
	region_unmap(region);
	return err;
}

/*
 * MLOCK_ONFAULT rather than mlock(): the latter touches every page at once, so
 * that there would be no first touch left to measure.
 */
int region_lock_on_fault(struct region *region)
{
	int err;

	if (!mlock2(region->base, region->len_bytes, MLOCK_ONFAULT))
		return 0;
	err = -errno;
	region_unmap(region);
	return err;
}

/*
 * memfd_secret(2): commit 1507f51255c9 ("mm: introduce memfd_secret system call
 * to create "secret" memory areas"), Linux 5.14. On by default since b758fe6df50d
 * ("mm/secretmem: make it on by default"), Linux 6.5.
 */
int secret_open(void)
{
	return (int)syscall(SYS_memfd_secret, O_CLOEXEC);
}

int region_map_secret(struct region *region)
{
	return region_map_file(region, secret_open());
}

/* MADV_WIPEONFORK: d2cd9ede6e19 ("mm,fork: introduce MADV_WIPEONFORK"), Linux 4.14. */
int region_map_guarded(struct region *region)
{
	size_t page_bytes = base_bytes(), len_bytes = region->len_bytes;
	int err;

	region->len_bytes += 2 * page_bytes;
	err = region_map(region, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	region->len_bytes = len_bytes;
	if (err)
		return err;
	region->base += page_bytes;
	err = region_base_pages(region);
	if (err)
		return err;
	if (!mprotect(region->base - page_bytes, page_bytes, PROT_NONE) &&
	    !mprotect(region->base + len_bytes, page_bytes, PROT_NONE) &&
	    !madvise(region->base, len_bytes, MADV_DONTDUMP) &&
	    !madvise(region->base, len_bytes, MADV_WIPEONFORK))
		return region_lock_on_fault(region);
	err = -errno;
	region_unmap(region);
	return err;
}

int region_protect(struct region *region)
{
	return mprotect(region->base, region->len_bytes, PROT_NONE) ? -errno : 0;
}

int region_unprotect(struct region *region)
{
	return mprotect(region->base, region->len_bytes, PROT_READ | PROT_WRITE) ? -errno : 0;
}

void region_unmap(struct region *region)
{
	munmap(region->mapping, region->mapping_bytes);
	if (region->fd >= 0)
		close(region->fd);
}

size_t region_readable_bytes(const struct region *region)
{
	return region->readable_bytes ? region->readable_bytes : region->len_bytes;
}
