/* SPDX-License-Identifier: MIT */
/* A region: one contiguous mapping. What modes are built from; each returns 0 or -errno. */
#ifndef REGION_H
#define REGION_H

#include <stdbool.h>
#include <stddef.h>

/* Obtained through one mode; lives for one run. */
struct region {
	char *base;
	size_t len_bytes;
	int fd;	       /* -1 without a file */
	void *mapping; /* what to unmap, where it is not base */
	size_t mapping_bytes;
	size_t readable_bytes; /* what there is to read from base on, if more than len_bytes */
};

/* Map region->len_bytes by mmap(2) with these flags, of a file or of none (-1). */
int region_map(struct region *region, int flags, int fd);
/* Map a file shared that is ready for it; closed where it is not (errno says why) or that fails. */
int region_map_prepared(struct region *region, int fd, bool ready);
/* Give a file that length first. -errno too if fd is -1. */
int region_map_file(struct region *region, int fd);
/* Anonymous, its base a multiple of align_bytes (a power of two). */
int region_map_aligned(struct region *region, size_t align_bytes);
/* Base pages also where huge ones are always on; 0 too where the kernel has no huge pages. */
int region_base_pages(struct region *region);
/* Lock each page as it is touched; unmapped where that fails. */
int region_lock_on_fault(struct region *region);
/* Of a new memfd_secret(2). */
int region_map_secret(struct region *region);
/* Anonymous, between guard pages, locked, not dumped, wiped in children. */
int region_map_guarded(struct region *region);
/* Take all access away, and give it back. */
int region_protect(struct region *region);
int region_unprotect(struct region *region);
/* Unmap it and close its file. */
void region_unmap(struct region *region);

/* A new memfd_secret(2), or -1 with errno. */
int secret_open(void);
/* Bytes that there are to be read from region->base on, those around the secret too. */
size_t region_readable_bytes(const struct region *region);

#endif
