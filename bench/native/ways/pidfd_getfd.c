// SPDX-License-Identifier: MIT
#include "attempt/descriptor.h"
#include "attempt/plant.h"
#include "attempt/way.h"

static enum outcome attempt(struct attempt *a)
{
	if (plant_in_owner(a))
		return NOT_TRIED;
	return descriptors_take(a, "fd", take_pidfd);
}

WAY(pidfd_getfd, "pidfd-getfd", OTHER_PROCESSES,
    "a process with the right to trace the owner takes its descriptors (pidfd_getfd) and maps them: "
    "works for as long as the owner holds one",
    .attempt = attempt, .hint = MAY_TRACE);
