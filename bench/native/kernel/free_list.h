/* SPDX-License-Identifier: MIT */
/*
 * On which of the allocator's lists a free piece hangs, that is, whether it lies in
 * blocks for unmovable, movable or reclaimable memory. No file says it of a piece. The links in
 * the pieces' descriptors lead to the head of their list; the heads of a zone stand in an order
 * that include/linux/mmzone.h fixes (struct free_area), and how long each list is says
 * /proc/pagetypeinfo: the one reading of the heads that agrees with it is taken.
 */
#ifndef FREE_LIST_H
#define FREE_LIST_H

#include <stddef.h>
#include <stdint.h>

enum free_type { FREE_UNMOVABLE, FREE_MOVABLE, FREE_RECLAIMABLE, FREE_OTHER };

struct free_piece {
	uint64_t frame;
	uint64_t next; /* descriptor or head that it is linked to */
	unsigned int order;
	int list; /* of those found, -1 while not known */
};

struct free_lists {
	struct free_piece *pieces; /* by frame, ascending */
	size_t count, room;
};

/* A piece met in ascending order; returns its pages, 1 where its descriptor cannot be read. */
uint64_t free_lists_meet(struct free_lists *lists, uint64_t frame);
/* Follow the links, once all pieces are met. */
void free_lists_follow(struct free_lists *lists);
/* After that. The type of the list on which the piece hangs that begins with the frame. */
enum free_type free_lists_type(const struct free_lists *lists, uint64_t frame, uint64_t *pages);

#endif
