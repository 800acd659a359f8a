// SPDX-License-Identifier: MIT
#include "attempt/address_space.h"
#include "attempt/marker.h"
#include "attempt/owner.h"
#include "attempt/plant.h"
#include "attempt/way.h"

#include <stdio.h>

static enum outcome attempt(struct attempt *a)
{
	struct search search = { .dumped_only = true };

	if (plant_in_owner(a))
		return NOT_TRIED;
	if (owner_stop(a) || address_space_search(a, &search))
		return nothing_by(a, "stopping and reading the owner");
	snprintf(a->evidence, sizeof(a->evidence),
		 "%zu of %u bytes of the marker in %zu mappings (%zu bytes)%s%s", search.found,
		 MARKER_BYTES, search.mappings, search.bytes, search.found ? ", in " : "",
		 search.where);
	return search.found ? OPEN : CLOSED;
}

WAY(gcore, "gcore", OTHER_PROCESSES,
    "a debugger stops the living owner and saves all of its mappings but those left out of dumps, "
    "as gcore does",
    .attempt = attempt, .hint = MAY_TRACE);
