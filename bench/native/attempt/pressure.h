/* SPDX-License-Identifier: MIT */
/* An owner in a memory group of its own, all of which is reclaimed. */
#ifndef PRESSURE_H
#define PRESSURE_H

#include "attempt/attempt.h"

/* NULL, or why no memory group can be made. */
const char *pressure_refused(void);
/* As plant_in_owner(), in the group. */
int pressure_plant(struct attempt *attempt);
/* Reclaim what can be; returns how, in words. */
const char *pressure_reclaim(void);

#endif
