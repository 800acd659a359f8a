// SPDX-License-Identifier: MIT
/* The owner of a secret, in a process of its own: a child that does what it is told. */
#include "attempt/owner.h"
#include "attempt/attempt.h"
#include "kernel/restore.h"
#include "measure/parent.h"
#include "measure/run.h"
#include "memory/cause.h"
#include "memory/mode.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct order {
	int (*work)(struct attempt *attempt);
};

struct answer {
	int result, error;
	struct region region;
};

static void live(struct attempt *a, int orders, pid_t parent)
{
	struct order order;

	parent_follow_fork(parent);
	restore_forget();
	/* Its parent says how it ended. */
	signal(SIGBUS, SIG_DFL);
	while (recv(orders, &order, sizeof(order), 0) == (ssize_t)sizeof(order)) {
		struct answer answer = { .result = order.work(a) };

		answer.error = errno;
		answer.region = a->region;
		if (send(orders, &answer, sizeof(answer), 0) < 0)
			break;
	}
	_exit(0);
}

/* It has ended by itself, or hangs in what it was told: then it is ended here. */
static void owner_lost(struct attempt *a)
{
	int status = 0;

	kill(a->owner, SIGKILL);
	waitpid(a->owner, &status, __WALL);
	if (WIFSIGNALED(status))
		snprintf(a->lost, sizeof(a->lost), "it was killed by SIG%s (%s)",
			 sigabbrev_np(WTERMSIG(status)), strsignal(WTERMSIG(status)));
	else
		snprintf(a->lost, sizeof(a->lost), "it ended with exit code %d",
			 WEXITSTATUS(status));
	owner_gone(a);
}

int owner_failed(struct attempt *a, const char *what)
{
	if (a->lost[0])
		return run_failed(a->run, "%s: the owner %s: %s", a->mode->name, what, a->lost);
	if (errno == EPERM || errno == EACCES)
		return run_refused(a->run, "not tried: %s: the owner %s: %s%s", a->mode->name, what,
				   cause_filter(), strerror(errno));
	return run_failed(a->run, "%s: the owner %s: %s", a->mode->name, what, strerror(errno));
}

int owner_do(struct attempt *a, int (*work)(struct attempt *attempt))
{
	const struct order order = { work };
	struct answer answer;

	if (send(a->orders, &order, sizeof(order), MSG_NOSIGNAL) < 0 ||
	    recv(a->orders, &answer, sizeof(answer), 0) != (ssize_t)sizeof(answer)) {
		owner_lost(a);
		errno = EPIPE;
		return -1;
	}
	a->region = answer.region;
	errno = answer.error;
	return answer.result;
}

int owner_start(struct attempt *a, int (*begin)(struct attempt *a))
{
	pid_t parent = getpid();
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return -errno;
	a->owner = fork();
	if (!a->owner) {
		close(ends[0]);
		live(a, ends[1], parent);
	}
	close(ends[1]);
	a->orders = ends[0];
	a->owner_orders = ends[1];
	if (a->owner < 0) {
		a->owner = 0;
		close(ends[0]);
		return -EAGAIN;
	}
	return owner_do(a, begin);
}

int owner_stop(struct attempt *a)
{
	int status;

	if (ptrace(PTRACE_ATTACH, a->owner, NULL, NULL))
		return -1;
	return waitpid(a->owner, &status, __WALL) == a->owner && WIFSTOPPED(status) ? 0 : -1;
}

FILE *owner_file(const struct attempt *a, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", a->owner, name);
	return fopen(path, "re");
}

void owner_gone(struct attempt *a)
{
	close(a->orders);
	a->owner = 0;
	a->region.base = NULL;
}

void owner_end(struct attempt *a)
{
	kill(a->owner, SIGKILL);
	waitpid(a->owner, NULL, __WALL);
	owner_gone(a);
}
