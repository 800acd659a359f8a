// SPDX-License-Identifier: MIT
#include "memory/mode.h"

#include <sys/mman.h>

static int obtain(struct region *region)
{
	return region_map_file(region, memfd_create("bench", MFD_CLOEXEC | MFD_HUGETLB));
}

MODE(memfd_huge) = {
	.name = "memfd-huge",
	.about = "shared memory in reserved huge pages (MFD_HUGETLB): shared memory at the page size "
		 "that secret memory cannot have.",
	.shared = true,
	.huge = true,
	.reserved = true,
	.obtain = obtain,
	.hint = "no huge pages are reserved: sysctl vm.nr_hugepages=64 (takes 128 MiB)",
	.order = 50,
	.promise = 40,
	.hue = "green",
	.marker = "^",
	.line = ":",
	.hollow = true,
};
