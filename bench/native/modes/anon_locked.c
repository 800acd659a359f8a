// SPDX-License-Identifier: MIT
#include "memory/mode.h"

#include <sys/mman.h>

static int obtain(struct region *region)
{
	int err = region_map(region, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	if (!err)
		err = region_base_pages(region);
	return err ? err : region_lock_on_fault(region);
}

MODE(anon_locked) = {
	.name = "anon-locked",
	.about = "anonymous memory locked against swapping: what most key stores do today. Locked "
		 "as it is touched (MLOCK_ONFAULT), so that a first touch remains to be measured.",
	.obtain = obtain,
	.locked = true,
	.order = 70,
	.promise = 70,
	.hue = "blue",
	.marker = "s",
	.line = "--",
	.hollow = true,
};
