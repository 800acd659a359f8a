// SPDX-License-Identifier: MIT
/* A mode that says uncached and is not: plain secret memory, mapped write-back. */
#include "memory/mode.h"

MODE(mistaken) = {
	.name = "mistaken",
	.about = "what must be refused",
	.shared = true,
	.secret = true,
	.uncached = true,
	.obtain = region_map_secret,
};
