// SPDX-License-Identifier: MIT
/*
 * On a fresh boot, once: the kernel's work on memory as the machine gives it, beside the same work
 * on a reference that cannot change, up a ladder of doses.
 *
 * The reference. Small rings are taken until enough 2M blocks consist of their pages alone; rings
 * without a page there are given back. Nothing can be allocated in such a block while they are
 * held, so no secret page splits it. The tables of the kernel say before and after that none has.
 * The victims are made after that, from what the allocator has, as the kernel's own memory is.
 */
#include "kernel/counter.h"
#include "kernel/exposure.h"
#include "kernel/map_level.h"
#include "measure/arch.h"
#include "measure/random.h"
#include "measure/realtime.h"
#include "measure/run.h"
#include "measure/table.h"
#include "measure/timer.h"
#include "memory/array.h"
#include "memory/available.h"
#include "memory/frame.h"
#include "memory/mode.h"
#include "memory/page.h"
#include "testbed/victim.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define RING_PAGES 512u
#define MOST_RINGS 2048u
#define SPARE_BYTES (256ull << 20)	/* left to everybody else, whatever the reference may take */
#define MANY_FILES (1u << 16)

static const struct param params[] = {
	{ "first_bytes", "the smallest dose", "B", NULL, "65536", 4096, 1ull << 40 },
	{ "last_bytes", "the largest dose", "B", NULL, "67108864", 4096, 1ull << 40 },
	{ "factor", "from one dose to the next", "1", NULL, "4", 2, 1024 },
	{ "slices", "pairs of slices at each dose, for each victim", "1", NULL, "400", 5, 100000 },
	{ "pages", "of the packet ring, of the page cache and of the reference", "1", NULL, "3584",
	  64, 1u << 20 },
	{ "files", "of victim slab, with 32 locks each", "1", NULL, "512", 16, 1u << 16 },
};

static const char *const kinds[] = { "packet-ring", "slab", "page-cache" };

static struct set sets[COUNT(kinds)], reference;
static struct region rings[MOST_RINGS], ring;
static size_t ring_count;
static int pagemap = -1;

struct frame_at {
	uint64_t frame;
	uint64_t handle;
	size_t ring;
};

static int by_frame(const void *a, const void *b)
{
	uint64_t x = ((const struct frame_at *)a)->frame, y = ((const struct frame_at *)b)->frame;

	return x < y ? -1 : x > y;
}

static struct frame_at *pages_of_rings(size_t *count)
{
	struct frame_at *pages = calloc(ring_count * RING_PAGES, sizeof(*pages));

	*count = 0;
	if (!pages)
		abort();
	for (size_t i = 0; i < ring_count; i++) {
		for (size_t at = 0; at < RING_PAGES; at++) {
			uint64_t handle = (uint64_t)(uintptr_t)rings[i].base + at * base_bytes();

			pages[(*count)++] = (struct frame_at){
				frame_at(pagemap, (const char *)(uintptr_t)handle), handle, i
			};
		}
		duty(NULL);
	}
	qsort(pages, *count, sizeof(*pages), by_frame);
	return pages;
}

/* Take the pages of blocks that are whole the rings' and not split; true once they suffice. */
static bool choose(struct frame_at *pages, size_t count, bool keep[MOST_RINGS])
{
	reference.count = 0;
	memset(keep, 0, MOST_RINGS * sizeof(*keep));
	for (size_t i = 0; i + BLOCK_FRAMES <= count; i++) {
		if (pages[i].frame % BLOCK_FRAMES ||
		    pages[i + BLOCK_FRAMES - 1].frame != pages[i].frame + BLOCK_FRAMES - 1 ||
		    level_of(pages[i].frame) == LEVEL_4K)
			continue;
		for (size_t j = i; j < i + BLOCK_FRAMES; j++) {
			keep[pages[j].ring] = true;
			if (reference.count == sets[0].count)
				continue;
			reference.blocks[reference.count] = block_of(pages[j].frame);
			reference.handles[reference.count++] = pages[j].handle;
		}
		if (reference.count == sets[0].count)
			return true;
	}
	return false;
}

