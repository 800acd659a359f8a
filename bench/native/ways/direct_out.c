// SPDX-License-Identifier: MIT
#include "attempt/direct_io.h"
#include "attempt/way.h"

#include <unistd.h>

static ssize_t take(struct attempt *a, char *copy, size_t len_bytes)
{
	int fd = direct_file(NULL, 0);
	ssize_t got = -1;

	if (fd < 0)
		return -1;
	if (write(fd, a->region.base, len_bytes) > 0)
		got = pread(fd, copy, len_bytes, 0);
	direct_close(fd);
	return got;
}

WAY(direct_out, "direct-out", KERNELS_HANDS,
    "a device takes the owner's pages as they are (O_DIRECT write): the secret is on the disk",
    .read = take, .call = "write with O_DIRECT", .own = true, .refuse = direct_refuse);
