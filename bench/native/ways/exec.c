// SPDX-License-Identifier: MIT
#include "attempt/marker.h"
#include "attempt/owner.h"
#include "attempt/plant.h"
#include "attempt/way.h"
#include "measure/run.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

/* `core find-marker SEED` is the new program: it maps and searches the descriptors that it finds open. */
static int start_program(struct attempt *a)
{
	char seed[24];
	int status;
	pid_t child;

	/* Without a descriptor that stays open there would be nothing on which the check could open. */
	if (a->is_control)
		fcntl(a->region.fd, F_SETFD, 0);
	snprintf(seed, sizeof(seed), "%llu", (unsigned long long)a->marker.seed);
	child = fork();
	if (!child) {
		execl("/proc/self/exe", "core", "find-marker", seed, NULL);
		_exit(127);
	}
	if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

static enum outcome attempt(struct attempt *a)
{
	int found;

	if (plant_in_owner(a))
		return NOT_TRIED;
	found = owner_do(a, start_program);
	if (found < 0)
		return owner_failed(a, "cannot start a program");
	if (found > (int)MARKER_BYTES)
		return run_failed(a->run, "a program cannot be started: exit code %d", found);
	snprintf(a->evidence, sizeof(a->evidence),
		 "%d of %u bytes of the marker in the descriptors that the new program has", found,
		 MARKER_BYTES);
	return found ? OPEN : CLOSED;
}

WAY(exec, "exec", OTHER_PROCESSES,
    "a program that the owner starts gets its descriptors unless they are close-on-exec (which is "
    "what the control leaves out)",
    .attempt = attempt);
