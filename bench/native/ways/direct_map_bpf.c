// SPDX-License-Identifier: MIT
#include "attempt/way.h"
#include "kernel/bpf.h"
#include "kernel/direct_map.h"
#include "memory/frame.h"
#include "memory/page.h"

#include <errno.h>
#include <string.h>

/* Page by page: what is contiguous for the owner is not for the kernel. */
static ssize_t take(struct attempt *a, char *copy, size_t len_bytes)
{
	size_t got = 0;
	int err = 0;

	if (direct_map_find())
		return -1;
	for (size_t at = 0; at < len_bytes; at += base_bytes()) {
		uint64_t frame = frame_of(a->owner, a->region.base + at);
		const struct bpf_reading *reading;

		if (!frame)
			continue;
		reading = direct_map_page(frame);
		if (reading) {
			memcpy(copy + at, reading->data, reading->len_bytes);
			got = at + base_bytes();
		} else {
			err = errno;
		}
	}
	errno = err;
	return got ? (ssize_t)got : -1;
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
    .read = take, .call = "bpf_probe_read_kernel of the page's alias", .refuse = refuse);
