// SPDX-License-Identifier: MIT
#include "measure/exit_code.h"
#include "testbed/work.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILDREN 20

static int null = -1;

static int begin(void)
{
	null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	return null < 0 ? -errno : 0;
}

static void end(void)
{
	close(null);
}

/* This program without a verb: it says which there are, and ends. */
static void become_another(void)
{
	static char *const argv[] = { "core", NULL }, *const environment[] = { NULL };

	dup2(null, STDERR_FILENO);
	execve("/proc/self/exe", argv, environment);
	_exit(0);
}

static int64_t children(void)
{
	for (int i = 0; i < CHILDREN; i++) {
		pid_t child = fork();
		int status;

		if (!child)
			become_another();
		if (child < 0 || waitpid(child, &status, 0) != child)
			return -errno;
		if (!WIFEXITED(status) || WEXITSTATUS(status) != EXIT_USAGE)
			return -ENOEXEC;
	}
	return CHILDREN;
}

WORK(fork_exec) = {
	.name = "fork-exec",
	.operation = "a child that executes a static program of 2 MB, which ends at once",
	.begin = begin,
	.end = end,
	.round = children,
};
