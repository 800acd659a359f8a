// SPDX-License-Identifier: MIT
#include "memory/cause.h"
#include "memory/available.h"
#include "memory/mode.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define FILTERED 2	/* PR_GET_SECCOMP: Documentation/userspace-api/seccomp_filter.rst */

static bool filtered(void)
{
	int state = prctl(PR_GET_SECCOMP, 0, 0, 0, 0);

	/* What is refused here is a filter's refusal, too. */
	return state == FILTERED || (state < 0 && errno == EPERM);
}

const char *cause_filter(void)
{
	return filtered() ?
		       "a filter of system calls (seccomp) is in force here and may forbid it: run it "
		       "outside the sandbox; else: " :
		       "";
}

/* -1 where there is none. */
static long long limit_of(int resource)
{
	struct rlimit limit;

	if (getrlimit(resource, &limit) || limit.rlim_cur == RLIM_INFINITY)
		return -1;
	return (long long)limit.rlim_cur;
}

static bool over_lock_limit(const struct mode *mode, int err)
{
	return mode->locked && limit_of(RLIMIT_MEMLOCK) >= 0 &&
	       (err == EAGAIN || err == ENOMEM || (err == EPERM && !limit_of(RLIMIT_MEMLOCK)));
}

static void hint(char *text, size_t room, const struct mode *mode, int err)
{
	if (over_lock_limit(mode, err))
		snprintf(
			text, room,
			"RLIMIT_MEMLOCK allows %lld bytes: raise it (ulimit -l) or grant CAP_IPC_LOCK",
			limit_of(RLIMIT_MEMLOCK));
	else if (err == EMFILE)
		snprintf(text, room, "RLIMIT_NOFILE allows %lld open files: raise it (ulimit -n)",
			 limit_of(RLIMIT_NOFILE));
	else if (err == ENOMEM && !mode->reserved)
		snprintf(text, room, "%llu MiB of memory are available: take less, or free some",
			 (unsigned long long)(available_bytes() >> 20));
	else if (err == EPERM && filtered())
		snprintf(
			text, room,
			"a filter of system calls (seccomp) is in force here and may forbid it: run it "
			"outside the sandbox");
	else
		snprintf(text, room, "%s%s", err == ENOSYS ? cause_filter() : "",
			 mode->hint ? mode->hint : "");
}

const char *cause_mode(const struct mode *mode, int err)
{
	static char text[500];
	char more[400] = "";

	hint(more, sizeof(more), mode, err);
	snprintf(text, sizeof(text), "%s: %s%s%s", mode->name, strerror(err), more[0] ? "; " : "",
		 more);
	return text;
}

bool cause_lasts(const struct mode *mode, int err)
{
	return err == EPERM || err == EACCES || err == ENOSYS || err == EMFILE ||
	       err == EOPNOTSUPP || over_lock_limit(mode, err);
}

static int can_obtain(const struct mode *mode)
{
	struct region region;
	int err = region_obtain(mode, &region, 1);

	if (!err)
		region_release(mode, &region);
	return err;
}

/*
 * In a child: what a library sets up for the whole process, locks among them, has to
 * be set up in the process that is measured, which may be a child without those locks.
 */
static int can_obtain_elsewhere(const struct mode *mode)
{
	pid_t child = fork();
	int status;

	if (!child)
		_exit(-can_obtain(mode));
	if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
		return -ECHILD;
	return -WEXITSTATUS(status);
}

const char *mode_unsupported(const struct mode *mode)
{
	static char reason[500];
	int err = mode->library ? can_obtain_elsewhere(mode) : can_obtain(mode);
	const char *why;

	if (err) {
		snprintf(reason, sizeof(reason), "%s", cause_mode(mode, -err));
		return reason;
	}
	why = mode->refuse ? mode->refuse() : NULL;
	if (!why)
		return NULL;
	snprintf(reason, sizeof(reason), "%s: %s", mode->name, why);
	return reason;
}
