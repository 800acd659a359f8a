// SPDX-License-Identifier: MIT
#include "memory/mode.h"

#include <sys/mman.h>

static int obtain(struct region *region)
{
	int err = region_map_file(region, memfd_create("bench", MFD_CLOEXEC));

	return err ? err : region_lock_on_fault(region);
}

MODE(memfd_locked) = {
	.name = "memfd-locked",
	.about = "shared memory locked against swapping: secret memory's promise about swap without "
		 "its promise about the direct map. Locked as it is touched (MLOCK_ONFAULT).",
	.shared = true,
	.obtain = obtain,
	.locked = true,
	.order = 40,
	.promise = 80,
	.hue = "green",
	.marker = "s",
	.line = "-",
};
