// SPDX-License-Identifier: MIT
#include "attempt/way.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static ssize_t take(struct attempt *a, char *copy, size_t len_bytes)
{
	char path[64];
	ssize_t got;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", a->owner);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	got = pread(fd, copy, len_bytes, (off_t)(uintptr_t)a->region.base);
	close(fd);
	return got;
}

WAY(proc_mem, "proc-mem", OTHER_PROCESSES,
    "a process with the right to trace the owner reads /proc/PID/mem, which overrides page "
    "protections (PROT_NONE is no obstacle)",
    .read = take, .call = "pread of /proc/PID/mem", .hint = MAY_TRACE);