static int make_reference(struct run *run)
{
	static bool keep[MOST_RINGS];
	bool enough = false;

	while (!enough && ring_count < MOST_RINGS) {
		struct frame_at *pages;
		size_t count;
		int err = available_bytes() < SPARE_BYTES ?
				  -ENOMEM :
				  region_obtain(mode_find("packet-ring"), &rings[ring_count],
						RING_PAGES * base_bytes());

		if (err)
			return run_unobtained(run, mode_find("packet-ring"), err);
		duty(run);
		if (++ring_count % 8)
			continue;
		pages = pages_of_rings(&count);
		enough = choose(pages, count, keep);
		free(pages);
	}
	if (!enough)
		return run_failed(run, "no whole blocks for the reference");
	run_note(run, "rings_taken", "%zu", ring_count);
	for (size_t i = 0; i < ring_count; i++) {
		if (!keep[i])
			region_release(mode_find("packet-ring"), &rings[i]);
		if (!keep[i])
			rings[i].base = NULL;
		duty(run);
	}
	return 0;
}

static void shuffle(struct run *run, struct set *set)
{
	for (size_t i = set->count; i > 1; i--) {
		size_t j = random_below(run->random, i);
		uint64_t handle = set->handles[i - 1], block = set->blocks[i - 1];

		set->handles[i - 1] = set->handles[j];
		set->handles[j] = handle;
		set->blocks[i - 1] = set->blocks[j];
		set->blocks[j] = block;
	}
}

static void set_room(struct set *set, size_t count)
{
	set->count = count;
	set->handles = calloc(count, sizeof(*set->handles));
	set->blocks = calloc(count, sizeof(*set->blocks));
	if (!set->handles || !set->blocks)
		abort();
}

static int make_victims(struct run *run)
{
	int err = region_obtain(mode_find("packet-ring"), &ring, sets[0].count * base_bytes());

	if (err)
		return run_unobtained(run, mode_find("packet-ring"), err);
	for (size_t i = 0; i < sets[0].count; i++)
		sets[0].handles[i] = (uint64_t)(uintptr_t)ring.base + i * base_bytes();
	for (size_t kind = 1; kind < COUNT(kinds); kind++)
		for (size_t i = 0; i < sets[kind].count; i++) {
			err = victim_find(kinds[kind])->make(run->cell, &sets[kind].handles[i]);
			if (err)
				return run_failed(run, "%s %zu: %s", kinds[kind], i,
						  strerror(-err));
			duty(run);
		}
	for (size_t kind = 0; kind < COUNT(kinds); kind++)
		shuffle(run, &sets[kind]);
	shuffle(run, &reference);
	return 0;
}

static uint64_t slice(struct run *run, const char *kind, const struct set *set)
{
	uint64_t start = arch_counter();

	if (victim_find(kind)->work(run->cell, set->handles, set->count))
		run_warn(run, "%s: the work failed", kind);
	return arch_counter() - start;
}

/* When the sets are looked at. */
struct moment {
	const char *arm, *step;
	uint64_t dose_bytes;
	double tick_s;
};

static void print_mapped(struct run *run, const struct moment *now, const char *name,
			 struct set *set)
{
	for (size_t i = 0; i < set->count; i++) {
		set->blocks[i] = block_at(pagemap, (const char *)(uintptr_t)set->handles[i]);
		if (i % 256 == 255)
			duty(run);
	}
	table_row(run, "sets",
		  "\"arm\", \"step\", \"dose_bytes\", \"set\", \"mapped_4k\", "
		  "\"mapped_2m\", \"mapped_1g\"",
		  "\"%s\", \"%s\", %llu, \"%s\", %.6g, %.6g, %.6g", now->arm, now->step,
		  (unsigned long long)now->dose_bytes, name, set_mapped(set, LEVEL_4K),
		  set_mapped(set, LEVEL_2M), set_mapped(set, LEVEL_1G));
}

static void time_victim(struct run *run, const struct moment *now, size_t kind)
{
	for (uint64_t i = 0; i < cell_number(run->cell, "slices"); i++) {
		bool first = random_below(run->random, 2);
		uint64_t ticks[2];

		ticks[!first] = first ? slice(run, "packet-ring", &reference) :
					slice(run, kinds[kind], &sets[kind]);
		ticks[first] = first ? slice(run, kinds[kind], &sets[kind]) :
				       slice(run, "packet-ring", &reference);
		duty(run);
		/* ticks[0] is the reference's. */
		if (!kind && !strcmp(now->step, "held") &&
		    now->dose_bytes == cell_number(run->cell, "last_bytes"))
			ratio_add(&run->arm[*now->arm == 'c'], ticks[1], ticks[0]);
		table_row(run, "slices",
			  "\"arm\", \"step\", \"dose_bytes\", \"victim\", "
			  "\"victim_s\", \"reference_s\"",
			  "\"%c\", \"%c\", %llu, %zu, %.5g, %.5g", *now->arm, *now->step,
			  (unsigned long long)now->dose_bytes, kind, (double)ticks[1] * now->tick_s,
			  (double)ticks[0] * now->tick_s);
	}
}

