// SPDX-License-Identifier: MIT
#include "memory/mode.h"

#include <sys/mman.h>

static int obtain(struct region *region)
{
	int err = region_map(region, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	/* Where huge pages are "always" on, 4K memory has to be asked for. */
	if (!err)
		madvise(region->base, region->len_bytes, MADV_NOHUGEPAGE);
	return err;
}

MODE(anon) = {
	.name = "anon",
	.about = "private anonymous memory in base pages: what malloc gives. Can be swapped, "
		 "dumped and read through the direct map.",
	.obtain = obtain,
	.order = 60,
	.promise = 10,
	.hue = "blue",
	.marker = "v",
	.line = "-",
};
