// SPDX-License-Identifier: MIT
#include "attempt/pipe.h"
#include "attempt/way.h"

#include <fcntl.h>
#include <sys/uio.h>

static ssize_t put(struct attempt *a, int end, size_t len_bytes)
{
	const struct iovec there = { a->region.base, len_bytes };

	return vmsplice(end, &there, 1, SPLICE_F_NONBLOCK);
}

static ssize_t take(struct attempt *a, char *copy, size_t len_bytes)
{
	return through_pipe(a, copy, len_bytes, put);
}

WAY(vmsplice, "vmsplice", KERNELS_HANDS,
    "the owner's pages themselves are put into a pipe (vmsplice), to be read later by whoever "
    "holds its other end",
    .read = take, .call = "vmsplice", .own = true);
