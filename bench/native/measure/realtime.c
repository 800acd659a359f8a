// SPDX-License-Identifier: MIT
/* Pinning, real-time scheduling and the limits that keep both harmless. */
#include "measure/realtime.h"
#include "measure/exit_code.h"
#include "measure/parent.h"
#include "measure/run.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef SCHED_RESET_ON_FORK
#define SCHED_RESET_ON_FORK 0x40000000
#endif

/* Longest stretch of CPU without a sleep before the run is ended, and then killed, in us. */
#define RTTIME_US 3000000u
#define RTTIME_GRACE_US 1000000u

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

/* A call that a sandbox lets succeed without doing anything is no pinning. */
bool realtime_pin(unsigned int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return !sched_setaffinity(0, sizeof(set), &set) && sched_getcpu() == (int)cpu;
}

bool realtime_can_pin(unsigned int cpu)
{
	pid_t parent = getpid(), child = fork();
	int status = -1;

	if (!child) {
		parent_follow_fork(parent);
		_exit(!realtime_pin(cpu));
	}
	return child > 0 && waitpid(child, &status, 0) == child && !status;
}

/*
 * One priority above the minimum suffices: only kernel threads of higher
 * priority should come before the measured work.
 */
int realtime_take(void)
{
	struct sched_param param = { .sched_priority = 1 };

	return sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &param);
}

static void too_long(int signal)
{
	static const char why[] =
		"ran for 3 s in real time without a sleep, which would hold up the machine: ended; "
		"take fewer pages, loads or bytes at once, or --no-realtime\n";

	(void)signal;
	_exit(write(STDERR_FILENO, why, sizeof(why) - 1) < 0 ? EXIT_FAILED : EXIT_FAILED);
}

/*
 * RLIMIT_RTTIME starts anew at every sleep, hence the wall-clock timeout that bench keeps
 * outside. At the soft limit it is SIGXCPU, to say why; at the hard one SIGKILL.
 */
static void limit_realtime(void)
{
	struct rlimit limit = { RTTIME_US, RTTIME_US + RTTIME_GRACE_US };

	signal(SIGXCPU, too_long);
	setrlimit(RLIMIT_RTTIME, &limit);
}

static int start_on(struct run *run, long cpu)
{
	run->cpu = cpu < 0 ? last_cpu() : (unsigned int)cpu;
	errno = 0;
	run->pinned = realtime_pin(run->cpu);
	if (run->pinned)
		return 0;
	if (cpu >= 0)
		return run_refused(run,
				   "cannot run on CPU %u: %s: name another with --cpu, or none",
				   run->cpu, errno ? strerror(errno) : "it stays on another");
	run_warn(run, "could not pin to CPU %u: %s", run->cpu,
		 errno ? strerror(errno) : "it stays on another");
	run->cpu = (unsigned int)sched_getcpu();
	return 0;
}

int realtime_start(struct run *run, long cpu, bool allowed)
{
	allowed_set();
	if (start_on(run, cpu))
		return -1;
	if (!allowed)
		return 0;
	limit_realtime();
	run->realtime = !realtime_take();
	if (!run->realtime)
		run_warn(run,
			 "no real-time scheduling (%s): expect wider intervals; run as root "
			 "or grant CAP_SYS_NICE",
			 strerror(errno));
	return 0;
}

void realtime_rest(const struct run *run)
{
	struct sched_param none = { 0 };

	if (run->realtime)
		sched_setscheduler(0, SCHED_OTHER, &none);
}

void realtime_again(const struct run *run)
{
	if (run->realtime)
		realtime_take();
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
	static _Thread_local uint64_t busy_since_ns;
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
