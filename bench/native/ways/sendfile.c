// SPDX-License-Identifier: MIT
#include "attempt/way.h"

#include <errno.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

static ssize_t take(struct attempt *a, char *copy, size_t len_bytes)
{
	ssize_t got = -1;
	int ends[2], err;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends))
		return -1;
	if (sendfile(ends[1], a->region.fd, NULL, len_bytes) > 0)
		got = read(ends[0], copy, len_bytes);
	err = errno;
	close(ends[0]);
	close(ends[1]);
	errno = err;
	return got;
}

WAY(sendfile, "sendfile", KERNELS_HANDS,
    "what is behind the descriptor is sent over a socket by the kernel (sendfile)",
    .read = take, .call = "sendfile of the descriptor", .own = true);
