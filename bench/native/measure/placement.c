// SPDX-License-Identifier: MIT
/* Physical placement of a region, from /proc/self/pagemap. */
#include "measure/metric.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* Documentation/admin-guide/mm/pagemap.rst: bits 0-54 frame number, 63 present. */
#define FRAME_MASK ((1ull << 55) - 1)
#define PRESENT (1ull << 63)

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static size_t read_frames(const struct region *region, uint64_t *frames, size_t pages)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	size_t bytes = pages * sizeof(*frames), done = 0;
	off_t at = (off_t)((uintptr_t)region->base / base_bytes() * sizeof(*frames));

	if (fd < 0)
		return 0;
	while (done < bytes) {
		ssize_t got = pread(fd, (char *)frames + done, bytes - done, at + (off_t)done);

		if (got <= 0)
			break;
		done += (size_t)got;
	}
	close(fd);
	return done / sizeof(*frames);
}

static void add_blocks(struct arm *arm, uint64_t *frames, size_t count, uint64_t block_frames)
{
	qsort(frames, count, sizeof(*frames), compare);
	for (size_t i = 0; i < count; i++)
		if (!i || frames[i] / block_frames != frames[i - 1] / block_frames)
			arm->blocks_2m++;
}

/*
 * Without CAP_SYS_ADMIN frame numbers read as zero (ab676b7d6fbf, "pagemap: do not
 * leak physical addresses to non-privileged userspace", Linux 4.0): no placement then.
 */
void placement_add(struct arm *arm, const struct region *region)
{
	size_t pages = region->len_bytes / base_bytes(), got, count = 0;
	uint64_t block_frames = huge_bytes() / base_bytes(), follows = 0;
	uint64_t *frames = malloc(pages * sizeof(*frames));

	if (!frames)
		return;
	got = read_frames(region, frames, pages);
	for (size_t i = 0; i < got; i++) {
		uint64_t frame = frames[i] & FRAME_MASK;

		if (!(frames[i] & PRESENT) || !frame)
			continue;
		if (count && frames[count - 1] + 1 == frame)
			follows++;
		frames[count++] = frame;
	}
	if (count) {
		arm->placed = true;
		arm->pages += count;
		arm->follows += follows;
		add_blocks(arm, frames, count, block_frames);
	}
	free(frames);
}
