/* SPDX-License-Identifier: MIT */
/* direct.c: a file that is read and written past the page cache. */
#ifndef DIRECT_H
#define DIRECT_H

#include "attempt/way.h"

const char *direct_refuse(const struct cell *cell, enum arm_id arm);
/* A new file that holds this, open with O_DIRECT; -1 with errno. Gone when the run ends. */
int direct_file(const char *copy, size_t len_bytes);
void direct_close(int fd);

#endif
