// SPDX-License-Identifier: MIT
#include "attempt/way.h"

#include <unistd.h>

static ssize_t take(struct attempt *a, char *copy, size_t len_bytes)
{
	return read(a->region.fd, copy, len_bytes);
}

WAY(fd_read, "fd-read", KERNELS_HANDS,
    "whoever is given the descriptor reads the secret by read(2), without mapping anything",
    .read = take, .call = "read of the descriptor", .own = true);
