// SPDX-License-Identifier: MIT
#include "attempt/way.h"

#include <unistd.h>

static ssize_t put(struct attempt *a, char *copy, size_t len_bytes)
{
	return write(a->region.fd, copy, len_bytes);
}

WAY(fd_write, "fd-write", KERNELS_HANDS,
    "whoever is given the descriptor overwrites the secret by write(2)", .write = put,
    .call = "write to the descriptor", .own = true);
