/* SPDX-License-Identifier: MIT */
/* Planting the marker in a region of the mode. */
#ifndef PLANT_H
#define PLANT_H

struct attempt;

/* Obtain the region and plant the marker. 0 or -errno. */
int plant(struct attempt *attempt);
/* What that means for the run: 0, or -1 with run->failure. */
int planted(struct attempt *attempt, int err);
/* Plant the marker in this process. 0, or -1 with run->failure. */
int plant_here(struct attempt *attempt);
/* The same in a child that holds the region and does what it is told (owner.h). */
int plant_in_owner(struct attempt *attempt);
/*
 * What a twin of the region holds, with the marker as the mode would keep it:
 * region_readable_bytes() of it, for free(); NULL with run->failure.
 */
char *twin_copy(const struct attempt *attempt);

#endif
