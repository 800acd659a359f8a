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

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGES 16u
#define TRIES 4u

static size_t frames_of(const struct attempt *a, uint64_t *frames)
{
	size_t bytes = region_readable_bytes(&a->region), count = 0;

	for (size_t at = 0; at < bytes && count < PAGES; at += base_bytes()) {
		frames[count] = frame_of(a->owner, a->region.base + at);
		count += frames[count] != 0;
	}
	return count;
}

static enum outcome attempt_once(struct attempt *a)
{
	char *copy = pages_zeroed(PAGES * base_bytes());
	uint64_t frames[PAGES + 1];
	size_t count, read = 0, pages = 0;
	enum outcome outcome;

	if (!copy || plant_in_owner(a)) {
		free(copy);
		return NOT_TRIED;
	}
	count = frames_of(a, frames);
	/* There is nobody left who could wipe. */
	owner_end(a);
	for (size_t i = 0; i < count; i++) {
		const struct bpf_reading *reading = direct_map_page(frames[i]);

		read += reading != NULL;
		if (!reading)
			continue;
		pages += marker_found(&a->marker, reading->data, MARKER_BYTES) == MARKER_BYTES;
		memcpy(copy + i * base_bytes(), reading->data, reading->len_bytes);
	}
	outcome = found_in(a, copy, count * base_bytes());
	free(copy);
	if (!a->mode->recover || outcome == CLOSED)
		snprintf(
			a->evidence, sizeof(a->evidence),
			"the marker in %zu of %zu pages that the killed owner gave back (%zu could be "
			"read)",
			pages, count, read);
	return outcome;
}

/* Somebody else may use all of the freed pages at once. */
static enum outcome attempt(struct attempt *a)
{
	enum outcome outcome = attempt_once(a);

	for (size_t i = 1; i < TRIES && outcome == CLOSED; i++)
		outcome = attempt_once(a);
	if (outcome == CLOSED && a->is_control)
		return not_tried(
			a,
			"not tried: this kernel leaves nothing in freed pages (init_on_free?), "
			"whatever the mode: %s",
			a->evidence);
	return outcome;
}

static const char *refuse(const struct cell *cell, enum arm_id arm)
{
	(void)cell;
	if (arm == TREATMENT && direct_map_find())
		return "not tried: freed pages are looked at through the direct map, which cannot be read "
		       "or found from here; " MAY_LOAD;
	return NULL;
}

WAY(left_over, "left-over", REST,
    "the owner is killed, so that nobody wipes, and the secret is still in the freed pages for "
    "whoever reads them before they are used again",
    .attempt = attempt, .pages = PAGES, .tries = TRIES, .needs = NEEDS_FRAMES, .refuse = refuse);
