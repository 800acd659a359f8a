// SPDX-License-Identifier: MIT
/* Pinning, real-time scheduling and the limits that keep both harmless. */
#include "measure/realtime.h"
#include "measure/run.h"
#include "measure/timer.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#ifndef SCHED_RESET_ON_FORK
#define SCHED_RESET_ON_FORK 0x40000000
#endif

/* Longest stretch of CPU without a sleep before the kernel kills the run, in us. */
#define RTTIME_US 3000000u

/* What this process may use, read before it pins itself to one of them. */
static const cpu_set_t *allowed_set(void)
{
	static cpu_set_t cpus;

	if (!CPU_COUNT(&cpus) && sched_getaffinity(0, sizeof(cpus), &cpus))
		CPU_SET(0, &cpus);
	return &cpus;
}

static unsigned int last_cpu(void)
{
	unsigned int last = 0;

	for (unsigned int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, allowed_set()))
			last = cpu;
	return last;
}

unsigned int allowed_count(void)
{
	return (unsigned int)CPU_COUNT(allowed_set());
}

unsigned int allowed_after(unsigned int cpu, unsigned int steps)
{
	while (steps) {
		cpu = (cpu + 1) % CPU_SETSIZE;
		steps -= CPU_ISSET(cpu, allowed_set()) != 0;
	}
	return cpu;
}

static int pin(unsigned int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set);
}

int realtime_thread(unsigned int cpu)
{
	struct sched_param param = { .sched_priority = 1 };

	pin(cpu);
	return sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &param);
}

/*
 * One priority above the minimum suffices: only kernel threads of higher
 * priority should come before the measured work. RLIMIT_RTTIME starts anew at
 * every sleep, hence the wall-clock timeout that bench keeps outside.
 */
void realtime_start(struct run *run, long cpu, bool allowed)
{
	struct rlimit limit = { RTTIME_US, RTTIME_US };

	allowed_set();
	run->cpu = cpu < 0 ? last_cpu() : (unsigned int)cpu;
	if (pin(run->cpu))
		run_warn(run, "could not pin to CPU %u: %s", run->cpu, strerror(errno));
	if (!allowed)
		return;
	setrlimit(RLIMIT_RTTIME, &limit);
	if (realtime_thread(run->cpu))
		run_warn(run,
			 "no real-time scheduling (%s): expect wider intervals; run as root "
			 "or grant CAP_SYS_NICE",
			 strerror(errno));
}

void realtime_leave(void)
{
	struct sched_param param = { .sched_priority = 0 };

	sched_setscheduler(0, SCHED_OTHER, &param);
}

void realtime_unlimited(void)
{
	const struct rlimit none = { RLIM_INFINITY, RLIM_INFINITY };

	setrlimit(RLIMIT_RTTIME, &none);
}

const char *realtime_scheduler(void)
{
	switch (sched_getscheduler(0) & ~SCHED_RESET_ON_FORK) {
	case SCHED_FIFO:
		return "SCHED_FIFO";
	case SCHED_RR:
		return "SCHED_RR";
	default:
		return "SCHED_OTHER";
	}
}

/*
 * SCHED_FIFO is throttled to 95 % of each second even when nothing else wants
 * the CPU: stay at 90 % by sleeping 10 ms after 90 ms of work.
 */
void duty(struct run *run)
{
	struct timespec rest = { .tv_nsec = 10000000 }, now;
	static uint64_t busy_since_ns;
	uint64_t now_ns;

	(void)run;
	clock_gettime(CLOCK_MONOTONIC, &now);
	now_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
	if (!busy_since_ns)
		busy_since_ns = now_ns;
	if (now_ns - busy_since_ns < 90000000u)
		return;
	nanosleep(&rest, NULL);
	busy_since_ns = now_ns + 10000000u;
}
