// SPDX-License-Identifier: MIT
#include "attempt/plant.h"
#include "attempt/attempt.h"
#include "attempt/marker.h"
#include "attempt/owner.h"
#include "measure/run.h"
#include "memory/mode.h"
#include "memory/page.h"

#include <string.h>

int plant(struct attempt *a)
{
	int err = region_obtain(a->mode, &a->region, way_bytes(a->way));

	if (err)
		return err;
	for (size_t at = 0; at < a->region.len_bytes; at += base_bytes())
		marker_plant(&a->marker, a->region.base + at);
	return a->in_use ? 0 : region_close(a->mode, &a->region);
}

int planted(struct attempt *a, int err)
{
	if (a->lost[0])
		return owner_failed(a, "cannot hold a secret");
	return err ? run_unobtained(a->run, a->mode, err) : 0;
}

int plant_here(struct attempt *a)
{
	return planted(a, plant(a));
}

int plant_in_owner(struct attempt *a)
{
	return planted(a, owner_start(a, plant));
}

char *twin_copy(const struct attempt *a)
{
	struct attempt twin = *a;
	size_t len_bytes;
	char *copy;

	twin.owner = 0;
	twin.in_use = a->in_use || !a->mode->recover;
	if (plant_here(&twin))
		return NULL;
	len_bytes = region_readable_bytes(&twin.region);
	copy = pages_zeroed(len_bytes);
	if (copy)
		memcpy(copy, twin.region.base, len_bytes);
	else
		run_failed(a->run, "no memory for %zu bytes", len_bytes);
	region_release(twin.mode, &twin.region);
	return copy;
}
