// SPDX-License-Identifier: MIT
#include "memory/mode.h"

#include <sys/mman.h>

static int obtain(struct region *region)
{
	return region_map(region, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1);
}

MODE(hugetlb) = {
	.name = "hugetlb",
	.about = "private memory from the reserved pool of huge pages: huge pages that are certain. "
		 "Never swapped; needs a reservation by the administrator.",
	.huge = true,
	.reserved = true,
	.obtain = obtain,
	.hint = "no huge pages are reserved: sysctl vm.nr_hugepages=64 (takes 128 MiB)",
	.order = 90,
	.promise = 50,
	.hue = "sky",
	.marker = "h",
	.line = ":",
	.hollow = true,
};
