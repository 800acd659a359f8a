// SPDX-License-Identifier: MIT
#include "memory/mode.h"

#include <sys/mman.h>

static int obtain(struct region *region)
{
	int err = region_map(region, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	return err ? err : region_base_pages(region);
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
