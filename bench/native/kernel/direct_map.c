// SPDX-License-Identifier: MIT
/* Where the direct map begins, learnt by looking for a page of one's own in it. */
#include "kernel/direct_map.h"
#include "kernel/bpf.h"
#include "memory/frame.h"
#include "memory/page.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

/* The direct map begins on a boundary of 1 GiB, also where it is randomized. */
#define STEP_BYTES (1ull << 30)
#define MOST_STEPS 16384u
#define SIGN_BYTES 32	/* random, by which the page is known */

static uint64_t base;

uint64_t direct_map_alias(uint64_t frame)
{
	return base + frame * base_bytes();
}

const struct bpf_reading *direct_map_page(uint64_t frame)
{
	size_t bytes = base_bytes() < BPF_READ_BYTES ? base_bytes() : BPF_READ_BYTES;

	return bpf_read_kernel(direct_map_alias(frame), bytes);
}

/* From the boundary below a kernel object that lies in the direct map, downwards. */
static int find(const char *page, uint64_t frame)
{
	const struct bpf_reading *reading;

	base = bpf_task() & -STEP_BYTES;
	if (!base)
		return -1;
	for (unsigned int i = 0; i < MOST_STEPS; i++, base -= STEP_BYTES) {
		if (direct_map_alias(frame) < base)
			continue;
		reading = bpf_read_kernel(direct_map_alias(frame), SIGN_BYTES);
		if (reading && !memcmp(reading->data, page, SIGN_BYTES))
			return 0;
	}
	base = 0;
	errno = ENXIO;
	return -1;
}

int direct_map_find(void)
{
	uint64_t frame;
	int err = -1;
	char *page;

	if (base)
		return 0;
	page = pages_zeroed(base_bytes());
	if (!page)
		return -1;
	frame = getrandom(page, SIGN_BYTES, 0) == SIGN_BYTES ? frame_of(getpid(), page) : 0;
	if (frame)
		err = find(page, frame);
	else
		errno = EPERM;
	free(page);
	return err;
}
