// SPDX-License-Identifier: MIT
#include "measure/others.h"
#include "measure/metric.h"
#include "measure/parent.h"
#include "measure/realtime.h"
#include "measure/run.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MOST_OTHERS 1024u
#define LINE_BYTES 64u
#define PATIENCE_MS 5000u /* for a process to be seen to spin: a busy machine may take its time */

/* A line of the cache for each, which it alone writes. */
struct spinner {
	volatile uint64_t turns;
	char rest[LINE_BYTES - sizeof(uint64_t)];
};

static struct spinner *spinners;
static pid_t pids[MOST_OTHERS];
static uint64_t turns_at_start[MOST_OTHERS];
static unsigned int count;

/* Ticks of the other CPUs (USER_HZ) since boot. */
struct ticks {
	unsigned long long idle, all;
};

static struct ticks at_start;

static void add_cpu(struct ticks *ticks, const char *line, unsigned int own)
{
	unsigned long long part[8] = { 0 };
	unsigned int cpu;

	if (sscanf(line, "cpu%u %llu %llu %llu %llu %llu %llu %llu %llu", &cpu, &part[0], &part[1],
		   &part[2], &part[3], &part[4], &part[5], &part[6], &part[7]) < 5 ||
	    cpu == own)
		return;
	/* user, nice, system, idle, iowait, irq, softirq, steal: Documentation/filesystems/proc.rst */
	ticks->idle += part[3] + part[4];
	for (size_t i = 0; i < 8; i++)
		ticks->all += part[i];
}

static struct ticks ticks_read(unsigned int own)
{
	FILE *file = fopen("/proc/stat", "re");
	struct ticks ticks = { 0, 0 };
	char line[512];

	/* Without a number it is the sum of all. */
	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, "cpu", 3) && line[3] != ' ')
			add_cpu(&ticks, line, own);
	if (file)
		fclose(file);
	return ticks;
}

static void spin(unsigned int cpu, struct spinner *spinner, pid_t parent)
{
	parent_follow_fork(parent);
	if (!realtime_pin(cpu))
		_exit(1);
	for (;;)
		spinner->turns++;
}

/* Its own counter moves: it has its CPU, and runs. */
static int await(struct run *run, unsigned int i, unsigned int cpu)
{
	const struct timespec nap = { .tv_nsec = 1000000 };

	for (unsigned int ms = 0; ms < PATIENCE_MS; ms++) {
		if (spinners[i].turns)
			return 0;
		if (waitpid(pids[i], NULL, WNOHANG) == pids[i])
			break;
		nanosleep(&nap, NULL);
	}
	return run_failed(run, "others=busy: no process spins on CPU %u", cpu);
}

int others_start(struct run *run)
{
	unsigned int others = allowed_count() - 1;
	pid_t parent = getpid();

	count = 0;
	if (!cell_has(run->cell, "others"))
		return 0;
	at_start = ticks_read(run->cpu);
	if (cell_is(run->cell, "others", "idle"))
		return 0;
	others = others < MOST_OTHERS ? others : MOST_OTHERS;
	spinners = mmap(NULL, MOST_OTHERS * sizeof(*spinners), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (spinners == MAP_FAILED)
		return run_failed(run, "others=busy: %s", strerror(errno));
	for (unsigned int i = 0; i < others; i++) {
		unsigned int cpu = allowed_after(run->cpu, i + 1);

		pids[count] = fork();
		if (!pids[count])
			spin(cpu, &spinners[i], parent);
		if (pids[count] < 0)
			return run_failed(run, "others=busy: fork: %s", strerror(errno));
		count++;
		if (await(run, i, cpu))
			return -1;
	}
	for (unsigned int i = 0; i < count; i++)
		turns_at_start[i] = spinners[i].turns;
	return 0;
}

int others_note(struct run *run)
{
	struct ticks now;

	if (!cell_has(run->cell, "others"))
		return 0;
	now = ticks_read(run->cpu);
	if (now.all > at_start.all)
		run_note(run, "others_busy_share", "%.3g",
			 1 - (double)(now.idle - at_start.idle) / (double)(now.all - at_start.all));
	for (unsigned int i = 0; i < count; i++)
		if (spinners[i].turns == turns_at_start[i])
			return run_failed(
				run, "others=busy: the process on CPU %u did not spin meanwhile",
				allowed_after(run->cpu, i + 1));
	return 0;
}

void others_stop(void)
{
	for (unsigned int i = 0; i < count; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
	count = 0;
}
