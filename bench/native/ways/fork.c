// SPDX-License-Identifier: MIT
#include "attempt/owner.h"
#include "attempt/plant.h"
#include "attempt/way.h"
#include "memory/mode.h"

#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* The owner forks; the child looks at the memory it got and only says what it found. */
static int beget(struct attempt *a)
{
	struct attempt *seen = mmap(NULL, sizeof(*seen), PROT_READ | PROT_WRITE,
				    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int outcome = CLOSED, status;
	pid_t child;

	if (seen == MAP_FAILED)
		return -1;
	*seen = *a;
	child = fork();
	if (!child) {
		if (!seen->in_use)
			region_open(seen->mode, &seen->region);
		_exit(found_in(seen, seen->region.base, region_readable_bytes(&seen->region)));
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		outcome = -1;
	else if (WIFEXITED(status))
		outcome = WEXITSTATUS(status);
	munmap(seen, sizeof(*seen));
	return outcome;
}

static enum outcome attempt(struct attempt *a)
{
	int outcome;

	if (plant_in_owner(a))
		return NOT_TRIED;
	outcome = owner_do(a, beget);
	if (outcome < 0)
		return owner_failed(a, "cannot fork");
	snprintf(a->evidence, sizeof(a->evidence), "the child found %s",
		 outcome == OPEN ? "the marker in its copy of the region" :
				   "no marker in its copy");
	return outcome == OPEN ? OPEN : CLOSED;
}

WAY(fork, "fork", OTHER_PROCESSES,
    "a child that the owner forks, a helper with a flaw say, has the secret in its own memory",
    .attempt = attempt);
