// SPDX-License-Identifier: MIT
/* RLIMIT_MEMLOCK: which rule holds for a mode, and getting out of its way. */
#include "measure/lock_rule.h"
#include "measure/child.h"
#include "measure/parent.h"
#include "measure/run.h"
#include "memory/cause.h"
#include "memory/mode.h"
#include "memory/page.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIMIT_PAGES LOCK_RULE_PAGES

enum rule { NOT_CHARGED, MMAP_PROCESS, MMAP_USER, FAULT_PROCESS, FAULT_USER };

static const char *const rules[] = {
	"not charged against RLIMIT_MEMLOCK", "charged at mmap, per process",
	"charged at mmap, per user",	      "charged at fault, per process",
	"charged at fault, per user",
};

struct charge {
	const struct mode *mode;
	uint64_t pages;
	bool nested; /* while the parent process holds its own share */
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

static void charge(struct child_report *report, const void *arg)
{
	const struct charge *c = arg;
	pid_t parent = getpid(), second;
	int status = 0;

	if (!child_limited(report, RLIMIT_MEMLOCK, LIMIT_PAGES * base_bytes()))
		return;
	take(report, c->mode, c->pages);
	if (!c->nested || report->count != 2)
		return;
	report->count = 0;
	second = fork();
	if (!second) {
		parent_follow_fork(parent);
		take(report, c->mode, c->pages);
		_exit(0);
	}
	if (second < 0 || waitpid(second, &status, 0) != second)
		report->refused = errno;
	else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS)
		report->error = ENOMEM;
	else if (WIFSIGNALED(status))
		report->refused = EINTR;
}

int lock_rule_learn(const struct mode *mode, struct lock_rule *rule)
{
	const struct charge over = { mode, LIMIT_PAGES + 1, false };
	const struct charge both = { mode, LIMIT_PAGES, true };
	struct child_report second = { 0 };
	bool per_user;

	*rule = (struct lock_rule){ 0 };
	if (unprivileged(charge, &over, &rule->over) || unprivileged(charge, &both, &second)) {
		rule->text = unprivileged_why();
		return -1;
	}
	per_user = second.count != 2;
	if (rule->over.count == 0)
		rule->number = per_user ? MMAP_USER : MMAP_PROCESS;
	else if (rule->over.count == 1)
		rule->number = per_user ? FAULT_USER : FAULT_PROCESS;
	rule->text = rules[rule->number];
	return 0;
}

/* On plain secret memory, which anybody may have: the module of bench/kmod leaves the rule as it is. */
void lock_rule_note(struct run *run)
{
	struct lock_rule rule;

	if (strstr(run->notes, "\"memlock_rule\"") || lock_rule_learn(mode_find("secret"), &rule))
		return;
	run_note(run, "memlock_rule", "\"%s\"", rule.text);
}

static void obtain_page(struct child_report *report, const void *arg)
{
	const struct mode *mode = arg;
	struct region region;

	report->error = -region_obtain(mode, &region, 1);
}

const char *unprivileged_refused(const struct mode *mode)
{
	struct child_report report = { 0 };

	if (unprivileged(obtain_page, mode, &report))
		return unprivileged_why();
	/* What is refused to everybody is said elsewhere. */
	if ((report.error != EACCES && report.error != EPERM) || mode_unsupported(mode))
		return NULL;
	return "limits are learnt as an ordinary user, who may not open what this mode needs (where that "
	       "is /dev/secretmem: chmod 666 lets everybody)";
}

/*
 * Kernels that count secret memory at the fault count root's too, and send SIGBUS over the
 * limit: out of the way with it, as far as this process may.
 */
void lock_limit_raise(void)
{
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };

	if (!setrlimit(RLIMIT_MEMLOCK, &limit) || getrlimit(RLIMIT_MEMLOCK, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_MEMLOCK, &limit);
}
