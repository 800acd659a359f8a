// SPDX-License-Identifier: MIT
/* Mapping, unmapping and locking: the building blocks of modes. */
#include "memory/mode.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SYS_memfd_secret
#define SYS_memfd_secret 447	/* the same number on every architecture */
#endif

size_t base_bytes(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

size_t huge_bytes(void)
{
	static size_t bytes;
	FILE *file;

	if (bytes)
		return bytes;
	bytes = 2u << 20;
	file = fopen("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size", "re");
	if (file) {
		if (fscanf(file, "%zu", &bytes) != 1)
			bytes = 2u << 20;
		fclose(file);
	}
	return bytes;
}

size_t mode_page_bytes(const struct mode *mode)
{
	return mode->huge ? huge_bytes() : base_bytes();
}

const struct mode *mode_find(const char *name)
{
	for_each_mode(m)
		if (!strcmp((*m)->name, name))
			return *m;
	return NULL;
}

static int can_obtain(const struct mode *mode)
{
	struct region region;
	int err = region_obtain(mode, &region, 1);

	if (!err)
		region_release(mode, &region);
	return err;
}

/*
 * In a child: what a library sets up for the whole process, locks among them, has to
 * be set up in the process that is measured, which may be a child without those locks.
 */
static int can_obtain_elsewhere(const struct mode *mode)
{
	pid_t child = fork();
	int status;

	if (!child)
		_exit(-can_obtain(mode));
	if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
		return -ECHILD;
	return -WEXITSTATUS(status);
}

const char *mode_unsupported(const struct mode *mode)
{
	static char reason[400];
	int err = mode->library ? can_obtain_elsewhere(mode) : can_obtain(mode);
	const char *why;

	if (err) {
		snprintf(reason, sizeof(reason), "%s: %s%s%s", mode->name, strerror(-err),
			 mode->hint ? "; " : "", mode->hint ? mode->hint : "");
		return reason;
	}
	why = mode->refuse ? mode->refuse() : NULL;
	if (!why)
		return NULL;
	snprintf(reason, sizeof(reason), "%s: %s", mode->name, why);
	return reason;
}

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

int region_map_file(struct region *region, int fd)
{
	int err;

	if (fd < 0)
		return -errno;
	if (ftruncate(fd, (off_t)region->len_bytes))
		err = -errno;
	else
		err = region_map(region, MAP_SHARED, fd);
	if (err)
		close(fd);
	return err;
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
	madvise(region->base, len_bytes, MADV_NOHUGEPAGE);
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

int region_obtain(const struct mode *mode, struct region *region, size_t len_bytes)
{
	size_t page_bytes = mode_page_bytes(mode);

	memset(region, 0, sizeof(*region));
	region->fd = -1;
	/* A vault places what it was asked for as it likes. */
	if (mode->vault)
		region->len_bytes = len_bytes;
	else
		region->len_bytes = (len_bytes + page_bytes - 1) / page_bytes * page_bytes;
	return mode->obtain(region);
}

void region_release(const struct mode *mode, struct region *region)
{
	if (mode->release)
		mode->release(region);
	else
		region_unmap(region);
	region->base = NULL;
}

int region_open(const struct mode *mode, struct region *region)
{
	return mode->open ? mode->open(region) : 0;
}

int region_close(const struct mode *mode, struct region *region)
{
	return mode->close ? mode->close(region) : 0;
}
