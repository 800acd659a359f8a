// SPDX-License-Identifier: MIT
#include "attempt/way.h"
#include "memory/frame.h"
#include "memory/page.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define PATH "/dev/mem"

static ssize_t take(struct attempt *a, char *copy, size_t len_bytes)
{
	int fd = open(PATH, O_RDONLY | O_CLOEXEC), err = 0;
	size_t got = 0;

	if (fd < 0)
		return -1;
	for (size_t at = 0; at < len_bytes; at += base_bytes()) {
		uint64_t frame = frame_of(a->owner, a->region.base + at);

		if (frame && pread(fd, copy + at, base_bytes(), (off_t)(frame * base_bytes())) > 0)
			got = at + base_bytes();
		else
			err = errno;
	}
	close(fd);
	errno = err;
	return got ? (ssize_t)got : -1;
}

static const char *refuse(const struct cell *cell, enum arm_id arm)
{
	(void)cell;
	(void)arm;
	return access(PATH, R_OK) ? "not tried: " PATH " is not there or not to be read: needs root and "
				    "CONFIG_DEVMEM" : NULL;
}

WAY(dev_mem, "dev-mem", DIRECT_MAP,
    "root reads physical memory by its address (/dev/mem), where the kernel still allows that",
    .read = take, .call = "read of " PATH, .refuse = refuse,
    .hint = "the kernel keeps memory from " PATH " (CONFIG_STRICT_DEVMEM or lockdown)");
