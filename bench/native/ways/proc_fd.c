// SPDX-License-Identifier: MIT
#include "attempt/descriptor.h"
#include "attempt/plant.h"
#include "attempt/way.h"

static enum outcome attempt(struct attempt *a)
{
	if (plant_in_owner(a))
		return NOT_TRIED;
	return descriptors_take(a, "fd", take_file);
}

WAY(proc_fd, "proc-fd", OTHER_PROCESSES,
    "a process with the right to trace the owner opens the files behind its descriptors anew "
    "(/proc/PID/fd) and maps them",
    .attempt = attempt, .hint = MAY_TRACE);
