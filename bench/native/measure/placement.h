/* SPDX-License-Identifier: MIT */
/* Where the pages of a region lie in physical memory. */
#ifndef PLACEMENT_H
#define PLACEMENT_H

struct arm;
struct region;

/*
 * Add the region's frames to the arm's placement; call while its pages are there. Sets arm->placed,
 * pages (seen), blocks_2m (that hold them), follows (pages whose frame is the next one). Nothing
 * changes where the kernel keeps frame numbers back.
 */
void placement_add(struct arm *arm, const struct region *region);

#endif
