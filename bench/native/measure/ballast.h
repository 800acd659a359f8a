/* SPDX-License-Identifier: MIT */
/*
 * Ballast of a random amount, held while the regions of a run are touched, so that their pages come
 * from elsewhere in the boot's free memory in each run. See ballast.c.
 */
#ifndef BALLAST_H
#define BALLAST_H

#include <stddef.h>
#include <stdint.h>

struct cell;
struct run;

struct ballast {
	char *pages, *tables;		  /* NULL for none */
	size_t pages_bytes, tables_bytes; /* of address space */
};

/* The most memory that may be held beside regions of that length, in bytes. */
uint64_t ballast_most_bytes(const struct cell *cell, uint64_t len_bytes);
/* Draw amounts by the run's seed and hold so much. */
void ballast_hold(struct run *run, struct ballast *ballast, uint64_t len_bytes);
void ballast_release(struct ballast *ballast);

#endif
