// SPDX-License-Identifier: MIT
#include "measure/arch.h"
#include "measure/duet.h"
#include "measure/metric.h"
#include "measure/run.h"
#include "memory/mode.h"

#include <string.h>

static const struct param params[] = {
	{ "uses", "uses per slice; 0: 100, or as many as the timer needs", "1", NULL, "0", 0,
	  1000000 },
	{ "slices", "slices per arm", "1", NULL, "100", 1, 100000 },
};

#define USUAL_USES 100u

/* Open, read the secret's 32 bytes into registers, close; or evict the line they are in. */
static int use(const struct run *run, struct arm *arm)
{
	int err = region_open(arm->mode, &arm->region);

	if (err)
		return err;
	for (size_t at = 0; at < SECRET_BYTES; at += sizeof(uint64_t)) {
		uint64_t word = *(volatile uint64_t *)(arm->region.base + at);

		__asm__ volatile("" : : "r"(word));
	}
	if (arm->mode->use == USE_FLUSH)
		arch_flush(arm->region.base, run->flush_opt);
	return region_close(arm->mode, &arm->region);
}

static int slice(struct run *run, struct arm *arm)
{
	uint64_t uses = arm->slice_operations, start;
	int err = use(run, arm);

	start = arch_counter();
	for (uint64_t i = 0; i < uses && !err; i++)
		err = use(run, arm);
	value_add(arm, arch_counter() - start, uses);
	return err ? run_failed(run, "%s: a use failed: %s", arm->mode->name, strerror(-err)) : 0;
}

static struct need need(const struct cell *cell, const struct mode *mode)
{
	(void)cell;
	return (struct need){ mode_page_bytes(mode), mode_page_bytes(mode) };
}

static int measure(struct run *run)
{
	for (unsigned int a = 0; a < run->arms; a++) {
		struct arm *arm = &run->arm[a];
		int err = region_obtain(arm->mode, &arm->region, SECRET_BYTES);

		if (!err) {
			memset(arm->region.base, 's', SECRET_BYTES);
			err = region_close(arm->mode, &arm->region);
		}
		if (err)
			return run_without(run, arm, err);
	}
	if (duet_lengthen(run, cell_number(run->cell, "uses"), USUAL_USES, slice))
		return -1;
	return duet_slices(run, cell_number(run->cell, "slices"), slice);
}

METRIC(secret_use) = {
	.name = "secret-use",
	.about = "time to open a secret, read its 32 bytes and close it again, in the manner that the "
		 "mode intends; memory that is always open is only read",
	.question = "owner",
	.unit = "s",
	.better = "lower",
	.assume = "nothing",
	.duet = true,
	.paired = true,
	.secrets = true,
	.flushes = true,
	.procedure = 2,
	PARAMS(params),
	.need = need,
	.run = measure,
};
