// SPDX-License-Identifier: MIT
#include "attempt/direct_io.h"
#include "attempt/scratch.h"
#include "measure/metric.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static char scratch[64];

/* Also on the way out of a check: where there is no disk, nothing is left to be tried. */
const char *direct_refuse(const struct cell *cell, enum arm_id arm)
{
	(void)cell;
	(void)arm;
	return scratch_on_disk() ?
		       NULL :
		       "not tried: no file system to write to but ones in memory, which "
		       "copy: mount a disk at /var/tmp";
}

int direct_file(const char *copy, size_t len_bytes)
{
	char path[80];
	int fd;

	if (!scratch[0] && scratch_make(scratch, true))
		return -1;
	snprintf(path, sizeof(path), "%s/direct", scratch);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_DIRECT | O_CLOEXEC, 0600);
	if (fd >= 0 && len_bytes && write(fd, copy, len_bytes) != (ssize_t)len_bytes) {
		close(fd);
		fd = -1;
	}
	return fd;
}

void direct_close(int fd)
{
	int err = errno;

	close(fd);
	errno = err;
}
