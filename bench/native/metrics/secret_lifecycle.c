// SPDX-License-Identifier: MIT
#include "measure/arch.h"
#include "measure/duet.h"
#include "measure/metric.h"
#include "measure/run.h"
#include "measure/timer.h"
#include "memory/mode.h"

#include <string.h>

static const struct param params[] = {
	{ "cycles", "measured lives of a secret per arm", "1", NULL, "320", 1, 1000000 },
};

#define BLOCK 16u
#define LEAD_IN 2u

/*
 * Obtain, write, read, wipe and give back one 32-byte secret; memory that is closed
 * between uses is closed after it was written and opened to be read.
 */
static int live(struct arm *arm, const char *secret)
{
	char out[SECRET_BYTES];
	int err = region_obtain(arm->mode, &arm->region, SECRET_BYTES);

	if (err)
		return err;
	memcpy(arm->region.base, secret, SECRET_BYTES);
	__asm__ volatile("" : : : "memory");
	err = region_close(arm->mode, &arm->region);
	if (!err)
		err = region_open(arm->mode, &arm->region);
	if (err)
		return err;
	memcpy(out, arm->region.base, SECRET_BYTES);
	__asm__ volatile("" : : "r"(out) : "memory");
	explicit_bzero(arm->region.base, SECRET_BYTES);
	region_release(arm->mode, &arm->region);
	return 0;
}

static int slice(struct run *run, struct arm *arm)
{
	uint64_t count = block_operations(arm, cell_number(run->cell, "cycles"), BLOCK);
	char secret[SECRET_BYTES];

	memset(secret, 's', sizeof(secret));
	for (uint64_t i = 0; i < LEAD_IN + count; i++) {
		uint64_t start, ticks;
		int err;

		timer_dither(run->random);
		start = arch_counter();
		err = live(arm, secret);
		ticks = arch_counter() - start;
		if (err)
			return run_without(run, arm, err);
		if (i >= LEAD_IN)
			value_add(arm, ticks, 1);
	}
	return 0;
}

static struct need need(const struct cell *cell, const struct mode *mode)
{
	uint64_t page_bytes = mode_page_bytes(mode), cycles = cell_number(cell, "cycles");

	return (struct need){ page_bytes,
			      page_bytes * (cycles + block_count(cycles, BLOCK) * LEAD_IN) };
}

static int measure(struct run *run)
{
	return duet_slices(run, block_count(cell_number(run->cell, "cycles"), BLOCK), slice);
}

METRIC(secret_lifecycle) = {
	.name = "secret-lifecycle",
	.about = "time to obtain, write, read, wipe and give back one 32-byte secret in memory of its "
		 "own",
	.question = "owner",
	.unit = "s",
	.better = "lower",
	.assume = "nothing",
	.procedure = 2,
	.duet = true,
	.secrets = true,
	PARAMS(params),
	.need = need,
	.run = measure,
};
