// SPDX-License-Identifier: MIT
#include "backing/secret_device.h"
#include "measure/arch.h"
#include "measure/lock_rule.h"
#include "measure/run.h"
#include "memory/mode.h"

static const struct mode secret_uncached;
static double ratio;

static int obtain(struct region *region)
{
	return secret_device_map(region, MFD_SECRET_UNCACHED);
}

/* The page tables can say uncached where the processor does not heed them. */
static const char *refuse(void)
{
	const char *why = secret_device_page_wrong(&secret_uncached, TYPE_UNCACHED);

	return why ? why : secret_device_latency_wrong(&ratio);
}

/* The kernel has zeroed the pages through a cached mapping: their lines are still dirty. */
static const char *settle(const struct region *region, size_t at, size_t bytes)
{
	bool opt = arch_has_clflushopt();

	for (size_t line = at; line < at + bytes && line < region->len_bytes; line += LINE_BYTES)
		arch_flush(region->base + line, opt);
	return secret_device_wrong(region, at, bytes, TYPE_UNCACHED);
}

static void note(struct run *run)
{
	run_note(run, "uncached_hot_load_ratio", "%.1f", ratio);
	lock_rule_note(run);
}

MODE(secret_uncached) = {
	.name = "secret-uncached",
	.about =
		"memfd_secret(2) mapped uncached (UC-) through the module of bench/kmod, the UNCACHED "
		"mode of the 2020 design: no secret is in a cache either. Used only where page table, "
		"direct map and the time of a hot load prove it.",
	.shared = true,
	.secret = true,
	.obtain = obtain,
	.refuse = refuse,
	.settle = settle,
	.note = note,
	.locked = true,
	.hint = SECRET_DEVICE_HINT,
	.order = 26,
	.promise = 170,
	.hue = "purple",
	.marker = "H",
	.line = "--",
};
