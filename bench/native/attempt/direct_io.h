/* SPDX-License-Identifier: MIT */
/* A file that is read and written past the page cache. */
#ifndef DIRECT_IO_H
#define DIRECT_IO_H

#include "measure/metric.h"

/* Why there is none to be made, in words; NULL when there is. */
const char *direct_refuse(const struct cell *cell, enum arm_id arm);
/* A new file that holds this, open with O_DIRECT; -1 with errno. Gone when the run ends. */
int direct_file(const char *copy, size_t len_bytes);
/* Close it and leave errno as it is. */
void direct_close(int fd);

#endif
