/* SPDX-License-Identifier: MIT */
/* Pinning, real-time scheduling and the limits that keep both harmless. */
#ifndef REALTIME_H
#define REALTIME_H

#include <stdbool.h>

struct run;

/*
 * Pin the process (cpu -1: to the last CPU allowed) and, where that is asked for, take
 * SCHED_FIFO. Sets run->cpu; what the kernel refuses becomes a warning of the run.
 */
void realtime_start(struct run *run, long cpu, bool allowed);
/* The same for the calling thread; 0, or -1 with errno where there is no real-time scheduling. */
int realtime_thread(unsigned int cpu);
/* Go back to ordinary scheduling: work that is to be what it is for everybody. */
void realtime_leave(void);
/* Lift RLIMIT_RTTIME, where root may: an emulated CPU is busy for long without being stuck. */
void realtime_unlimited(void);
/* Name of the scheduling at hand. */
const char *realtime_scheduler(void);
/* CPUs that this process may use. */
unsigned int allowed_count(void);
/* The CPU that comes `steps` allowed ones after `cpu`, round and round. */
unsigned int allowed_after(unsigned int cpu, unsigned int steps);
/* Sleep 10 ms when 90 % of the last 100 ms were busy; call it between timed sections. */
void duty(struct run *run);

#endif
