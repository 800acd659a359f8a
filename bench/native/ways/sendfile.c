// SPDX-License-Identifier: MIT
#include "attempt/pipe.h"
#include "attempt/way.h"

#include <sys/sendfile.h>

static ssize_t put(struct attempt *a, int end, size_t len_bytes)
{
	return sendfile(end, a->region.fd, NULL, len_bytes);
}

static ssize_t take(struct attempt *a, char *copy, size_t len_bytes)
{
	return through_sockets(a, copy, len_bytes, put);
}

WAY(sendfile, "sendfile", KERNELS_HANDS,
    "what is behind the descriptor is sent over a socket by the kernel (sendfile)", .read = take,
    .call = "sendfile of the descriptor", .own = true);
