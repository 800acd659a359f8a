/* SPDX-License-Identifier: MIT */
/*
 * A mode is one way to obtain memory. Each lives in one file under modes/,
 * describes itself with MODE() and is found through a linker section, so that
 * one more mode touches one file.
 */
#ifndef MODE_H
#define MODE_H

#include "memory/region.h"

#include <stdbool.h>

struct run;

#define SECRET_BYTES 32u	/* one secret: what recover() yields, and what a vault keeps */

enum use {
	USE_PLAIN,
	USE_FLUSH, /* evict the line after every access */
};

struct mode {
	const char *name;
	const char *about; /* what it stands in for, and its caveats */
	bool shared;	   /* MAP_SHARED: memfd is its fair control */
	bool secret;	   /* takes pages out of the direct map */
	bool huge;	   /* pages of huge_bytes() */
	bool reserved;	   /* out of the pool that vm.nr_hugepages sets aside */
	bool populated;	   /* every page is there after obtain() */
	bool locked;	   /* counted against RLIMIT_MEMLOCK */
	enum use use;
	/*
	 * Map region->len_bytes (a multiple of the mode's page size) without
	 * touching it. Returns 0 or -errno.
	 */
	int (*obtain)(struct region *region);
	void (*release)(struct region *region); /* NULL: region_unmap */
	/*
	 * For memory that is closed between uses; what obtain() gave is open. Each
	 * returns 0 or -errno; NULL where the memory is always open.
	 */
	int (*open)(struct region *region);
	int (*close)(struct region *region);
	/*
	 * What a reader who knows the mode makes of a copy of whole pages that he got: the
	 * secret into secret[SECRET_BYTES], true if he can. NULL where it lies there as it is.
	 */
	bool (*recover)(const char *copy, size_t len_bytes, char *secret);
	bool library; /* made by a shared library, see backing/library.h */
	bool vault;   /* keeps single secrets, is no memory by the page */
	const char *
		hint; /* what to do when it cannot be obtained, but for filters and limits: see cause.h */
	/* How figures and tables show it; what a mode does not say, analysis chooses. */
	unsigned int order;   /* place in every list, the least first; 0: behind all others */
	unsigned int promise; /* rank of the secrecy that it promises, the least first; 0: not said */
	const char *hue;    /* of Okabe and Ito: vermilion, purple, ink, green, blue, sky, orange */
	const char *marker; /* matplotlib's letter */
	const char *line;   /* matplotlib's: "-", "--", "-.", ":" */
	bool hollow;	    /* the marker is drawn as its outline */
	/* Each of these may be NULL. */
	/* Why what obtain() gives is not what the name says, in words; NULL when it is. */
	const char *(*refuse)(void);
	/* Prepare touched pages for being measured; why they must not be, or NULL. */
	const char *(*settle)(const struct region *region, size_t at, size_t bytes);
	void (*note)(struct run *run); /* what refuse() found, for the record */
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

/* The mode of that name, or NULL. */
const struct mode *mode_find(const char *name);
/* Bytes of the pages that it consists of. */
size_t mode_page_bytes(const struct mode *mode);
/* Bytes of a region for which so many were asked: whole pages. */
size_t mode_region_bytes(const struct mode *mode, size_t len_bytes);

/* What metrics call. Obtain rounds the length up to the mode's page size. 0 or -errno. */
int region_obtain(const struct mode *mode, struct region *region, size_t len_bytes);
/* Give it back; region->base is NULL then. */
void region_release(const struct mode *mode, struct region *region);
/* Before and after a use, in the manner that the mode intends. 0 or -errno. */
int region_open(const struct mode *mode, struct region *region);
int region_close(const struct mode *mode, struct region *region);

#endif
