// SPDX-License-Identifier: MIT
#include "attempt/descriptor.h"
#include "attempt/owner.h"
#include "attempt/plant.h"
#include "attempt/way.h"

#include <unistd.h>

/* The control keeps its descriptor: closed, there would be nothing on which the check could open. */
static int close_own(struct attempt *a)
{
	if (!a->is_control && a->region.fd >= 0) {
		close(a->region.fd);
		a->region.fd = -1;
	}
	return 0;
}

static enum outcome attempt(struct attempt *a)
{
	if (plant_in_owner(a))
		return NOT_TRIED;
	owner_do(a, close_own);
	return descriptors_take(a, "fd", take_pidfd);
}

WAY(pidfd_getfd_closed, "pidfd-getfd-closed", OTHER_PROCESSES,
    "the same where the owner has closed the descriptor after mapping, as it should (the control "
    "keeps its own open)",
    .attempt = attempt, .hint = MAY_TRACE);
