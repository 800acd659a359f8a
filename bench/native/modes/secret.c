// SPDX-License-Identifier: MIT
#include "memory/mode.h"

MODE(secret) = {
	.name = "secret",
	.about = "memfd_secret(2), the EXCLUSIVE mode of the 2020 design: each page leaves the "
		 "kernel's direct map when it is first touched and is never swapped. Base pages "
		 "only, always shared, counted against RLIMIT_MEMLOCK.",
	.shared = true,
	.secret = true,
	.obtain = region_map_secret,
	.locked = true,
	.hint = "boot with secretmem.enable=1 (Linux 5.14 to 6.4 have it off by default; the kernel needs "
		"CONFIG_SECRETMEM)",
	.order = 10,
	.promise = 140,
	.hue = "vermilion",
	.marker = "o",
	.line = "-",
};
