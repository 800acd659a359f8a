// SPDX-License-Identifier: MIT
/*
 * Work in a child without capabilities: a process that holds CAP_IPC_LOCK is
 * exempt from RLIMIT_MEMLOCK, so limits can only be learnt without it.
 */
#include "measure/child.h"
#include "measure/parent.h"
#include "measure/run.h"
#include "memory/cause.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* A user that distributions leave unused, so that nobody else's locks are counted. */
#define NOBODY_ELSE 64321u

static int drop_rights(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = { { 0 } };
	struct sched_param param = { 0 };

	sched_setscheduler(0, SCHED_OTHER, &param);
	if (!geteuid() && (setgroups(0, NULL) || setresgid(NOBODY_ELSE, NOBODY_ELSE, NOBODY_ELSE) ||
			   setresuid(NOBODY_ELSE, NOBODY_ELSE, NOBODY_ELSE)))
		return -1;
	return (int)syscall(SYS_capset, &header, none);
}

static char why[300];
static bool was_refused;

const char *unprivileged_why(void)
{
	return why;
}

static int say_why(const char *what, int err)
{
	snprintf(why, sizeof(why), "%s: %s%s: run as root, in no user namespace", what,
		 err == EPERM ? cause_filter() : "", strerror(err));
	was_refused = true;
	return -1;
}

/* Another signal than that of a touch beyond a limit says nothing of the limit. */
static int say_signal(int signal)
{
	snprintf(why, sizeof(why), "a child was killed by SIG%s (%s)", sigabbrev_np(signal),
		 strsignal(signal));
	was_refused = false;
	return -1;
}

int unprivileged_failed(struct run *run)
{
	return was_refused ? run_refused(run, "%s", why) : run_failed(run, "%s", why);
}

bool child_limited(struct child_report *report, int resource, uint64_t limit)
{
	const struct rlimit both = { limit, limit };

	if (setrlimit(resource, &both))
		report->refused = errno;
	return !report->refused;
}

static void live(pid_t parent, void (*work)(struct child_report *report, const void *arg),
		 const void *arg, struct child_report *report)
{
	const struct rlimit no_core = { 0, 0 };

	parent_follow_fork(parent);
	setrlimit(RLIMIT_CORE, &no_core);
	/* A sanitizer would catch it and exit. */
	signal(SIGBUS, SIG_DFL);
	if (drop_rights()) {
		report->refused = errno;
		_exit(0);
	}
	/* Once more: it is forgotten with a change of user. */
	parent_follow_fork(parent);
	work(report, arg);
	_exit(0);
}

int unprivileged(void (*work)(struct child_report *report, const void *arg), const void *arg,
		 struct child_report *report)
{
	struct child_report *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
					   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t parent = getpid(), child;
	int status = 0;

	if (shared == MAP_FAILED)
		return say_why("no memory to share with a child", errno);
	child = fork();
	if (!child)
		live(parent, work, arg, shared);
	if (child < 0 || waitpid(child, &status, 0) != child) {
		munmap(shared, sizeof(*shared));
		return say_why("no child can be started", errno);
	}
	*report = *shared;
	munmap(shared, sizeof(*shared));
	if (WIFSIGNALED(status) && WTERMSIG(status) != SIGBUS)
		return say_signal(WTERMSIG(status));
	if (WIFSIGNALED(status))
		report->signal = WTERMSIG(status);
	if (report->refused)
		return say_why("a child cannot be, or do, what an ordinary user can",
			       report->refused);
	return 0;
}
