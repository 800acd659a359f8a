// SPDX-License-Identifier: MIT
/* The two common shapes of an attempt: something is read out, or something is written in. */
#include "attempt/read_write.h"
#include "attempt/attempt.h"
#include "attempt/marker.h"
#include "attempt/owner.h"
#include "attempt/plant.h"
#include "measure/run.h"
#include "memory/mode.h"
#include "memory/page.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum outcome try_reading(struct attempt *a)
{
	enum outcome outcome;
	size_t len_bytes;
	ssize_t got;
	char *copy;

	if (a->way->own ? plant_here(a) : plant_in_owner(a))
		return NOT_TRIED;
	len_bytes = region_readable_bytes(&a->region);
	copy = pages_zeroed(len_bytes);
	if (!copy)
		return run_failed(a->run, "no memory for %zu bytes", len_bytes);
	errno = 0;
	got = a->way->read(a, copy, len_bytes);
	outcome = got > 0 ? found_in(a, copy, (size_t)got) : nothing_by(a, a->way->call);
	free(copy);
	return outcome;
}

/* A region that holds something else than the marker. 0 or -errno. */
static int hold(struct attempt *a)
{
	int err = region_obtain(a->mode, &a->region, base_bytes());

	if (err)
		return err;
	if (!a->way->untouched)
		*(volatile char *)a->region.base = 0;
	return a->in_use ? 0 : region_close(a->mode, &a->region);
}

static int look(struct attempt *a)
{
	if (!a->in_use && region_open(a->mode, &a->region))
		return CLOSED;
	return (int)(marker_found(&a->marker, a->region.base, SECRET_BYTES) ? OPEN : CLOSED);
}

enum outcome try_writing(struct attempt *a)
{
	char *copy;
	ssize_t put;

	if (planted(a, a->way->own ? hold(a) : owner_start(a, hold)))
		return NOT_TRIED;
	copy = twin_copy(a);
	if (!copy)
		return NOT_TRIED;
	errno = 0;
	put = a->way->write(a, copy, region_readable_bytes(&a->region));
	free(copy);
	if (put <= 0)
		nothing_by(a, a->way->call);
	if ((a->way->own ? look(a) : owner_do(a, look)) != OPEN) {
		if (put > 0)
			snprintf(a->evidence, sizeof(a->evidence),
				 "%zd bytes written, the marker did not arrive in the region", put);
		return CLOSED;
	}
	snprintf(a->evidence, sizeof(a->evidence),
		 "%zd bytes written, the marker arrived in the region", put);
	return OPEN;
}
