/* SPDX-License-Identifier: MIT */
/* The duet: both arms in one process, in turn, in random order. See duet.c. */
#ifndef DUET_H
#define DUET_H

#include <stddef.h>
#include <stdint.h>

struct arm;
struct region;
struct run;

/* One slice of one arm adds its values; 0, or -1 with run->failure. */
typedef int (*slice_fn)(struct run *run, struct arm *arm);

/* Obtain and touch a region of len_bytes per arm, in random order. 0, or -1 with run->failure. */
int duet_regions(struct run *run, uint64_t len_bytes);
/* One slice per arm and round; values with a gap over 5 ms are dropped. 0, or -1 with run->failure. */
int duet_slices(struct run *run, uint64_t rounds, slice_fn slice);
/*
 * Say how many operations each arm's slices have: `given`, or, where that is 0, `least` and as many
 * more as make a step of the timer less than 1e-4 of a slice. 0, or -1 with run->failure.
 */
int duet_lengthen(struct run *run, uint64_t given, uint64_t least, slice_fn slice);
/* Of so many operations per arm in blocks of so many: the blocks, and the operations of the next. */
uint64_t block_count(uint64_t operations, uint64_t block);
uint64_t block_operations(const struct arm *arm, uint64_t operations, uint64_t block);
/* After the last slice, for a metric that orders its slices itself: drop those with a gap. */
int duet_finish(struct run *run);
/* Warn of each arm whose pages are so large that a region of that length is longer. */
void duet_lengths(struct run *run, uint64_t len_bytes);
/* Touch every page of page_bytes, keeping the duty. */
void duet_touch(struct run *run, struct region *region, size_t page_bytes);

#endif
