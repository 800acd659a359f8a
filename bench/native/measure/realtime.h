/* SPDX-License-Identifier: MIT */
/* Pinning, real-time scheduling and the limits that keep both harmless. */
#ifndef REALTIME_H
#define REALTIME_H

#include <stdbool.h>

struct run;

/*
 * Pin the process (cpu -1: to the last CPU allowed) and, where that is asked for, take
 * SCHED_FIFO. Sets run->cpu, pinned and realtime; what the kernel refuses becomes a warning of
 * the run. Returns 0, or -1 with run->failure where a CPU was named and cannot be had.
 */
int realtime_start(struct run *run, long cpu, bool allowed);
/* Pin the calling thread or process; false where it does not run there then. */
bool realtime_pin(unsigned int cpu);
/* Take SCHED_FIFO for it; 0, or -1 with errno. */
int realtime_take(void);
/* Whether a child of this process can be pinned to that CPU. */
bool realtime_can_pin(unsigned int cpu);
/* No real time for what is not timed and may take long, and real time again where the run had it. */
void realtime_rest(const struct run *run);
void realtime_again(const struct run *run);
/* Name of the scheduling at hand. */
const char *realtime_scheduler(void);
/* CPUs that this process may use. */
unsigned int allowed_count(void);
/* The CPU that comes `steps` allowed ones after `cpu`, round and round. */
unsigned int allowed_after(unsigned int cpu, unsigned int steps);
/* Sleep 10 ms when 90 % of the last 100 ms were busy; call it between timed sections. */
void duty(struct run *run);

#endif
