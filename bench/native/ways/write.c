// SPDX-License-Identifier: MIT
#include "attempt/pipe.h"
#include "attempt/way.h"

#include <unistd.h>

static ssize_t put(struct attempt *a, int end, size_t len_bytes)
{
	return write(end, a->region.base, len_bytes);
}

static ssize_t take(struct attempt *a, char *copy, size_t len_bytes)
{
	return through_pipe(a, copy, len_bytes, put);
}

WAY(write, "write", KERNELS_HANDS,
    "the owner itself hands the secret to write(2), by a wrong length or pointer: the kernel "
    "copies through the owner's own mapping",
    .read = take, .call = "write", .own = true);
