// SPDX-License-Identifier: MIT
/*
 * Work in a child without capabilities: a process that holds CAP_IPC_LOCK is
 * exempt from RLIMIT_MEMLOCK, so limits can only be learnt without it.
 */
#include "measure/child.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
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

int unprivileged(void (*work)(struct child_report *report, const void *arg), const void *arg,
		 struct child_report *report)
{
	struct child_report *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
					   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status = 0;
	pid_t child;

	if (shared == MAP_FAILED)
		return -errno;
	child = fork();
	if (!child) {
		const struct rlimit no_core = { 0, 0 };

		setrlimit(RLIMIT_CORE, &no_core);
		/* A sanitizer would catch it and exit. */
		signal(SIGBUS, SIG_DFL);
		if (drop_rights())
			_exit(1);
		work(shared, arg);
		_exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) != child) {
		munmap(shared, sizeof(*shared));
		return -ECHILD;
	}
	*report = *shared;
	munmap(shared, sizeof(*shared));
	if (WIFSIGNALED(status))
		report->signal = WTERMSIG(status);
	return WIFEXITED(status) && WEXITSTATUS(status) ? -EPERM : 0;
}
