// SPDX-License-Identifier: MIT
#include "../program.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGES 16u

/* As when it is killed: there is nobody left who could wipe. */
static void end_owner(struct attempt *a)
{
	kill(a->owner, SIGKILL);
	waitpid(a->owner, NULL, __WALL);
	close(a->orders);
	a->owner = 0;
	a->region.base = NULL;
}

static size_t frames_of(const struct attempt *a, uint64_t *frames)
{
	size_t bytes = region_image_bytes(&a->region), count = 0;

	for (size_t at = 0; at < bytes && count < PAGES; at += base_bytes()) {
		frames[count] = frame_of(a->owner, a->region.base + at);
		count += frames[count] != 0;
	}
	return count;
}

static enum outcome attempt(struct attempt *a)
{
	char *image = image_room(PAGES * base_bytes());
	uint64_t frames[PAGES + 1];
	size_t count, read = 0, pages = 0;
	enum outcome outcome;

	if (!image || plant_in_owner(a)) {
		free(image);
		return NOT_TRIED;
	}
	count = frames_of(a, frames);
	end_owner(a);
	for (size_t i = 0; i < count; i++) {
		const struct probe *probe = direct_map_page(frames[i]);

		read += probe != NULL;
		if (!probe)
			continue;
		pages += marker_found(&a->marker, probe->data, MARKER_BYTES) == MARKER_BYTES;
		memcpy(image + i * base_bytes(), probe->data, probe->len_bytes);
	}
	outcome = found_in(a, image, count * base_bytes());
	free(image);
	if (!a->mode->recover || outcome == CLOSED)
		snprintf(a->evidence, sizeof(a->evidence),
			 "the marker in %zu of %zu pages that the killed owner gave back (%zu could be "
			 "read)", pages, count, read);
	if (outcome == CLOSED && a->proof)
		return not_tried(a, "not tried: this kernel leaves nothing in freed pages (init_on_free?), "
				 "whatever the mode: %s", a->evidence);
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
    .attempt = attempt, .pages = PAGES, .refuse = refuse);
