/* SPDX-License-Identifier: MIT */
/* A folder of this run's own, removed with all in it when the run ends. */
#ifndef SCRATCH_H
#define SCRATCH_H

#include <stdbool.h>

/* Whether there is a disk to make one on. */
bool scratch_on_disk(void);
/* Make one, on a disk or anywhere; 0, or -1 with errno. */
int scratch_make(char path[64], bool on_disk);

#endif
