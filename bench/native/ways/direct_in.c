// SPDX-License-Identifier: MIT
#include "attempt/direct_io.h"
#include "attempt/way.h"

#include <unistd.h>

static ssize_t put(struct attempt *a, char *copy, size_t len_bytes)
{
	int fd = direct_file(copy, len_bytes);
	ssize_t got;

	if (fd < 0)
		return -1;
	got = pread(fd, a->region.base, len_bytes, 0);
	direct_close(fd);
	return got;
}

WAY(direct_in, "direct-in", KERNELS_HANDS,
    "a device writes into the owner's pages (O_DIRECT read): the secret is replaced from the disk",
    .write = put, .call = "read with O_DIRECT", .own = true, .refuse = direct_refuse);
