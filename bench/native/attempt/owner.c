// SPDX-License-Identifier: MIT
/* The owner of a secret, in a process of its own: a child that does what it is told. */
#include "attempt/owner.h"
#include "attempt/attempt.h"
#include "attempt/restore.h"
#include "memory/region.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
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

static void live(struct attempt *a, int orders)
{
	struct order order;

	/* Whoever started it may be gone already. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	restore_forget();
	while (recv(orders, &order, sizeof(order), 0) == (ssize_t)sizeof(order)) {
		struct answer answer = { .result = order.work(a) };

		answer.error = errno;
		answer.region = a->region;
		if (send(orders, &answer, sizeof(answer), 0) < 0)
			break;
	}
	_exit(0);
}

int owner_do(struct attempt *a, int (*work)(struct attempt *attempt))
{
	const struct order order = { work };
	struct answer answer;

	if (send(a->orders, &order, sizeof(order), MSG_NOSIGNAL) < 0 ||
	    recv(a->orders, &answer, sizeof(answer), 0) != (ssize_t)sizeof(answer)) {
		errno = EPIPE;
		return -1;
	}
	a->region = answer.region;
	errno = answer.error;
	return answer.result;
}

int owner_start(struct attempt *a, int (*begin)(struct attempt *a))
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return -errno;
	a->owner = fork();
	if (!a->owner) {
		close(ends[0]);
		live(a, ends[1]);
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
