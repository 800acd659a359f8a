// SPDX-License-Identifier: MIT
#include "measure/child.h"
#include "measure/metric.h"
#include "measure/parent.h"
#include "measure/run.h"
#include "memory/mode.h"
#include "memory/page.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIMIT_PAGES 16u

/* What a process of the same user gets while another has used up the limit. */
enum other { GETS_BOTH, NO_LOCK, NO_MODE };

static int take(const struct mode *mode, uint64_t pages)
{
	struct region region;
	int err = region_obtain(mode, &region, pages * base_bytes());

	for (uint64_t i = 0; !err && i < pages; i++)
		*(volatile char *)(region.base + i * base_bytes()) = 1;
	return err;
}

static int other_process(const struct mode *mode)
{
	void *page = mmap(NULL, base_bytes(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);

	if (page == MAP_FAILED || mlock(page, base_bytes()))
		return NO_LOCK;
	return take(mode, 1) ? NO_MODE : GETS_BOTH;
}

/* The same, of a process that ends again; -1 with errno where there is none. */
static int ask_other(const struct mode *mode)
{
	pid_t parent = getpid(), other = fork();
	int status = 0;

	if (!other) {
		parent_follow_fork(parent);
		_exit(other_process(mode));
	}
	if (other < 0 || waitpid(other, &status, 0) != other)
		return -1;
	if (WIFSIGNALED(status) && WTERMSIG(status) != SIGBUS) {
		errno = EINTR;
		return -1;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : NO_MODE;
}

#define HOLDS 16u	/* the first process has what the limit allows */
#define NO_MORE 8u	/* and gets no page more */

/* count: what the other got, and the two above. A signal at the last touch is a refusal too. */
static void exhaust(struct child_report *report, const void *arg)
{
	const struct mode *mode = arg;
	int other;

	if (!child_limited(report, RLIMIT_MEMLOCK, LIMIT_PAGES * base_bytes()))
		return;
	/* What another is refused while nobody holds anything is not taken from it. */
	other = ask_other(mode);
	if (other != GETS_BOTH) {
		report->refused = other < 0 ? errno : EPERM;
		return;
	}
	report->error = -take(mode, LIMIT_PAGES);
	if (report->error)
		return;
	other = ask_other(mode);
	if (other < 0)
		report->refused = errno;
	else
		report->count = HOLDS + NO_MORE + (uint64_t)other;
	if (report->refused)
		return;
	if (!take(mode, 1))
		report->count -= NO_MORE;
}

static int measure(struct run *run)
{
	static const char *const words[] = { "may lock a page and obtain one",
					     "may not lock a page",
					     "may lock a page but not obtain one" };
	const struct mode *mode = run->cell->mode[TREATMENT];
	struct child_report report = { 0 };

	if (unprivileged(exhaust, mode, &report))
		return unprivileged_failed(run);
	if (!(report.count & HOLDS))
		return run_failed(run, "%s: cannot take what RLIMIT_MEMLOCK allows: %s", mode->name,
				  report.signal ? strsignal(report.signal) :
						  strerror(report.error));
	count_add(&run->arm[TREATMENT], report.count % NO_MORE != GETS_BOTH, 1);
	run_note(run, "way", "\"availability-memlock\"");
	run_note(run, "group", "\"availability\"");
	run_note(run, "evidence",
		 "\"one process holds %u pages of %u and %s; another of the same user %s\"",
		 LIMIT_PAGES, LIMIT_PAGES,
		 report.count & NO_MORE ? "gets no more" : "gets more: not charged",
		 words[report.count % NO_MORE]);
	return 0;
}

static const char *refuse(const struct cell *cell, enum arm_id arm)
{
	if (cell->mode[arm]->huge)
		return "the limit is used up in base pages; this mode has huge pages";
	return NULL;
}

/* What the limit allows and a page more, and of the other process one page, twice. */
static struct need need(const struct cell *cell, const struct mode *mode)
{
	(void)cell;
	(void)mode;
	return (struct need){ (LIMIT_PAGES + 2) * base_bytes(), (LIMIT_PAGES + 3) * base_bytes() };
}

METRIC(availability_memlock) = {
	.name = "availability-memlock",
	.about = "availability: 1 where a process that uses up RLIMIT_MEMLOCK with this memory takes it from "
		 "other processes of the same user, 0 where each has its own",
	.question = "secrecy",
	.unit = "1",
	.better = "lower",
	.assume = "exact",
	.refuse = refuse,
	.need = need,
	.run = measure,
};
