// SPDX-License-Identifier: MIT
#include "attempt/frame_copy.h"
#include "attempt/way.h"
#include "memory/page.h"

#include <unistd.h>

#define PATH "/dev/mem"

static bool get(int fd, uint64_t frame, char *page)
{
	return pread(fd, page, base_bytes(), (off_t)(frame * base_bytes())) > 0;
}

static ssize_t take(struct attempt *a, char *copy, size_t len_bytes)
{
	return frame_copy(a, copy, len_bytes, PATH, get);
}

static const char *refuse(const struct cell *cell, enum arm_id arm)
{
	(void)cell;
	(void)arm;
	return access(PATH, R_OK) ? "not tried: " PATH
				    " is not there or not to be read: needs root and "
				    "CONFIG_DEVMEM" :
				    NULL;
}

WAY(dev_mem, "dev-mem", DIRECT_MAP,
    "root reads physical memory by its address (/dev/mem), where the kernel still allows that",
    .read = take, .call = "read of " PATH, .needs = NEEDS_FRAMES, .refuse = refuse,
    .hint = "the kernel keeps memory from " PATH " (CONFIG_STRICT_DEVMEM or lockdown)");
