/* SPDX-License-Identifier: MIT */
/*
 * Secret memory through the module of bench/kmod: obtaining it, and finding out whether
 * it is what its mode promises.
 */
#ifndef SECRET_DEVICE_H
#define SECRET_DEVICE_H

#include "memory/mode.h"
#include "backing/secretmem_wrap.h"

/* What the page tables say of touched pages. */
struct device_pages {
	size_t pages;
	size_t typed;  /* of the memory type asked for */
	size_t absent; /* not in the direct map */
	size_t unread; /* whose alias the kernel could not read */
};

/* Memory types as the user's page-table entries have them. */
#define TYPE_CACHED "WB"
#define TYPE_UNCACHED "UC-"

#define SECRET_DEVICE_HINT                                                                  \
	"needs /dev/secretmem of the module in bench/kmod, and root: make kmod-install, "   \
	"modprobe secretmem_wrap; the kernel needs memfd_secret(2) (Linux 5.14 to 6.4: boot " \
	"with secretmem.enable=1)"

/* Map region->len_bytes in a mode of secretmem_wrap.h; 0 or -errno. */
int secret_device_map(struct region *region, unsigned long mode);

/* Look at the touched pages of a part of a region; 0 or -errno. */
int secret_device_look(const struct region *region, size_t at, size_t bytes, const char *type,
		       struct device_pages *seen);

/* Why pages of a part of a region are not of that type and out of the direct map, or NULL. */
const char *secret_device_wrong(const struct region *region, size_t at, size_t bytes,
				const char *type);

/* The same of one page of the mode, obtained and given back. */
const char *secret_device_page_wrong(const struct mode *mode, const char *type);

/*
 * Why the processor caches what is mapped uncached, or NULL where it does not. *ratio is
 * the time of a load of one hot line over that of the same load of write-back memory.
 */
const char *secret_device_latency_wrong(double *ratio);
/* Do not ask the processor's time: a model of one heeds the page tables (trips-simulated). */
void secret_device_believe(void);

#endif
