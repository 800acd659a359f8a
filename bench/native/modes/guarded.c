// SPDX-License-Identifier: MIT
#include "memory/mode.h"

MODE(guarded) = {
	.name = "guarded",
	.about = "anonymous memory between two pages without access, locked, left out of core dumps, "
		 "wiped in children, and without access itself but during a use (mprotect): what "
		 "careful libraries do by hand.",
	.obtain = region_map_guarded,
	.open = region_unprotect,
	.close = region_protect,
	.locked = true,
	.order = 110,
	.promise = 90,
	.hue = "blue",
	.marker = "p",
	.line = ":",
};
