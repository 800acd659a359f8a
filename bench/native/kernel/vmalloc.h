/* SPDX-License-Identifier: MIT */
/*
 * Which frames are kernel stacks and which other memory of the kernel's vmalloc area.
 * No flag of a frame says it. /proc/vmallocinfo lists the areas and who asked for them; the
 * kernel's page tables say which frames lie there.
 */
#ifndef VMALLOC_H
#define VMALLOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vmalloc_frame {
	uint64_t frame;
	bool stack;
};

struct vmalloc {
	struct vmalloc_frame *frames; /* ascending */
	size_t count, room;
};

/* Anew, into the room that is there; 0, or -1 with errno where the areas' addresses are kept back. */
int vmalloc_read(struct vmalloc *vmalloc);
/* That frame, or NULL where it lies in no such area. */
const struct vmalloc_frame *vmalloc_find(const struct vmalloc *vmalloc, uint64_t frame);

#endif
