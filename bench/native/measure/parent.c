// SPDX-License-Identifier: MIT
#include "measure/parent.h"
#include "measure/exit_code.h"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

void parent_follow_fork(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(EXIT_FAILED);
}

/*
 * A parent that died before this process could ask to follow it is not to be seen by its number,
 * which init or another keeper of orphans has taken over. But a pipe on stdout tells: nobody is
 * left who holds its other end.
 */
static int reader_gone(void)
{
	struct pollfd out = { STDOUT_FILENO, 0, 0 };

	return poll(&out, 1, 0) == 1 && out.revents & POLLERR;
}

void parent_follow(void)
{
	parent_follow_fork(getppid());
	if (reader_gone())
		_exit(EXIT_FAILED);
}
