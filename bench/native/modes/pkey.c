// SPDX-License-Identifier: MIT
#include "memory/mode.h"

#include <errno.h>
#include <sys/mman.h>

/* A process has fifteen keys at most: one serves all regions. */
static int key = -1;

static int obtain(struct region *region)
{
	int err;

	if (key < 0)
		key = pkey_alloc(0, 0);
	if (key < 0)
		/* A CPU without keys has none left either. */
		return errno == ENOSPC || errno == EINVAL ? -EOPNOTSUPP : -errno;
	err = region_map_guarded(region);
	if (err)
		return err;
	if (!pkey_mprotect(region->base, region->len_bytes, PROT_READ | PROT_WRITE, key))
		return pkey_set(key, 0) ? -errno : 0;
	err = -errno;
	region_unmap(region);
	return err;
}

static int unlock(struct region *region)
{
	(void)region;
	return pkey_set(key, 0) ? -errno : 0;
}

static int lock(struct region *region)
{
	(void)region;
	return pkey_set(key, PKEY_DISABLE_ACCESS) ? -errno : 0;
}

MODE(pkey) = {
	.name = "pkey",
	.about = "as guarded, but closed between uses by a protection key: two writes of a register "
		 "(WRPKRU) in place of two system calls. Binds the owner's own threads only.",
	.obtain = obtain,
	.open = unlock,
	.close = lock,
	.locked = true,
	.hint = "needs a CPU and a kernel with protection keys (pku and ospke in /proc/cpuinfo)",
	.order = 120,
	.promise = 100,
	.hue = "sky",
	.marker = "d",
	.line = "--",
};
