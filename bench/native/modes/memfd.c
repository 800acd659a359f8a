// SPDX-License-Identifier: MIT
#include "memory/mode.h"

#include <sys/mman.h>

static int obtain(struct region *region)
{
	return region_map_file(region, memfd_create("bench", MFD_CLOEXEC));
}

MODE(memfd) = {
	.name = "memfd",
	.about = "shared memory behind a file descriptor: takes the same path as secret memory (fd, "
		 "ftruncate, shared fault) without leaving the direct map, hence its fair control.",
	.shared = true,
	.obtain = obtain,
	.hint = "memfd_create(2) needs Linux 3.17 with CONFIG_MEMFD_CREATE",
	.order = 30,
	.promise = 20,
	.hue = "ink",
	.marker = "D",
	.line = "--",
};
