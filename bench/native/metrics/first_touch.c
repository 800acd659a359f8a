// SPDX-License-Identifier: MIT
#include "kernel/counter.h"
#include "measure/arch.h"
#include "measure/duet.h"
#include "measure/metric.h"
#include "measure/placement.h"
#include "measure/realtime.h"
#include "measure/random.h"
#include "measure/run.h"
#include "measure/timer.h"
#include "measure/together.h"
#include "memory/mode.h"
#include "memory/page.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct param params[] = {
	{ "pages", "measured pages per arm and thread", "1", NULL, "512", 1, 1u << 24 },
	{ "block_pages", "measured pages before the other arm's turn", "1", NULL, "64", 1, 65536 },
	{ "lead_in", "pages touched first in each block and not kept", "1", NULL, "8", 0, 65536 },
	{ "backing",
	  "host-backed: memory freed a moment ago; host-cold: new memory, kept to the end", "",
	  "host-backed|host-cold", "host-backed", 0, 0 },
	{ "threads", "threads that touch at the same time", "1", NULL, "1", 1, MOST_TOGETHER },
	{ "classes", "on: read the split counters after every page; the times are then inflated",
	  "", "off|on", "off", 0, 0 },
};

/* More than a tenth of the control's pages beyond 3 medians: a second population. */
#define BIMODAL_SHARE 0.10
#define BIMODAL_FACTOR 3

#define WARM_BLOCKS 2u
#define REST_PAGES 4096u	/* touched between two looks at the duty */

struct toucher {
	struct run *run;
	struct region region;
	size_t page_bytes, block_pages, lead_in;
	int vmstat;
	uint64_t random[4];
	struct value *values;
};

/* A huge page is touched once and stands for the base pages it holds. */
static void touch(void *item)
{
	struct toucher *t = item;
	uint64_t base_pages = t->page_bytes / base_bytes();
	long long before[2] = { 0 }, after[2] = { 0 };

	if (t->vmstat >= 0)
		splits_read(t->vmstat, before);
	for (size_t i = 0; i < t->lead_in + t->block_pages; i++) {
		volatile char *at = t->region.base + i * t->page_bytes;
		uint64_t start, ticks, kind = 0;

		timer_dither(t->random);
		start = arch_counter();
		*at = 1;
		ticks = arch_counter() - start;
		if (t->vmstat >= 0) {
			splits_read(t->vmstat, after);
			kind = after[1] > before[1] ? 2 : after[0] > before[0];
			memcpy(before, after, sizeof(before));
		}
		if (i >= t->lead_in)
			t->values[i - t->lead_in] = (struct value){ .ticks = ticks,
								    .operations = base_pages,
								    .split_class = kind };
		/* A block as usual is over before; a rest within it would be part of no touch. */
		if (i % REST_PAGES == REST_PAGES - 1)
			duty(t->run);
	}
}

static int keep(struct arm *arm, const struct region *region)
{
	arm->held = realloc(arm->held, (arm->held_count + 1) * sizeof(*arm->held));
	if (!arm->held)
		abort();
	arm->held[arm->held_count++] = *region;
	return 0;
}

static bool keeps(const struct cell *cell)
{
	return cell_is(cell, "backing", "host-cold") || cell_is(cell, "classes", "on");
}

/* Two blocks of each arm are touched first, where the host is to have backed what is measured. */
static bool warms(const struct cell *cell)
{
	return cell_is(cell, "backing", "host-backed") && cell_is(cell, "classes", "off");
}

static void finish(struct run *run, struct arm *arm, struct toucher *t)
{
	for (size_t i = 0; i < t->block_pages; i++) {
		value_add(arm, t->values[i].ticks, t->values[i].operations);
		arm->values[arm->value_count - 1].split_class = t->values[i].split_class;
	}
	if (!arm->placed)
		placement_add(arm, &t->region);
	if (keeps(run->cell))
		keep(arm, &t->region);
	else
		region_release(arm->mode, &t->region);
	free(t->values);
}

static int prepare(struct run *run, struct arm *arm, struct toucher *t, size_t pages)
{
	t->run = run;
	t->page_bytes = mode_page_bytes(arm->mode);
	t->block_pages = pages;
	t->lead_in = cell_number(run->cell, "lead_in");
	random_seed(t->random, random_below(run->random, UINT64_MAX));
	t->values = calloc(t->block_pages, sizeof(*t->values));
	if (!t->values)
		return -ENOMEM;
	return region_obtain(arm->mode, &t->region, (t->lead_in + t->block_pages) * t->page_bytes);
}

/* Each thread measures so many pages; what is left of them goes into the last block. */
static uint64_t pages_of_block(const struct run *run, const struct arm *arm)
{
	uint64_t left = cell_number(run->cell, "pages") -
			arm->value_count / cell_number(run->cell, "threads");
	uint64_t block_pages = cell_number(run->cell, "block_pages");

	return left < block_pages ? left : block_pages;
}

static int touch_block(struct run *run, struct arm *arm, struct toucher *touchers, int vmstat)
{
	size_t threads = cell_number(run->cell, "threads");
	uint64_t pages = pages_of_block(run, arm);

	for (size_t i = 0; i < threads; i++) {
		int err;

		touchers[i].vmstat = vmstat;
		err = prepare(run, arm, &touchers[i], pages);
		if (err)
			return run_without(run, arm, err);
	}
	if (together(run, touch, touchers, sizeof(*touchers), threads))
		return -1;
	for (size_t i = 0; i < threads; i++)
		finish(run, arm, &touchers[i]);
	return 0;
}

