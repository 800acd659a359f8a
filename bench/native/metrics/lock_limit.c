// SPDX-License-Identifier: MIT
#include "../metric.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIMIT_PAGES 16u

/* The rule that holds, as the metric's value. */
enum rule { NOT_CHARGED, MMAP_PROCESS, MMAP_USER, FAULT_PROCESS, FAULT_USER };

static const char *const rules[] = {
	"not charged against RLIMIT_MEMLOCK",
	"charged at mmap, per process",
	"charged at mmap, per user",
	"charged at fault, per process",
	"charged at fault, per user",
};

struct attempt {
	const struct mode *mode;
	uint64_t pages;
	bool nested;	/* while the parent process holds its own share */
};

/* report->count: 1 mapped, 2 mapped and every page touched. */
static void take(struct child_report *report, const struct mode *mode, uint64_t pages)
{
	struct region region;
	int err = region_obtain(mode, &region, pages * base_bytes());

	if (err) {
		report->error = -err;
		return;
	}
	report->count = 1;
	for (uint64_t i = 0; i < pages; i++)
		*(volatile char *)(region.base + i * base_bytes()) = 1;
	report->count = 2;
}

static void attempt(struct child_report *report, const void *arg)
{
	const struct attempt *a = arg;
	const struct rlimit limit = { LIMIT_PAGES * base_bytes(), LIMIT_PAGES * base_bytes() };
	int status;

	setrlimit(RLIMIT_MEMLOCK, &limit);
	take(report, a->mode, a->pages);
	if (!a->nested || report->count != 2)
		return;
	report->count = 0;
	if (!fork()) {
		take(report, a->mode, a->pages);
		_exit(0);
	}
	wait(&status);
	if (WIFSIGNALED(status))
		report->error = WTERMSIG(status) == SIGBUS ? ENOMEM : EINTR;
}

static int measure(struct run *run)
{
	const struct mode *mode = run->cell->mode[TREATMENT];
	const struct attempt over = { mode, LIMIT_PAGES + 1, false };
	const struct attempt both = { mode, LIMIT_PAGES, true };
	struct child_report alone = { 0 }, second = { 0 };
	enum rule rule = NOT_CHARGED;
	bool per_user;

	if (unprivileged(attempt, &over, &alone) || unprivileged(attempt, &both, &second))
		return run_failed(run, "cannot drop capabilities in a child");
	per_user = second.count != 2;
	if (alone.count == 0)
		rule = per_user ? MMAP_USER : MMAP_PROCESS;
	else if (alone.count == 1)
		rule = per_user ? FAULT_USER : FAULT_PROCESS;
	count_add(&run->arm[TREATMENT], rule, 1);
	run_note(run, "rule", "\"%s\"", rules[rule]);
	if (alone.error)
		run_note(run, "over_the_limit", "\"%s\"", strerror(alone.error));
	else if (alone.signal)
		run_note(run, "over_the_limit", "\"signal %d (%s)\"", alone.signal,
			 strsignal(alone.signal));
	return 0;
}

static const char *refuse(const struct cell *cell, enum arm_id arm)
{
	if (cell->mode[arm]->huge)
		return "the rule is learnt in base pages; this mode has huge pages";
	return NULL;
}

static struct need need(const struct cell *cell, const struct mode *mode)
{
	(void)cell;
	(void)mode;
	return (struct need){ 3 * LIMIT_PAGES * base_bytes(), 4 * LIMIT_PAGES * base_bytes() };
}

METRIC(lock_limit) = {
	.name = "lock-limit",
	.about = "which RLIMIT_MEMLOCK rule holds for the mode without capabilities: 0 not charged, "
		 "1 at mmap per process, 2 at mmap per user, 3 at fault per process, 4 at fault per user",
	.question = "owner",
	.unit = "1",
	.better = "lower",
	.assume = "exact",
	.refuse = refuse,
	.need = need,
	.run = measure,
};