static int look(struct run *run, const struct arm *arm, const char *step, uint64_t dose_bytes,
		double tick_s)
{
	const struct moment now = { arm == &run->arm[TREATMENT] ? "treatment" : "control", step,
				    dose_bytes, tick_s };
	struct counters counters = counters_read();
	struct exposure exposure;

	for (size_t kind = 0; kind < COUNT(kinds); kind++)
		time_victim(run, &now, kind);
	print_mapped(run, &now, "packet-ring", &sets[0]);
	print_mapped(run, &now, "page-cache", &sets[2]);
	print_mapped(run, &now, "reference", &reference);
	table_row(run, "doses", "\"arm\", \"step\", \"dose_bytes\", \"splits_2m\", \"splits_1g\"",
		  "\"%s\", \"%s\", %llu, %lld, %lld", now.arm, step, (unsigned long long)dose_bytes,
		  counters.splits[0], counters.splits[1]);
	if (exposure_take(run, &exposure))
		return -1;
	exposure_print(run, &exposure, now.arm, step, dose_bytes);
	duty(run);
	return 0;
}

static int climb(struct run *run, struct arm *arm, double tick_s)
{
	uint64_t last = cell_number(run->cell, "last_bytes"), held = 0;
	int err;

	if (look(run, arm, "before", 0, tick_s))
		return -1;
	err = region_obtain(arm->mode, &arm->region, last);
	if (err)
		return run_without(run, arm, err);
	for (uint64_t dose = cell_number(run->cell, "first_bytes"); dose <= last;
	     dose *= cell_number(run->cell, "factor")) {
		for (; held < dose; held += base_bytes()) {
			*(volatile char *)(arm->region.base + held) = 0;
			duty(run);
		}
		if (look(run, arm, "held", dose, tick_s))
			return -1;
	}
	region_release(arm->mode, &arm->region);
	return look(run, arm, "released", held, tick_s);
}

static int prepare(struct run *run)
{
	struct rlimit files = { MANY_FILES, MANY_FILES };
	struct exposure exposure;

	setrlimit(RLIMIT_NOFILE, &files);
	pagemap = pagemap_open();
	for (size_t kind = 0; kind < COUNT(kinds); kind++)
		set_room(&sets[kind], cell_number(run->cell, kind == 1 ? "files" : "pages"));
	set_room(&reference, sets[0].count);
	if (exposure_take(run, &exposure))
		return -1;
	exposure_print(run, &exposure, "control", "bare", 0);
	return make_reference(run) || make_victims(run) ? -1 : 0;
}

static int measure(struct run *run)
{
	double tick_s = 1e-9 / ticks_per_ns();
	int err = prepare(run) || climb(run, &run->arm[CONTROL], tick_s) ||
		  climb(run, &run->arm[TREATMENT], tick_s);

	for (size_t i = 0; i < ring_count; i++)
		if (rings[i].base)
			region_release(mode_find("packet-ring"), &rings[i]);
	if (ring.base)
		region_release(mode_find("packet-ring"), &ring);
	return err ? -1 : 0;
}

static const char *refuse(const struct cell *cell, enum arm_id arm)
{
	(void)arm;
	return cell->mode[CONTROL] ? exposure_refuse() :
				     "doses are compared with the same doses of a control: name it";
}

static struct need need(const struct cell *cell, const struct mode *mode)
{
	uint64_t bytes = mode_region_bytes(mode, cell_number(cell, "last_bytes"));

	return (struct need){ bytes, bytes };
}

METRIC(victim_doses) = {
	.name = "victim-doses",
	.about =
		"time of the kernel's work on memory as the machine gives it, over that on a reference "
		"that stays whole, slice beside slice, with the largest dose held; the tables have "
		"every dose, every victim and the census of the direct map: for a fresh boot",
	.question = "everyone",
	.unit = "1",
	.better = "lower",
	.assume = "nothing",
	.needs = NEEDS_FRAMES | NEEDS_COUNTERS | NEEDS_PAGE_TABLES,
	.procedure = 2,
	.duet = true,
	PARAMS(params),
	.wrong = doses_wrong,
	.refuse = refuse,
	.need = need,
	.run = measure,
};
