// SPDX-License-Identifier: MIT
#include "attempt/pipe.h"
#include "attempt/attempt.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

static ssize_t through(const int ends[2], struct attempt *a, char *copy, size_t len_bytes,
		       put_fn put)
{
	ssize_t got = -1;
	int err;

	if (put(a, ends[1], len_bytes) > 0)
		got = read(ends[0], copy, len_bytes);
	err = errno;
	close(ends[0]);
	close(ends[1]);
	errno = err;
	return got;
}

ssize_t through_pipe(struct attempt *a, char *copy, size_t len_bytes, put_fn put)
{
	int ends[2];

	return pipe2(ends, O_CLOEXEC | O_NONBLOCK) ? -1 : through(ends, a, copy, len_bytes, put);
}

ssize_t through_sockets(struct attempt *a, char *copy, size_t len_bytes, put_fn put)
{
	int ends[2];

	return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) ?
		       -1 :
		       through(ends, a, copy, len_bytes, put);
}
