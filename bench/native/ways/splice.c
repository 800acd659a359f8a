// SPDX-License-Identifier: MIT
#include "attempt/pipe.h"
#include "attempt/way.h"

#include <fcntl.h>

static ssize_t put(struct attempt *a, int end, size_t len_bytes)
{
	off_t at = 0;

	return splice(a->region.fd, &at, end, NULL, len_bytes, SPLICE_F_NONBLOCK);
}

static ssize_t take(struct attempt *a, char *copy, size_t len_bytes)
{
	return through_pipe(a, copy, len_bytes, put);
}

WAY(splice, "splice", KERNELS_HANDS,
    "the pages behind the descriptor are put into a pipe without a copy (splice)", .read = take,
    .call = "splice of the descriptor", .own = true);
