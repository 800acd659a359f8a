// SPDX-License-Identifier: MIT
#include "attempt/frame_copy.h"
#include "attempt/attempt.h"
#include "memory/frame.h"
#include "memory/page.h"

#include <errno.h>

ssize_t frame_copy(struct attempt *a, char *copy, size_t len_bytes, int fd, frame_fn get)
{
	size_t got = 0;
	int err = 0;

	for (size_t at = 0; at < len_bytes; at += base_bytes()) {
		uint64_t frame = frame_of(a->owner, a->region.base + at);

		if (!frame)
			continue;
		if (get(fd, frame, copy + at))
			got = at + base_bytes();
		else
			err = errno;
	}
	errno = err;
	return got ? (ssize_t)got : -1;
}