/* One block: a new region (a new fd) per thread, touched page by page. */
static int block(struct run *run, struct arm *arm)
{
	struct toucher *touchers = calloc(cell_number(run->cell, "threads"), sizeof(*touchers));
	int vmstat = run->classes ? splits_open() : -1, err;

	if (!touchers)
		abort();
	err = touch_block(run, arm, touchers, vmstat);
	free(touchers);
	if (vmstat >= 0)
		close(vmstat);
	return err;
}

/* Touch and free as much as a block takes, so that the host has backed what comes next. */
static int warm(struct run *run)
{
	for (unsigned int i = 0; i < WARM_BLOCKS * run->arms; i++) {
		struct arm *arm = &run->arm[i % run->arms];

		if (block(run, arm))
			return -1;
		values_forget(arm);
		duty(run);
	}
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct value *x = a, *y = b;

	return x->ticks < y->ticks ? -1 : x->ticks > y->ticks;
}

/* Share of the arm's values beyond BIMODAL_FACTOR medians. */
static double far_share(const struct arm *arm)
{
	size_t bytes = arm->value_count * sizeof(*arm->values), far = 0;
	struct value *sorted = malloc(bytes + 1);
	uint64_t limit;

	if (!sorted)
		abort();
	memcpy(sorted, arm->values, bytes);
	qsort(sorted, arm->value_count, sizeof(*sorted), compare);
	limit = BIMODAL_FACTOR * sorted[arm->value_count / 2].ticks;
	while (far < arm->value_count && sorted[arm->value_count - 1 - far].ticks > limit)
		far++;
	free(sorted);
	return (double)far / (double)arm->value_count;
}

static void note_classes(struct run *run)
{
	struct arm *arm = &run->arm[TREATMENT];
	size_t split = 0;

	for (size_t i = 0; i < arm->value_count; i++)
		split += arm->values[i].split_class != 0;
	run_note(run, "split_pages", "%zu", split);
	if (arm->mode->secret && !split)
		run_note(run, "pool", "\"pool not exhausted\"");
}

static int measure(struct run *run)
{
	uint64_t blocks = block_count(cell_number(run->cell, "pages"),
				      cell_number(run->cell, "block_pages"));
	const struct arm *reference = &run->arm[run->arms - 1];
	double far;

	if (warms(run->cell) && warm(run))
		return -1;
	run->classes = cell_is(run->cell, "classes", "on");
	if (cell_number(run->cell, "threads") > allowed_count())
		run_warn(run, "%llu threads share %u CPUs",
			 (unsigned long long)cell_number(run->cell, "threads"), allowed_count());
	if (duet_slices(run, blocks, block))
		return -1;
	/* Nothing is timed any more. */
	realtime_rest(run);
	if (run->classes)
		note_classes(run);
	far = far_share(reference);
	run_note(run, "control_far_share", "%.4f", far);
	if (!keeps(run->cell) && far > BIMODAL_SHARE)
		return run_failed(
			run,
			"rejected: %.0f %% of the control's pages took over %d medians, "
			"so two populations are mixed: the host backs memory lazily or the "
			"CPU is shared; run again when it is quiet",
			far * 100, BIMODAL_FACTOR);
	return 0;
}

static const char *refuse(const struct cell *cell, enum arm_id arm)
{
	long long splits[2];
	int vmstat;

	if (cell->mode[arm]->populated)
		return "the pages of this mode are there when it is mapped: it has no first touch";
	if (!cell_is(cell, "classes", "on"))
		return NULL;
	if (cell_number(cell, "threads") > 1)
		return "classes=on needs threads=1: a split cannot be told whose it was";
	vmstat = splits_open();
	if (vmstat < 0)
		return "/proc/vmstat cannot be read";
	splits_read(vmstat, splits);
	close(vmstat);
	return splits[0] < 0 ? "this kernel does not count direct-map splits (x86 since 5.13)" :
			       NULL;
}

/* Of numbers whose product no machine has. */
static uint64_t times(uint64_t a, uint64_t b)
{
	uint64_t product;

	return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX / 8 : product;
}

static struct need need(const struct cell *cell, const struct mode *mode)
{
	uint64_t pages = cell_number(cell, "pages"), lead_in = cell_number(cell, "lead_in");
	uint64_t blocks = block_count(pages, cell_number(cell, "block_pages"));
	uint64_t block = pages < cell_number(cell, "block_pages") ?
				 pages :
				 cell_number(cell, "block_pages");
	uint64_t each = cell_number(cell, "threads") * mode_page_bytes(mode);
	uint64_t all = times(pages + blocks * lead_in, each), one = (block + lead_in) * each;

	return (struct need){ keeps(cell) ? all : one,
			      all + (warms(cell) ? WARM_BLOCKS * one : 0) };
}

/* The values, sorted once more. */
static uint64_t beside(const struct cell *cell)
{
	return cell_number(cell, "pages") * cell_number(cell, "threads") * 4 * sizeof(struct value);
}

METRIC(first_touch) = {
	.name = "first-touch",
	.about = "time of the first store to a base page, page by page (a huge page counts as the base "
		 "pages it holds); blocks of the two arms alternate",
	.question = "owner",
	.unit = "s",
	.better = "lower",
	.assume = "nothing",
	.procedure = 2,
	.duet = true,
	PARAMS(params),
	.refuse = refuse,
	.need = need,
	.beside = beside,
	.run = measure,
};
