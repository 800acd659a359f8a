/* SPDX-License-Identifier: MIT */
/* How much memory there is to be had. */
#ifndef AVAILABLE_H
#define AVAILABLE_H

#include <stdint.h>

/*
 * Bytes that this process can still take without another having to give up any: MemAvailable of
 * /proc/meminfo, or what its memory groups have left if that is less. UINT64_MAX where neither is told.
 */
uint64_t available_bytes(void);

#endif
