// SPDX-License-Identifier: MIT
/* Physical placement of a region, from /proc/self/pagemap. */
#include "measure/placement.h"
#include "measure/run.h"
#include "memory/array.h"
#include "memory/frame.h"
#include "memory/page.h"
#include "memory/region.h"

#include <stdlib.h>
#include <unistd.h>

static void add_blocks(struct arm *arm, uint64_t *frames, size_t count, uint64_t block_frames)
{
	qsort(frames, count, sizeof(*frames), ascending);
	for (size_t i = 0; i < count; i++)
		if (!i || frames[i] / block_frames != frames[i - 1] / block_frames)
			arm->blocks_2m++;
}

void placement_add(struct arm *arm, const struct region *region)
{
	size_t pages = region->len_bytes / base_bytes(), got, count = 0;
	uint64_t *frames = malloc(pages * sizeof(*frames)), follows = 0;
	int pagemap;

	if (!frames)
		return;
	pagemap = pagemap_open();
	got = frames_read(pagemap, region->base, frames, pages);
	close(pagemap);
	for (size_t i = 0; i < got; i++) {
		uint64_t frame = frames[i];

		if (!frame)
			continue;
		if (count && frames[count - 1] + 1 == frame)
			follows++;
		frames[count++] = frame;
	}
	if (count) {
		arm->placed = true;
		arm->pages += count;
		arm->follows += follows;
		add_blocks(arm, frames, count, huge_bytes() / base_bytes());
	}
	free(frames);
}
