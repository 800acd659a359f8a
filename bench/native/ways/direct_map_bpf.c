// SPDX-License-Identifier: MIT
#include "attempt/frame_copy.h"
#include "attempt/way.h"
#include "kernel/bpf.h"
#include "kernel/direct_map.h"

#include <string.h>

static bool get(int fd, uint64_t frame, char *page)
{
	const struct bpf_reading *reading = direct_map_page(frame);

	(void)fd;
	if (reading)
		memcpy(page, reading->data, reading->len_bytes);
	return reading;
}

static ssize_t take(struct attempt *a, char *copy, size_t len_bytes)
{
	return direct_map_find() ? -1 : frame_copy(a, copy, len_bytes, NULL, get);
}

static const char *refuse(const struct cell *cell, enum arm_id arm)
{
	(void)cell;
	if (arm == TREATMENT && direct_map_find())
		return "not tried: the direct map cannot be read or found from here; " MAY_LOAD;
	return NULL;
}

WAY(direct_map_bpf, "direct-map-bpf", DIRECT_MAP,
    "whatever makes the kernel read an address of its own choosing, a flaw of the kernel or a "
    "speculative attack on it, reads the page through the kernel's own mapping of all memory "
    "(read here by BPF)",
    .read = take, .call = "bpf_probe_read_kernel of the page's alias", .needs = NEEDS_FRAMES,
    .refuse = refuse);
