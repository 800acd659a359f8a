// SPDX-License-Identifier: MIT
/* A mode that calls itself uncached and maps cached memory: the core must not use it. */
#include "backing/secret_device.h"
#include "memory/mode.h"

static int obtain(struct region *region)
{
	return secret_device_map(region, MFD_SECRET_EXCLUSIVE);
}

static const char *settle(const struct region *region, size_t at, size_t bytes)
{
	return secret_device_wrong(region, at, bytes, TYPE_UNCACHED);
}

MODE(mistaken) = {
	.name = "mistaken",
	.about = "maps write-back memory and says that it is uncached",
	.shared = true,
	.secret = true,
	.obtain = obtain,
	.settle = settle,
};
