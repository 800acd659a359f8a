/* SPDX-License-Identifier: MIT */
/*
 * The direct map: the kernel's own mapping of all memory. Where it begins is found by looking for a
 * page of this process in every place where it can begin.
 */
#ifndef DIRECT_MAP_H
#define DIRECT_MAP_H

#include <stdint.h>

struct bpf_reading;

/* Find it, once in a process: 0, or -1 with errno. */
int direct_map_find(void);
/* The kernel's own address of a frame, once it is found. */
uint64_t direct_map_alias(uint64_t frame);
/* The page of that frame, or what of it fits into a reading; NULL with errno. */
const struct bpf_reading *direct_map_page(uint64_t frame);

#endif
