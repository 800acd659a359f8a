/* SPDX-License-Identifier: MIT */
/* Pointer chases: loads of which each waits for the last. See chase.c. */
#ifndef CHASE_H
#define CHASE_H

#include <stddef.h>
#include <stdint.h>

/*
 * One cycle over every line of [base, base + len_bytes), in an order of visit:
 * "line-random", "page-random" (whole pages only) or "page-local". 0 or -errno.
 */
int chase_build(char *base, size_t len_bytes, const char *order, uint64_t seed);
/* The same over one line in each of `pages` base pages, at offsets that differ. 0 or -errno. */
int chase_build_spread(char *base, size_t pages, uint64_t seed);
/* Take whole hundreds of steps; returns where the chase stopped. */
void *chase_follow(void *at, uint64_t loads);

#endif
