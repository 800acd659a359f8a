// SPDX-License-Identifier: MIT
#include "attempt/descriptor.h"
#include "attempt/owner.h"
#include "attempt/plant.h"
#include "attempt/way.h"

static enum outcome attempt(struct attempt *a)
{
	if (plant_in_owner(a))
		return NOT_TRIED;
	owner_do(a, descriptor_close);
	return descriptors_take(a, "map_files", take_mapped_file);
}

WAY(map_files, "map-files", OTHER_PROCESSES,
    "a privileged process opens the files behind the owner's mappings (/proc/PID/map_files), also "
    "when the owner has closed its descriptor",
    .attempt = attempt, .hint = "needs CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN: run as root");
