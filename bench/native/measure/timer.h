/* SPDX-License-Identifier: MIT */
/* The counter of measure/arch.h in seconds, by the kernel's clock. */
#ifndef TIMER_H
#define TIMER_H

#include <stdint.h>

/* Nanoseconds of CLOCK_MONOTONIC_RAW. */
uint64_t now_ns(void);
/* Seconds per tick, from the time that has passed since (ticks, ns); waits until that is 5 ms. */
double tick_s(uint64_t ticks, uint64_t ns);
/* Ticks per nanosecond; takes 5 ms. */
double ticks_per_ns(void);
/* Cost of reading the counter twice, and its resolution, in seconds. */
double timer_cost_s(void);
double timer_resolution_s(void);

#endif
