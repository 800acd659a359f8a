// SPDX-License-Identifier: MIT
#include "memory/frame.h"
#include "memory/page.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* Documentation/admin-guide/mm/pagemap.rst: bits 0-54 frame number, 63 present. */
#define FRAME_MASK ((1ull << 55) - 1)
#define PRESENT (1ull << 63)

int pagemap_open(void)
{
	return open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
}

size_t frames_read(int pagemap, const void *at, uint64_t *frames, size_t count)
{
	off_t from = (off_t)((uintptr_t)at / base_bytes() * sizeof(*frames));
	size_t bytes = count * sizeof(*frames), done = 0;

	while (done < bytes) {
		ssize_t got = pread(pagemap, (char *)frames + done, bytes - done,
				    from + (off_t)done);

		if (got <= 0)
			break;
		done += (size_t)got;
	}
	count = done / sizeof(*frames);
	for (size_t i = 0; i < count; i++)
		frames[i] = frames[i] & PRESENT ? frames[i] & FRAME_MASK : 0;
	return count;
}

uint64_t frame_at(int pagemap, const void *at)
{
	uint64_t frame;

	return frames_read(pagemap, at, &frame, 1) ? frame : 0;
}

uint64_t frame_of(pid_t pid, const void *at)
{
	char path[64];
	uint64_t frame;
	int pagemap;

	snprintf(path, sizeof(path), "/proc/%d/pagemap", pid);
	pagemap = open(path, O_RDONLY | O_CLOEXEC);
	if (pagemap < 0)
		return 0;
	frame = frame_at(pagemap, at);
	close(pagemap);
	return frame;
}

uint64_t block_of(uint64_t frame)
{
	return frame / (huge_bytes() / base_bytes());
}

uint64_t block_at(int pagemap, const void *at)
{
	return block_of(frame_at(pagemap, at));
}
