// SPDX-License-Identifier: MIT
/*
 * How much of the direct map one user without privileges can take away: so much
 * secret memory as RLIMIT_MEMLOCK allows, in each of several processes at once.
 */
#include "kernel/counter.h"
#include "measure/child.h"
#include "measure/metric.h"
#include "measure/parent.h"
#include "measure/run.h"
#include "memory/mode.h"
#include "memory/page.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct param params[] = {
	{ "processes", "processes of one user, at once", "1", NULL, "4", 1, 1024 },
	{ "limit_bytes", "RLIMIT_MEMLOCK of each", "B", NULL, "8388608", 1u << 14, 1ull << 34 },
};

/* Shared by all of them. */
static struct tally {
	_Atomic uint64_t pages;	  /* touched, and held until all are done */
	_Atomic uint64_t settled; /* processes that got all they could */
	_Atomic int error; /* errno of one that got nothing, not for want of a higher limit */
	struct counters after;
} *tally;

struct demand {
	const struct mode *mode;
	uint64_t processes, limit_bytes;
};

/* Some kernels charge at the fault and answer with SIGBUS. */
static void over_the_limit(int signal)
{
	(void)signal;
	atomic_fetch_add(&tally->settled, 1);
	for (;;)
		pause();
}

static void take_all(const struct demand *demand)
{
	struct region region;
	int err;

	signal(SIGBUS, over_the_limit);
	err = region_obtain(demand->mode, &region, demand->limit_bytes);
	if (err && err != -EAGAIN && err != -ENOMEM)
		atomic_store(&tally->error, -err);
	if (!err)
		for (uint64_t at = 0; at < demand->limit_bytes; at += base_bytes()) {
			*(volatile char *)(region.base + at) = 1;
			atomic_fetch_add(&tally->pages, 1);
		}
	atomic_fetch_add(&tally->settled, 1);
	for (;;)
		pause();
}

static void user(struct child_report *report, const void *arg)
{
	const struct demand *demand = arg;
	pid_t parent = getpid(), *children = calloc(demand->processes, sizeof(*children));
	uint64_t started = 0;

	if (!children || !child_limited(report, RLIMIT_MEMLOCK, demand->limit_bytes))
		return;
	for (; started < demand->processes; started++) {
		pid_t child = fork();

		if (child < 0)
			break;
		if (!child) {
			parent_follow_fork(parent);
			take_all(demand);
		}
		children[started] = child;
	}
	report->error = started < demand->processes ? errno : 0;
	while (atomic_load(&tally->settled) < started && waitpid(-1, NULL, WNOHANG) <= 0)
		usleep(1000);
	tally->after = counters_read();
	report->count = started;
	/* They would die with this process, where it may ask the kernel for that. */
	while (started)
		kill(children[--started], SIGKILL);
}

/* 2M mappings of the direct map that are left to be split, those within 1G mappings too. */
static long long unsplit_blocks(const struct counters *counters)
{
	return (counters->direct_map_kb[1] + counters->direct_map_kb[2]) /
	       (long long)(huge_bytes() / 1024);
}

static void note_splits(struct run *run, const struct counters *before)
{
	const struct counters *after = &tally->after;

	if (before->splits[0] < 0)
		return;
	run_note(run, "splits_since_boot", "%lld", before->splits[0] + before->splits[1]);
	run_note(run, "splits_2m", "%lld", after->splits[0] - before->splits[0]);
	run_note(run, "splits_1g", "%lld", after->splits[1] - before->splits[1]);
	run_note(run, "unsplit_2m_blocks", "%lld", unsplit_blocks(after));
}

static const char *rule_of(uint64_t pages, uint64_t share, uint64_t processes)
{
	if (pages > share)
		return "per process: each gets the whole limit";
	return pages == share && processes > 1 ? "per user: all share one limit" :
						 "not told by one process";
}

static int measure(struct run *run)
{
	const struct demand demand = {
		run->cell->mode[TREATMENT],
		cell_number(run->cell, "processes"),
		cell_number(run->cell, "limit_bytes"),
	};
	struct counters before = counters_read();
	struct child_report report = { 0 };
	struct rlimit processes = { 0, 0 };

	tally = mmap(NULL, sizeof(*tally), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	if (tally == MAP_FAILED)
		return run_failed(run, "no memory to share with the processes");
	if (unprivileged(user, &demand, &report))
		return unprivileged_failed(run);
	if (tally->error)
		return run_unobtained(run, demand.mode, -tally->error);
	getrlimit(RLIMIT_NPROC, &processes);
	if (report.error)
		return run_refused(
			run,
			"%llu of %llu processes could be started: %s; RLIMIT_NPROC allows "
			"%lld: take fewer",
			(unsigned long long)report.count, (unsigned long long)demand.processes,
			strerror(report.error), (long long)processes.rlim_cur);
	if (tally->settled < report.count)
		return run_failed(run, "a process ended before it had all that it could get");
	count_add(&run->arm[TREATMENT], tally->pages, 1);
	run_note(run, "processes_started", "%llu", (unsigned long long)report.count);
	run_note(run, "rule", "\"%s\"",
		 rule_of(tally->pages, demand.limit_bytes / base_bytes(), report.count));
	if (processes.rlim_cur != RLIM_INFINITY)
		run_note(run, "most_processes", "%llu", (unsigned long long)processes.rlim_cur);
	note_splits(run, &before);
	munmap(tally, sizeof(*tally));
	return 0;
}

static const char *wrong(const struct cell *cell)
{
	return whole_pages(cell, "limit_bytes");
}

static const char *refuse(const struct cell *cell, enum arm_id arm)
{
	return cell->mode[arm]->huge ? "counted in base pages; this mode has huge pages" : NULL;
}

static struct need need(const struct cell *cell, const struct mode *mode)
{
	uint64_t bytes = cell_number(cell, "processes") * cell_number(cell, "limit_bytes");

	(void)mode;
	return (struct need){ bytes, bytes };
}

METRIC(user_reach) = {
	.name = "user-reach",
	.about = "base pages of the mode that one user without privileges gets with several processes at "
		 "their RLIMIT_MEMLOCK: how far a single user can split the direct map",
	.question = "everyone",
	.unit = "1",
	.better = "lower",
	.assume = "exact",
	PARAMS(params),
	.wrong = wrong,
	.refuse = refuse,
	.need = need,
	.run = measure,
};
