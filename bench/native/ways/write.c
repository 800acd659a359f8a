// SPDX-License-Identifier: MIT
#include "attempt/way.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static ssize_t take(struct attempt *a, char *copy, size_t len_bytes)
{
	ssize_t got = -1;
	int ends[2], err;

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK))
		return -1;
	if (write(ends[1], a->region.base, len_bytes) > 0)
		got = read(ends[0], copy, len_bytes);
	err = errno;
	close(ends[0]);
	close(ends[1]);
	errno = err;
	return got;
}

WAY(write, "write", KERNELS_HANDS,
    "the owner itself hands the secret to write(2), by a wrong length or pointer: the kernel "
    "copies through the owner's own mapping",
    .read = take, .call = "write", .own = true);
