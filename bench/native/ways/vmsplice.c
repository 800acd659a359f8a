// SPDX-License-Identifier: MIT
#include "attempt/way.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

static ssize_t take(struct attempt *a, char *copy, size_t len_bytes)
{
	const struct iovec there = { a->region.base, len_bytes };
	ssize_t got = -1;
	int ends[2], err;

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK))
		return -1;
	if (vmsplice(ends[1], &there, 1, SPLICE_F_NONBLOCK) > 0)
		got = read(ends[0], copy, len_bytes);
	err = errno;
	close(ends[0]);
	close(ends[1]);
	errno = err;
	return got;
}

WAY(vmsplice, "vmsplice", KERNELS_HANDS,
    "the owner's pages themselves are put into a pipe (vmsplice), to be read later by whoever "
    "holds its other end",
    .read = take, .call = "vmsplice", .own = true);
