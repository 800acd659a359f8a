// SPDX-License-Identifier: MIT
#include "measure/child.h"
#include "measure/lock_rule.h"
#include "measure/metric.h"
#include "measure/run.h"
#include "memory/mode.h"
#include "memory/page.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static const struct param params[] = {
	{ "layout", "page: one page and, where the mode has one, one fd per secret; slab: packed",
	  "", "page|slab", "page", 0, 0 },
};

/* What an unprivileged process has on common distributions. */
#define LOCK_BYTES (8u << 20)
#define OPEN_FILES 1024u

struct task {
	const struct mode *mode;
	bool slab;
};

/* The count stops at twice what the limit holds: the mode is then not bound by it. */
static uint64_t most(bool slab)
{
	return slab ? 2 * LOCK_BYTES / SECRET_BYTES : 2 * LOCK_BYTES / base_bytes();
}

static bool limits(struct child_report *report)
{
	/* What the caller left open must not change the count. */
	if (close_range(3, ~0u, 0))
		report->refused = errno;
	return !report->refused && child_limited(report, RLIMIT_MEMLOCK, LOCK_BYTES) &&
	       child_limited(report, RLIMIT_NOFILE, OPEN_FILES);
}

static void fill_pages(struct child_report *report, const struct mode *mode)
{
	struct region region;

	while (report->count < most(false)) {
		int err = region_obtain(mode, &region, base_bytes());

		if (err) {
			report->error = -err;
			return;
		}
		memset(region.base, 1, SECRET_BYTES);
		report->count++;
	}
}

/* The largest slab for which the mapping is granted, by halves. */
static void fill_slab(struct child_report *report, const struct mode *mode)
{
	struct region region;

	for (uint64_t pages = LOCK_BYTES / base_bytes() * 2; pages; pages /= 2) {
		int err = region_obtain(mode, &region, pages * base_bytes());

		if (err) {
			report->error = -err;
			continue;
		}
		for (uint64_t p = 0; p < pages; p++) {
			memset(region.base + p * base_bytes(), 1, base_bytes());
			report->count += base_bytes() / SECRET_BYTES;
		}
		return;
	}
}

static void fill(struct child_report *report, const void *arg)
{
	const struct task *task = arg;

	if (!limits(report))
		return;
	if (task->slab)
		fill_slab(report, task->mode);
	else
		fill_pages(report, task->mode);
}

static int measure(struct run *run)
{
	const struct task task = { run->cell->mode[TREATMENT],
				   cell_is(run->cell, "layout", "slab") };
	struct child_report report = { 0 };

	if (unprivileged(fill, &task, &report))
		return unprivileged_failed(run);
	count_add(&run->arm[TREATMENT], report.count, 1);
	run_note(run, "lock_limit_bytes", "%u", LOCK_BYTES);
	run_note(run, "open_files", "%u", OPEN_FILES);
	if (report.count >= most(task.slab))
		run_note(run, "stopped_by",
			 "\"nothing: not bound by RLIMIT_MEMLOCK, counted no further\"");
	else if (report.signal)
		run_note(run, "stopped_by", "\"%s at a touch\"", strsignal(report.signal));
	else
		run_note(run, "stopped_by", "\"%s\"", strerror(report.error));
	return 0;
}

static const char *refuse(const struct cell *cell, enum arm_id arm)
{
	if (cell->mode[arm]->huge)
		return "density is counted in base pages; this mode has huge pages";
	return unprivileged_refused(cell->mode[arm]);
}

static struct need need(const struct cell *cell, const struct mode *mode)
{
	uint64_t bytes = cell_is(cell, "layout", "slab") ? LOCK_BYTES : OPEN_FILES * base_bytes();

	if (!mode->secret && bytes < 2 * LOCK_BYTES)
		bytes = 2 * LOCK_BYTES;
	return (struct need){ bytes, bytes };
}

METRIC(density) = {
	.name = "density",
	.about = "32-byte secrets that one unprivileged process can hold within 8 MiB of "
		 "RLIMIT_MEMLOCK and 1,024 open files",
	.question = "owner",
	.unit = "1",
	.better = "higher",
	.assume = "exact",
	PARAMS(params),
	.refuse = refuse,
	.need = need,
	.run = measure,
};
