// SPDX-License-Identifier: MIT
#include "attempt/way.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static ssize_t take(struct attempt *a, char *copy, size_t len_bytes)
{
	off_t at = 0;
	ssize_t got = -1;
	int ends[2], err;

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK))
		return -1;
	if (splice(a->region.fd, &at, ends[1], NULL, len_bytes, SPLICE_F_NONBLOCK) > 0)
		got = read(ends[0], copy, len_bytes);
	err = errno;
	close(ends[0]);
	close(ends[1]);
	errno = err;
	return got;
}

WAY(splice, "splice", KERNELS_HANDS,
    "the pages behind the descriptor are put into a pipe without a copy (splice)",
    .read = take, .call = "splice of the descriptor", .own = true);
