/* SPDX-License-Identifier: MIT */
/* The tables by which the kernel maps itself: which frames they are, and how many the direct map has. */
#ifndef KERNEL_TABLES_H
#define KERNEL_TABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kernel_tables {
	uint64_t *frames; /* ascending */
	size_t count, room;
	uint64_t of_direct_map; /* whose entries are of 4K or of 2M: each split adds one */
	uint64_t of_image;	/* of 4K, of the second mapping of the kernel's image */
};

/*
 * Anew, into the room that is there; the direct map ends before that frame. 0, or -1 with errno
 * where they cannot be read.
 */
int kernel_tables_read(struct kernel_tables *tables, uint64_t end);
/* Whether the frame is one. */
bool kernel_tables_find(const struct kernel_tables *tables, uint64_t frame);

#endif
