// SPDX-License-Identifier: MIT
#include "memory/mode.h"
#include "memory/page.h"

#include <errno.h>
#include <sys/mman.h>

static int obtain(struct region *region)
{
	int err = region_map_aligned(region, huge_bytes());

	if (err)
		return err;
	if (!madvise(region->base, region->len_bytes, MADV_HUGEPAGE))
		return 0;
	err = -errno;
	region_unmap(region);
	return err;
}

MODE(anon_huge) = {
	.name = "anon-huge",
	.about = "anonymous memory in transparent huge pages, aligned to 2M: the bound for what "
		 "page size alone changes. The kernel may still hand out base pages when memory is "
		 "fragmented; the placement shows it.",
	.huge = true,
	.obtain = obtain,
	.hint = "set /sys/kernel/mm/transparent_hugepage/enabled to madvise or always",
	.order = 80,
	.promise = 30,
	.hue = "sky",
	.marker = "^",
	.line = "-",
};
