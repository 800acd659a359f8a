// SPDX-License-Identifier: MIT
#include "attempt/frame_copy.h"
#include "attempt/attempt.h"
#include "memory/frame.h"
#include "memory/page.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

ssize_t frame_copy(struct attempt *a, char *copy, size_t len_bytes, const char *path, frame_fn get)
{
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1, err = 0;
	size_t got = 0;

	if (path && fd < 0)
		return -1;
	for (size_t at = 0; at < len_bytes; at += base_bytes()) {
		uint64_t frame = frame_of(a->owner, a->region.base + at);

		if (!frame)
			continue;
		if (get(fd, frame, copy + at))
			got = at + base_bytes();
		else
			err = errno;
	}
	if (path)
		close(fd);
	errno = err;
	return got ? (ssize_t)got : -1;
}
