// SPDX-License-Identifier: MIT
#include "kernel/counter.h"
#include "kernel/page_type.h"
#include "measure/metric.h"
#include "measure/placement.h"
#include "measure/realtime.h"
#include "measure/run.h"
#include "memory/available.h"
#include "memory/mode.h"
#include "memory/page.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

static const struct param params[] = {
	{ "len_bytes", "memory touched", "B", NULL, "8388608", 1u << 20, 1ull << 37 },
	{ "step_bytes", "the counters are read each time so much was touched", "B", NULL, "1048576",
	  4096, 1ull << 37 },
	{ "phase",
	  "first: a region as the boot finds it; again: a second one after the first was "
	  "released; crowded: with the page cache filled first",
	  "", "first|again|crowded", "first", 0, 0 },
};

/* Of what is available, the part that `crowded` fills with a file in memory. */
#define CROWD_SHARE 0.8
/* In files of this size: to give back a larger one takes seconds without a sleep. */
#define FILE_BYTES (256ull << 20)
/* More takes minutes to fill. */
#define CROWD_MOST (64ull << 30)

static int touch_all(struct run *run, struct arm *arm, bool keep)
{
	uint64_t step = cell_number(run->cell, "step_bytes");
	struct counters before = counters_read(), now;

	for (uint64_t at = 0; at < cell_number(run->cell, "len_bytes"); at += base_bytes()) {
		*(volatile char *)(arm->region.base + at) = 1;
		if (at / base_bytes() % 256 == 255)
			duty(run);
		if (!keep || (at + base_bytes()) % step)
			continue;
		now = counters_read();
		count_add(arm, (uint64_t)(now.splits[0] - before.splits[0]), 1);
	}
	return 0;
}

static int obtain(struct run *run, struct arm *arm)
{
	int err = region_obtain(arm->mode, &arm->region, cell_number(run->cell, "len_bytes"));

	return err ? run_without(run, arm, err) : 0;
}

struct crowd {
	struct region files[CROWD_MOST / FILE_BYTES];
	size_t count;
};

static size_t crowd_files(void)
{
	return (size_t)(CROWD_SHARE * (double)available_bytes()) / FILE_BYTES;
}

/* Movable pages of files in memory, so that free blocks become rare. */
static int crowd(struct run *run, struct crowd *crowd)
{
	size_t wanted = crowd_files();

	for (; crowd->count < wanted; crowd->count++) {
		struct region *file = &crowd->files[crowd->count];
		int err = region_obtain(mode_find("memfd"), file, FILE_BYTES);

		if (err || fallocate(file->fd, 0, 0, FILE_BYTES))
			return run_unobtained(run, mode_find("memfd"), err ? err : -errno);
		duty(run);
	}
	run_note(run, "page_cache_bytes", "%lld", (long long)crowd->count * FILE_BYTES);
	return 0;
}

static void disperse(struct run *run, struct crowd *crowd)
{
	while (crowd->count) {
		region_release(mode_find("memfd"), &crowd->files[--crowd->count]);
		duty(run);
	}
}

static void note_change(struct run *run, const char *name, long long before, long long after)
{
	if (before >= 0 && after >= 0)
		run_note(run, name, "%lld", after - before);
}

/* From before the touches to after them, and what was kept when all was released. */
static void note_changes(struct run *run, const struct counters *before,
			 const struct counters *after, const struct counters *released)
{
	note_change(run, "splits_2m", before->splits[0], after->splits[0]);
	note_change(run, "splits_1g", before->splits[1], after->splits[1]);
	note_change(run, "direct_map_4k_kb", before->direct_map_kb[0], after->direct_map_kb[0]);
	note_change(run, "kept_4k_kb_after_release", before->direct_map_kb[0],
		    released->direct_map_kb[0]);
	run_note(run, "page_table_bytes", "%lld",
		 (after->splits[0] - before->splits[0] + after->splits[1] - before->splits[1]) *
			 (long long)base_bytes());
	if (run->arm[TREATMENT].mode->secret && after->splits[0] == before->splits[0])
		run_note(run, "pool", "\"pool not exhausted\"");
}

static int measure(struct run *run)
{
	struct arm *arm = &run->arm[TREATMENT];
	static struct crowd files;
	struct counters start = counters_read(), before, after, released;
	long long pool = free_unmovable_pages();

	if (cell_is(run->cell, "phase", "crowded") && crowd(run, &files))
		return -1;
	if (cell_is(run->cell, "phase", "again")) {
		if (obtain(run, arm))
			return -1;
		touch_all(run, arm, false);
		region_release(arm->mode, &arm->region);
	}
	before = counters_read();
	if (obtain(run, arm))
		return -1;
	touch_all(run, arm, true);
	after = counters_read();
	placement_add(arm, &arm->region);
	region_release(arm->mode, &arm->region);
	disperse(run, &files);
	released = counters_read();
	run_note(run, "splits_since_boot", "%lld", start.splits[0] + start.splits[1]);
	run_note(run, "free_unmovable_pages", "%lld", pool);
	note_changes(run, &before, &after, &released);
	return 0;
}

static const char *wrong(const struct cell *cell)
{
	if (cell_number(cell, "step_bytes") % base_bytes())
		return "step_bytes must be whole pages: the counters are read between two";
	return cell_number(cell, "len_bytes") % cell_number(cell, "step_bytes") ?
		       "len_bytes must be a multiple of step_bytes" :
		       NULL;
}

static const char *refuse(const struct cell *cell, enum arm_id arm)
{
	(void)arm;
	if (cell_is(cell, "phase", "crowded") && available_bytes() > CROWD_MOST)
		return "filling the page cache of so large a machine takes minutes: boot a guest with "
		       "less memory";
	return counters_read().splits[0] < 0 ?
		       "this kernel does not count direct-map splits (x86 since 5.13)" :
		       NULL;
}

static struct need need(const struct cell *cell, const struct mode *mode)
{
	uint64_t bytes = mode_region_bytes(mode, cell_number(cell, "len_bytes"));

	return (struct need){ bytes, bytes * (cell_is(cell, "phase", "again") ? 2 : 1) };
}

static uint64_t beside(const struct cell *cell)
{
	return cell_is(cell, "phase", "crowded") ? crowd_files() * FILE_BYTES : 0;
}

METRIC(splits) = {
	.name = "splits",
	.about =
		"splits of 2M mappings of the direct map, counted up as memory is touched step by step; "
		"1G splits, memory that changed size and what stays after release are in the notes",
	.question = "everyone",
	.unit = "1",
	.better = "lower",
	.assume = "nothing",
	.needs = NEEDS_COUNTERS,
	PARAMS(params),
	.wrong = wrong,
	.refuse = refuse,
	.need = need,
	.beside = beside,
	.run = measure,
};
