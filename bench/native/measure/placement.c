// SPDX-License-Identifier: MIT
/* Physical placement of a region, from /proc/self/pagemap. */
#include "measure/placement.h"
#include "measure/realtime.h"
#include "measure/run.h"
#include "memory/frame.h"
#include "memory/page.h"
#include "memory/region.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define READ_PAGES 1024u	/* frame numbers read at a time */

/* Which blocks have been met: a bit for each, up to the highest so far. */
struct met {
	uint64_t *words;
	size_t count;
};

/* Returns whether the block had not been met. */
static bool meet(struct met *met, uint64_t block)
{
	size_t at = block / 64, count = met->count;
	uint64_t bit = 1ull << block % 64;
	bool first;

	if (at >= count) {
		count = at + 1024;
		met->words = realloc(met->words, count * sizeof(*met->words));
		if (!met->words)
			abort();
		memset(met->words + met->count, 0, (count - met->count) * sizeof(*met->words));
		met->count = count;
	}
	first = !(met->words[at] & bit);
	met->words[at] |= bit;
	return first;
}

static void add(struct arm *arm, struct met *met, uint64_t frame, uint64_t *last)
{
	if (!frame)
		return;
	arm->placed = true;
	arm->pages++;
	arm->follows += *last && frame == *last + 1;
	arm->blocks_2m += meet(met, block_of(frame));
	*last = frame;
}

void placement_add(struct arm *arm, const struct region *region)
{
	size_t pages = region->len_bytes / base_bytes();
	uint64_t frames[READ_PAGES], last = 0;
	struct met met = { NULL, 0 };
	int pagemap = pagemap_open();

	for (size_t at = 0; pagemap >= 0 && at < pages; at += READ_PAGES) {
		size_t count = pages - at < READ_PAGES ? pages - at : READ_PAGES;

		count = frames_read(pagemap, region->base + at * base_bytes(), frames, count);
		for (size_t i = 0; i < count; i++)
			add(arm, &met, frames[i], &last);
		duty(NULL);
	}
	if (pagemap >= 0)
		close(pagemap);
	free(met.words);
}
