// SPDX-License-Identifier: MIT
/*
 * What was asked for and refused must not be measured without: an unpinned process counts the
 * interrupts of the CPU that it runs on itself. Each need is tried, not derived from rights.
 */
#include "verb/obtained.h"
#include "attempt/attempt.h"
#include "kernel/bpf.h"
#include "kernel/map_level.h"
#include "measure/metric.h"
#include "measure/realtime.h"
#include "measure/run.h"
#include "memory/array.h"
#include "memory/frame.h"

#include <stdio.h>
#include <unistd.h>

static bool has_cpu(const struct run *run)
{
	return run->pinned;
}

static bool has_other_cpu(const struct run *run)
{
	return allowed_count() > 1 && realtime_can_pin(allowed_after(run->cpu, 1));
}

static bool has_realtime(const struct run *run)
{
	return run->realtime;
}

static bool has_frames(const struct run *run)
{
	return frame_of(getpid(), run);
}

static bool has_page_tables(const struct run *run)
{
	(void)run;
	return !level_find();
}

/* In the order of the bits; `has` NULL where only the metric itself can tell, and refuses. */
static const struct need_word {
	const char *word, *why;
	bool (*has)(const struct run *run);
} needs[] = {
	{ "cpu",
	  "it must be pinned to its CPU, and that was refused: allow sched_setaffinity (a sandbox "
	  "may forbid it)",
	  has_cpu },
	{ "other-cpu",
	  "a process must be pinned to another CPU, and there is none or that was refused: allow two "
	  "CPUs and sched_setaffinity",
	  has_other_cpu },
	{ "realtime",
	  "it must run in real time, or what others take is counted as well: run as root or grant "
	  "CAP_SYS_NICE, and without --no-realtime",
	  has_realtime },
	{ "frames", "frame numbers are kept back: run as root (CAP_SYS_ADMIN)", has_frames },
	{ "counters", NULL, NULL },
	{ "page-tables", "the kernel's page tables cannot be read: " MAY_LOAD, has_page_tables },
};

static unsigned int needs_of(const struct metric *metric)
{
	return metric->needs | (metric->way ? metric->way->needs : 0);
}

void obtained_print_needs(const struct metric *metric)
{
	for (unsigned int i = 0, printed = 0; i < COUNT(needs); i++)
		if (needs_of(metric) >> i & 1)
			printf("%s\"%s\"", printed++ ? ", " : "", needs[i].word);
}

const char *obtained_missing(const struct run *run)
{
	static char why[300];

	for (unsigned int i = 0; i < COUNT(needs); i++) {
		if (!(needs_of(run->cell->metric) >> i & 1) || !needs[i].has || needs[i].has(run))
			continue;
		snprintf(why, sizeof(why), "%s needs %s: %s", run->cell->metric->name,
			 needs[i].word, needs[i].why);
		return why;
	}
	return NULL;
}
