// SPDX-License-Identifier: MIT
#include "memory/mode.h"

MODE(secret_flushed) = {
	.name = "secret-flushed",
	.about = "memfd_secret(2) with every access followed by the eviction of its line (CLFLUSHOPT or "
		 "CLFLUSH, then MFENCE): the approximation of uncached memory that userland can do "
		 "honestly. Between access and eviction the line is cached, as it never is in "
		 "UNCACHED memory. Defined for one hot line and for access-width only.",
	.shared = true,
	.secret = true,
	.use = USE_FLUSH,
	.obtain = region_map_secret,
	.locked = true,
	.hint = "boot with secretmem.enable=1 (Linux 5.14 to 6.4 have it off by default; the kernel needs "
		"CONFIG_SECRETMEM)",
	.order = 20,
	.promise = 150,
	.hue = "purple",
	.marker = "X",
	.line = "-",
};
