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
/*
 * Ticks that lie between two readings, one directly after the other: what a section contains
 * because it is timed. A mean, since readings may move by more than a tick; interruptions are
 * left out.
 */
double timer_cost_ticks(void);
/* Wait for some part of a step, by chance, so that a short section begins anywhere within one. */
void timer_dither(uint64_t random[4]);
/*
 * Ticks by which readings really move: some counters tick faster than they move. Learnt at the
 * first call, which takes a few ms; 0 where readings do not tell it.
 */
uint64_t timer_step_ticks(void);
/* Both, and one tick, in seconds. */
double timer_cost_s(void);
double timer_step_s(void);
double timer_resolution_s(void);

#endif
