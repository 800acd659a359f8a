// SPDX-License-Identifier: MIT
#include "measure/arch.h"
#include "measure/ballast.h"
#include "measure/duet.h"
#include "measure/metric.h"
#include "measure/run.h"
#include "memory/array.h"
#include "memory/mode.h"
#include "memory/page.h"

#include <string.h>

static const struct param params[] = {
	{ "op", "load or store one hot line again and again, or stream over one page", "",
	  "load|store|stream-load|stream-store", "load", 0, 0 },
	{ "width_bytes", "bytes per access: 1, 2, 4, 8, 16, 32 or 64", "1", NULL, "8", 1, 64 },
	{ "slices", "slices per arm", "1", NULL, "200", 1, 100000 },
	{ "accesses", "accesses per slice; 0: 4,096, or as many as the timer needs", "1", NULL, "0",
	  0, 100000000 },
};

#define USUAL_ACCESSES 4096u

typedef uint64_t v16 __attribute__((vector_size(16), may_alias));
typedef uint64_t v32 __attribute__((vector_size(32), may_alias));
typedef uint64_t v64 __attribute__((vector_size(64), may_alias));

/* The accesses do not depend on each other; step 0 stays on one line. */
#define PASS(bytes, type, target)                                             \
	target static void load_##bytes(char *base, uint64_t count, size_t step) \
	{                                                                     \
		for (size_t at = 0; count; count--, at = (at + step) & 4095)  \
			(void)*(volatile type *)(base + at);                  \
	}                                                                     \
	target static void store_##bytes(char *base, uint64_t count, size_t step) \
	{                                                                     \
		type value = { 0 };                                           \
		for (size_t at = 0; count; count--, at = (at + step) & 4095)  \
			*(volatile type *)(base + at) = value;                \
	}

PASS(1, uint8_t, )
PASS(2, uint16_t, )
PASS(4, uint32_t, )
PASS(8, uint64_t, )
PASS(16, v16, )
#if ARCH_WIDTH_MAX > 16
PASS(32, v32, ARCH_TARGET_32)
PASS(64, v64, ARCH_TARGET_64)
#endif

static const struct width {
	uint64_t bytes;
	void (*load)(char *base, uint64_t count, size_t step);
	void (*store)(char *base, uint64_t count, size_t step);
} widths[] = {
	{ 1, load_1, store_1 },	   { 2, load_2, store_2 },    { 4, load_4, store_4 },
	{ 8, load_8, store_8 },	   { 16, load_16, store_16 },
#if ARCH_WIDTH_MAX > 16
	{ 32, load_32, store_32 }, { 64, load_64, store_64 },
#endif
};

static const struct width *width_of(const struct cell *cell)
{
	uint64_t bytes = cell_number(cell, "width_bytes");

	for (size_t i = 0; i < COUNT(widths); i++)
		if (widths[i].bytes == bytes && arch_has_width(bytes))
			return &widths[i];
	return NULL;
}

static int slice(struct run *run, struct arm *arm)
{
	const struct width *width = width_of(run->cell);
	bool stream = cell_is(run->cell, "op", "stream-load") ||
		      cell_is(run->cell, "op", "stream-store");
	bool store = cell_is(run->cell, "op", "store") || cell_is(run->cell, "op", "stream-store");
	void (*access)(char *, uint64_t, size_t) = store ? width->store : width->load;
	uint64_t accesses = arm->slice_operations, start;
	size_t step = stream ? width->bytes : 0;
	char *base = arm->region.base;

	access(base, accesses / 8, step);
	start = arch_counter();
	if (arm->mode->use == USE_FLUSH) {
		for (uint64_t i = 0; i < accesses; i++) {
			char *at = base + (i * step & 4095);

			access(at, 1, 0);
			arch_flush(at, run->flush_opt);
		}
	} else {
		access(base, accesses, step);
	}
	value_add(arm, arch_counter() - start, accesses);
	return 0;
}

static const char *wrong(const struct cell *cell)
{
	uint64_t bytes = cell_number(cell, "width_bytes");

	return bytes & (bytes - 1) ? "width_bytes must be 1, 2, 4, 8, 16, 32 or 64" : NULL;
}

static const char *refuse(const struct cell *cell, enum arm_id arm)
{
	(void)arm;
	return width_of(cell) ? NULL : "this CPU has no single access of that width";
}

static struct need need(const struct cell *cell, const struct mode *mode)
{
	uint64_t bytes = mode_region_bytes(mode, base_bytes());

	(void)cell;
	return (struct need){ bytes, bytes };
}

static uint64_t beside(const struct cell *cell)
{
	return ballast_most_bytes(cell, base_bytes());
}

static int measure(struct run *run)
{
	if (duet_regions(run, base_bytes()))
		return -1;
	if (duet_lengthen(run, cell_number(run->cell, "accesses"), USUAL_ACCESSES, slice))
		return -1;
	return duet_slices(run, cell_number(run->cell, "slices"), slice);
}

METRIC(access_width) = {
	.name = "access-width",
	.about = "time of one access by its width, accesses independent of each other: where uncached "
		 "memory differs most",
	.question = "owner",
	.unit = "s",
	.better = "lower",
	.assume = "nothing",
	.duet = true,
	.paired = true,
	.flushes = true,
	.procedure = 2,
	PARAMS(params),
	.wrong = wrong,
	.refuse = refuse,
	.need = need,
	.beside = beside,
	.run = measure,
};
