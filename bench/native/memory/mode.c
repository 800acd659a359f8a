// SPDX-License-Identifier: MIT
/* The modes that there are, and a region of each. */
#include "memory/mode.h"
#include "memory/page.h"

#include <string.h>

size_t mode_page_bytes(const struct mode *mode)
{
	return mode->huge ? huge_bytes() : base_bytes();
}

size_t mode_region_bytes(const struct mode *mode, size_t len_bytes)
{
	size_t page_bytes = mode_page_bytes(mode);

	return (len_bytes + page_bytes - 1) / page_bytes * page_bytes;
}

const struct mode *mode_find(const char *name)
{
	for_each_mode(m)
		if (!strcmp((*m)->name, name))
			return *m;
	return NULL;
}

int region_obtain(const struct mode *mode, struct region *region, size_t len_bytes)
{
	memset(region, 0, sizeof(*region));
	region->fd = -1;
	/* A vault places what it was asked for as it likes. */
	region->len_bytes = mode->vault ? len_bytes : mode_region_bytes(mode, len_bytes);
	return mode->obtain(region);
}

void region_release(const struct mode *mode, struct region *region)
{
	if (mode->release)
		mode->release(region);
	else
		region_unmap(region);
	region->base = NULL;
}

int region_open(const struct mode *mode, struct region *region)
{
	return mode->open ? mode->open(region) : 0;
}

int region_close(const struct mode *mode, struct region *region)
{
	return mode->close ? mode->close(region) : 0;
}
