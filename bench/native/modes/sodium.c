// SPDX-License-Identifier: MIT
#include "backing/sodium.h"
#include "memory/mode.h"

#include <errno.h>

static struct sodium calls;

static int obtain(struct region *region)
{
	int err = sodium_load(&calls);

	if (err)
		return err;
	region->base = calls.malloc(region->len_bytes);
	return region->base ? 0 : -ENOMEM;
}

static void release(struct region *region)
{
	calls.free(region->base);
}

static int unlock(struct region *region)
{
	return calls.readwrite(region->base) ? -errno : 0;
}

static int lock(struct region *region)
{
	return calls.noaccess(region->base) ? -errno : 0;
}

MODE(sodium) = {
	.name = "sodium",
	.about = "libsodium's sodium_malloc: guard pages, a canary, locked, left out of core dumps; "
		 "closed between uses by sodium_mprotect_noaccess.",
	.vault = true,
	.library = true,
	.obtain = obtain,
	.release = release,
	.open = unlock,
	.close = lock,
	.locked = true,
	.hint = SODIUM_HINT,
	.order = 130,
	.promise = 110,
	.hue = "green",
	.marker = "<",
	.line = "-.",
};
