// SPDX-License-Identifier: MIT
#include "verb/unsupported.h"
#include "kernel/counter.h"
#include "measure/metric.h"
#include "memory/available.h"
#include "memory/cause.h"
#include "memory/mode.h"
#include "memory/page.h"

#include <stdio.h>

/* Left to everybody else, so that nothing is killed for a measurement. */
#define SPARE_BYTES (64ull << 20)

static const char *refused(const struct cell *cell, enum arm_id arm)
{
	if (cell->mode[arm]->use == USE_FLUSH && !cell->metric->flushes)
		return "flushing after each use is defined for one hot line and access-width only";
	if (cell->mode[arm]->vault && !cell->metric->secrets)
		return "this mode keeps single secrets and is no memory by the page: secret-lifecycle, "
		       "secret-use and the ways in apply to it";
	return cell->metric->refuse ? cell->metric->refuse(cell, arm) : NULL;
}

/* NULL, or why the pool of huge pages does not hold what the cell will hold of it. */
static const char *too_few_huge_pages(const struct cell *cell)
{
	static char why[200];
	uint64_t takes = 0;
	struct huge_pool pool;

	for (enum arm_id arm = TREATMENT; arm < ARMS; arm++) {
		const struct mode *mode = cell->mode[arm];

		if (mode && mode->reserved)
			takes += (cell->metric->need(cell, mode).held_bytes + huge_bytes() - 1) /
				 huge_bytes();
	}
	if (!takes)
		return NULL;
	huge_pool_read(&pool);
	if (pool.unused < 0 || takes <= (uint64_t)pool.unused)
		return NULL;
	snprintf(why, sizeof(why),
		 "takes %llu reserved huge pages, %lld are free: "
		 "sysctl vm.nr_hugepages=%llu",
		 (unsigned long long)takes, pool.unused,
		 (unsigned long long)(takes + (uint64_t)(pool.pages - pool.unused)));
	return why;
}

/* NULL, or how much more the cell would hold than there is. */
static const char *too_little_memory(const struct cell *cell)
{
	uint64_t held = cell->metric->beside ? cell->metric->beside(cell) : 0;
	uint64_t available = available_bytes();
	static char why[200];

	for (enum arm_id arm = TREATMENT; arm < ARMS; arm++)
		if (cell->mode[arm] && !cell->mode[arm]->reserved)
			held += cell->metric->need(cell, cell->mode[arm]).held_bytes;
	if (available == UINT64_MAX || held + SPARE_BYTES <= available)
		return NULL;
	snprintf(
		why, sizeof(why),
		"takes %llu MiB of memory at once, and %llu MiB are available: take less, or free some",
		(unsigned long long)(held >> 20), (unsigned long long)(available >> 20));
	return why;
}

const char *cell_unsupported(const struct cell *cell)
{
	for (enum arm_id arm = TREATMENT; arm < ARMS; arm++) {
		const char *why;

		if (!cell->mode[arm])
			continue;
		why = refused(cell, arm);
		if (!why)
			why = mode_unsupported(cell->mode[arm]);
		if (why)
			return why;
	}
	return too_few_huge_pages(cell) ? too_few_huge_pages(cell) : too_little_memory(cell);
}
