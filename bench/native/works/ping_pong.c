// SPDX-License-Identifier: MIT
#include "testbed/work.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define TRIPS 500

static int there[2], back[2];
static pid_t other;

static void answer_all(void)
{
	char byte;

	close(there[1]);
	while (read(there[0], &byte, 1) == 1 && write(back[1], &byte, 1) == 1)
		;
	_exit(0);
}

static int begin(void)
{
	if (pipe2(there, O_CLOEXEC) || pipe2(back, O_CLOEXEC))
		return -errno;
	other = fork();
	if (!other)
		answer_all();
	return other < 0 ? -errno : 0;
}

static void end(void)
{
	for (int i = 0; i < 2; i++) {
		close(there[i]);
		close(back[i]);
	}
	kill(other, SIGKILL);
	waitpid(other, NULL, 0);
}

static int64_t round_trips(void)
{
	char byte = 'p';

	for (int i = 0; i < TRIPS; i++)
		if (write(there[1], &byte, 1) != 1 || read(back[0], &byte, 1) != 1)
			return errno ? -errno : -EPIPE;
	return TRIPS;
}

WORK(ping_pong) = {
	.name = "ping-pong",
	.operation = "a byte to another process through a pipe, and one back",
	.begin = begin,
	.end = end,
	.round = round_trips,
};
