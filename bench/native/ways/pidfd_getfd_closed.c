// SPDX-License-Identifier: MIT
#include "attempt/descriptor.h"
#include "attempt/owner.h"
#include "attempt/plant.h"
#include "attempt/way.h"

static enum outcome attempt(struct attempt *a)
{
	if (plant_in_owner(a))
		return NOT_TRIED;
	/* The control keeps its descriptor: closed, there would be nothing on which the check could open. */
	if (!a->is_control)
		owner_do(a, descriptor_close);
	return descriptors_take(a, "fd", take_pidfd);
}

WAY(pidfd_getfd_closed, "pidfd-getfd-closed", OTHER_PROCESSES,
    "the same where the owner has closed the descriptor after mapping, as it should (the control "
    "keeps its own open)",
    .attempt = attempt, .hint = MAY_TRACE);
