// SPDX-License-Identifier: MIT
#include "attempt/marker.h"
#include "attempt/owner.h"
#include "attempt/plant.h"
#include "attempt/way.h"
#include "kernel/bpf.h"
#include "kernel/direct_map.h"
#include "memory/frame.h"
#include "memory/mode.h"
#include "memory/page.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25	/* 7d8faaf15545 ("mm/madvise: introduce MADV_COLLAPSE"), Linux 6.1 */
#endif

/* A block of a file is gathered only where offsets and addresses are alike. */
static int align(struct region *region)
{
	size_t huge = huge_bytes(), len_bytes = region->len_bytes;
	char *room = mmap(NULL, len_bytes + huge, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
	     *to;

	if (room == MAP_FAILED)
		return -1;
	to = room + (-(uintptr_t)room & (huge - 1));
	if (mremap(region->base, len_bytes, len_bytes, MREMAP_MAYMOVE | MREMAP_FIXED, to) ==
	    MAP_FAILED)
		return -1;
	region->base = to;
	return 0;
}

/* A few pages of the secret in a block as large as a huge page, the rest untouched. */
#define PAGES 16u
#define TRIES 4u

static int plant_in_block(struct attempt *a)
{
	size_t huge = huge_bytes();
	int err = region_obtain(a->mode, &a->region, 2 * huge);

	if (err)
		return err;
	if (a->region.fd >= 0 && align(&a->region))
		return -errno;
	a->region.base += -(uintptr_t)a->region.base & (huge - 1);
	a->region.len_bytes = huge;
	for (size_t i = 0; i < PAGES; i++)
		marker_plant(&a->marker, a->region.base + i * base_bytes());
	return a->in_use ? 0 : region_close(a->mode, &a->region);
}

/* The surest way to make the kernel move a page: gather its block into one huge page. */
static int collapse(struct attempt *a)
{
	madvise(a->region.base, a->region.len_bytes, MADV_HUGEPAGE);
	return madvise(a->region.base, a->region.len_bytes, MADV_COLLAPSE);
}

static void look_up(const struct attempt *a, uint64_t frames[PAGES])
{
	for (size_t i = 0; i < PAGES; i++)
		frames[i] = frame_of(a->owner, a->region.base + i * base_bytes());
}

/* Freed frames are used again soon, so that not each of them need still hold what it held. */
static enum outcome look_for_left(struct attempt *a, const uint64_t before[PAGES], int err)
{
	size_t moved = 0, left = 0;
	uint64_t after[PAGES];

	look_up(a, after);
	for (size_t i = 0; i < PAGES; i++) {
		const struct bpf_reading *old = after[i] != before[i] ? direct_map_page(before[i]) :
									NULL;

		moved += after[i] != before[i];
		left += old && marker_found(&a->marker, old->data, old->len_bytes) == MARKER_BYTES;
	}
	snprintf(
		a->evidence, sizeof(a->evidence),
		"MADV_COLLAPSE: %s; %zu of %u pages moved, the marker in %zu of the frames that they left",
		err ? strerrorname_np(err) : "accepted", moved, PAGES, left);
	return left ? OPEN : CLOSED;
}

static enum outcome attempt_once(struct attempt *a)
{
	uint64_t before[PAGES];
	int err = 0;

	if (planted(a, owner_start(a, plant_in_block)))
		return NOT_TRIED;
	look_up(a, before);
	if (owner_do(a, collapse))
		err = errno;
	return look_for_left(a, before, err);
}

static enum outcome attempt(struct attempt *a)
{
	enum outcome outcome = attempt_once(a);

	for (size_t i = 1; i < TRIES && outcome == CLOSED; i++) {
		owner_end(a);
		outcome = attempt_once(a);
	}
	if (outcome == CLOSED && a->is_control)
		return not_tried(
			a,
			"not tried: no page can be made to move and leave its content (%s): needs "
			"Linux 6.1 with transparent huge pages, a free huge page, and no "
			"init_on_free",
			a->evidence);
	return outcome;
}

static const char *refuse(const struct cell *cell, enum arm_id arm)
{
	if (cell->mode[arm]->vault)
		return "not tried: what can be made to move at our word is a block as large as a huge page, "
		       "more than this mode is for";
	if (arm == TREATMENT && direct_map_find())
		return "not tried: the frame that a page has left is looked at through the direct map, which "
		       "cannot be read or found from here; " MAY_LOAD;
	return NULL;
}

WAY(migration, "migration", REST,
    "the kernel moves the page to another frame (compaction, huge pages), and what it copied is left "
    "in the old one",
    .attempt = attempt, .mapped_pages = 1024, .pages = PAGES, .tries = TRIES, .needs = NEEDS_FRAMES,
    .refuse = refuse);
