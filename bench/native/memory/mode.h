/* SPDX-License-Identifier: MIT */
/*
 * A mode is one way to obtain memory. Each lives in one file under modes/,
 * describes itself with MODE() and is found through a linker section, so that
 * one more mode touches one file.
 */
#ifndef MODE_H
#define MODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One contiguous mapping obtained through one mode; lives for one run. */
struct region {
	char *base;
	size_t len_bytes;
	int fd;			/* -1 without a file */
	void *mapping;		/* what to unmap, where it is not base */
	size_t mapping_bytes;
	size_t readable_bytes;	/* what there is to read from base on, if more than len_bytes */
	void *own;		/* the mode's */
};

struct run;
#define SECRET_BYTES 32u	/* what recover() yields: one secret */

enum use {
	USE_PLAIN,
	USE_FLUSH,		/* evict the line after every access */
};

struct mode {
	const char *name;
	const char *about;	/* what it stands in for, and its caveats */
	bool shared;		/* MAP_SHARED: memfd is its fair control */
	bool secret;		/* takes pages out of the direct map */
	bool huge;		/* pages of huge_bytes() */
	bool reserved;		/* out of the pool that vm.nr_hugepages sets aside */
	bool populated;		/* every page is there after obtain() */
	enum use use;
	/*
	 * Map region->len_bytes (a multiple of the mode's page size) without
	 * touching it. Returns 0 or -errno.
	 */
	int (*obtain)(struct region *region);
	void (*release)(struct region *region);	/* NULL: region_unmap */
	/*
	 * For memory that is closed between uses; what obtain() gave is open. Each
	 * returns 0 or -errno; NULL where the memory is always open.
	 */
	int (*open)(struct region *region);
	int (*close)(struct region *region);
	/*
	 * What a reader who knows the mode makes of whole pages that he got: the secret
	 * into secret[VAULT_BYTES], true if he can. NULL where it lies there as it is.
	 */
	bool (*recover)(const char *copy, size_t len_bytes, char *secret);
	bool library;		/* made by a shared library, see library.h */
	bool vault;		/* keeps single secrets, is no memory by the page */
	const char *hint;	/* what to do when it cannot be obtained */
	/* Each of these may be NULL. */
	/* Why what obtain() gives is not what the name says, in words; NULL when it is. */
	const char *(*refuse)(void);
	/* Prepare touched pages for being measured; why they must not be, or NULL. */
	const char *(*settle)(const struct region *region, size_t at, size_t bytes);
	void (*note)(struct run *run);	/* what refuse() found, for the record */
};

#define MODE(id)                                                              \
	static const struct mode id;                                          \
	static const struct mode *const id##_entry                            \
		__attribute__((used, section("mode_list"))) = &id;            \
	static const struct mode id

extern const struct mode *const __start_mode_list[];
extern const struct mode *const __stop_mode_list[];

#define for_each_mode(m)                                                      \
	for (const struct mode *const *m = __start_mode_list;                 \
	     m < __stop_mode_list; m++)

const struct mode *mode_find(const char *name);

/* Why the mode cannot be had here, in words; NULL when it can. */
const char *mode_unsupported(const struct mode *mode);

size_t base_bytes(void);	/* size of a base page */
size_t huge_bytes(void);	/* size of a PMD page */
size_t mode_page_bytes(const struct mode *mode);

/* Building blocks for modes. Each returns 0 or -errno. */
int region_map(struct region *region, int flags, int fd);
int region_map_file(struct region *region, int fd);
int region_map_aligned(struct region *region, size_t align_bytes);
int region_lock_on_fault(struct region *region);
int region_map_secret(struct region *region);
int secret_open(void);	/* a new memfd_secret(2), or -1 with errno */
/* Anonymous, between guard pages, locked, not dumped, wiped in children. */
int region_map_guarded(struct region *region);
int region_protect(struct region *region);
int region_unprotect(struct region *region);
void region_unmap(struct region *region);

/* What metrics call: obtain rounds the length up to the mode's page size. */
int region_obtain(const struct mode *mode, struct region *region, size_t len_bytes);
void region_release(const struct mode *mode, struct region *region);
/* Before and after a use, in the manner that the mode intends. 0 or -errno. */
int region_open(const struct mode *mode, struct region *region);
int region_close(const struct mode *mode, struct region *region);

#endif
