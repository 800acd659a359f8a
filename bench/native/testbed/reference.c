// SPDX-License-Identifier: MIT
#include "testbed/reference.h"
#include "kernel/map_level.h"
#include "measure/random.h"
#include "measure/realtime.h"
#include "measure/run.h"
#include "memory/available.h"
#include "memory/frame.h"
#include "memory/mode.h"
#include "memory/page.h"
#include "testbed/testbed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RING_PAGES 2048u		/* to give one back takes an RCU grace period, whatever its size */
#define MOST_RINGS 512u
#define SPARE_BYTES (256ull << 20)	/* left to everybody else, whatever the reference may take */
#define FIRST_LOOK 4u			/* rings; each look comes after a quarter more */

static struct region rings[MOST_RINGS];
static size_t ring_count;

struct frame_at {
	uint64_t frame;
	uint64_t handle;
	size_t ring;
};

static int by_frame(const void *a, const void *b)
{
	uint64_t x = ((const struct frame_at *)a)->frame, y = ((const struct frame_at *)b)->frame;

	return x < y ? -1 : x > y;
}

static struct frame_at *pages_of_rings(size_t *count)
{
	struct frame_at *pages = calloc(ring_count * RING_PAGES, sizeof(*pages));
	int pagemap = pagemap_open();

	*count = 0;
	if (!pages)
		abort();
	for (size_t i = 0; i < ring_count; i++) {
		for (size_t at = 0; at < RING_PAGES; at++) {
			uint64_t handle = (uint64_t)(uintptr_t)rings[i].base + at * base_bytes();

			pages[(*count)++] = (struct frame_at){
				frame_at(pagemap, (const char *)(uintptr_t)handle), handle, i
			};
		}
		duty(NULL);
	}
	close(pagemap);
	qsort(pages, *count, sizeof(*pages), by_frame);
	return pages;
}

/* Take the pages of blocks that are whole the rings' and not split; true once they suffice. */
static bool choose(struct set *reference, size_t wanted, struct frame_at *pages, size_t count,
		   bool keep[MOST_RINGS])
{
	reference->count = 0;
	memset(keep, 0, MOST_RINGS * sizeof(*keep));
	for (size_t i = 0; i + BLOCK_FRAMES <= count; i++) {
		if (pages[i].frame % BLOCK_FRAMES ||
		    pages[i + BLOCK_FRAMES - 1].frame != pages[i].frame + BLOCK_FRAMES - 1 ||
		    level_of(pages[i].frame) == LEVEL_4K)
			continue;
		for (size_t j = i; j < i + BLOCK_FRAMES; j++) {
			keep[pages[j].ring] = true;
			if (reference->count == wanted)
				continue;
			reference->blocks[reference->count] = block_of(pages[j].frame);
			reference->handles[reference->count++] = pages[j].handle;
		}
		if (reference->count == wanted)
			return true;
	}
	return false;
}

static int take_ring(struct run *run, size_t pages)
{
	int err = available_bytes() < SPARE_BYTES + pages * base_bytes() ?
			  -ENOMEM :
			  region_obtain(mode_find("packet-ring"), &rings[ring_count],
					pages * base_bytes());

	if (err)
		return run_unobtained(run, mode_find("packet-ring"), err);
	ring_count++;
	duty(run);
	return 0;
}

/* Where nobody can tell which blocks are whole. */
static int make_anywhere(struct run *run, struct set *reference, size_t pages)
{
	if (take_ring(run, pages))
		return -1;
	for (reference->count = 0; reference->count < pages; reference->count++)
		reference->handles[reference->count] = (uint64_t)(uintptr_t)rings[0].base +
						       reference->count * base_bytes();
	return 0;
}

static int make_whole(struct run *run, struct set *reference, size_t wanted)
{
	static bool keep[MOST_RINGS];
	size_t next = FIRST_LOOK, count;
	bool enough = false;

	while (!enough && ring_count < MOST_RINGS) {
		struct frame_at *pages;

		if (take_ring(run, RING_PAGES))
			return -1;
		if (ring_count < next && ring_count < MOST_RINGS)
			continue;
		next += next / 4;
		pages = pages_of_rings(&count);
		enough = choose(reference, wanted, pages, count, keep);
		free(pages);
	}
	if (!enough)
		return run_failed(run, "no whole blocks for the reference among %u MiB of rings",
				  MOST_RINGS * RING_PAGES / 256);
	run_note(run, "rings_taken", "%zu", ring_count);
	for (size_t i = 0; i < ring_count; i++) {
		if (!keep[i])
			region_release(mode_find("packet-ring"), &rings[i]);
		if (!keep[i])
			rings[i].base = NULL;
		duty(run);
	}
	return 0;
}

int reference_make(struct run *run, struct set *reference, size_t pages)
{
	int err;

	set_make_room(reference, pages);
	err = level_find() ? make_anywhere(run, reference, pages) :
			     make_whole(run, reference, pages);
	if (!err)
		set_shuffle(run, reference);
	return err;
}

void reference_release(struct set *reference)
{
	for (size_t i = 0; i < ring_count; i++)
		if (rings[i].base)
			region_release(mode_find("packet-ring"), &rings[i]);
	ring_count = 0;
	free(reference->handles);
	free(reference->blocks);
	reference->handles = reference->blocks = NULL;
}

void set_make_room(struct set *set, size_t count)
{
	set->count = count;
	set->handles = calloc(count, sizeof(*set->handles));
	set->blocks = calloc(count, sizeof(*set->blocks));
	if (!set->handles || !set->blocks)
		abort();
}

void set_shuffle(struct run *run, struct set *set)
{
	for (size_t i = set->count; i > 1; i--) {
		size_t j = random_below(run->random, i);
		uint64_t handle = set->handles[i - 1], block = set->blocks[i - 1];

		set->handles[i - 1] = set->handles[j];
		set->handles[j] = handle;
		set->blocks[i - 1] = set->blocks[j];
		set->blocks[j] = block;
	}
}
