// SPDX-License-Identifier: MIT
/* Trying a way in: on the control first, which has to come out open, then on the mode. */
#include "attempt/way.h"
#include "attempt/marker.h"
#include "attempt/owner.h"
#include "attempt/read_write.h"
#include "kernel/restore.h"
#include "measure/run.h"
#include "memory/cause.h"
#include "memory/mode.h"
#include "memory/page.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

/* No way takes a tenth of it; the runner's own timeout is longer. */
#define TIMEOUT_S 30

const struct param way_params[] = {
	{ "state",
	  "of the mode's memory during the attempt: closed as between two uses, or opened as "
	  "during one",
	  "", "at-rest|in-use", "at-rest", 0, 0 },
};

const char *way_refuse(const struct cell *cell, enum arm_id arm)
{
	const struct way *way = cell->metric->way;

	if (arm == TREATMENT && !cell->mode[CONTROL])
		return "a way in needs a control, on which it has to come out open: --control memfd";
	if (cell->mode[arm]->huge)
		return "ways are tried on base pages; this mode has huge pages";
	return way->refuse ? way->refuse(cell, arm) : NULL;
}

/* A way that writes fills a twin of the region first, to know what to write. */
struct need way_need(const struct cell *cell, const struct mode *mode)
{
	const struct way *way = cell->metric->way;
	size_t mapped_bytes = way->mapped_pages * base_bytes();
	size_t twin_bytes = way->write ? way_bytes(way) : 0;

	(void)mode;
	return (struct need){ (mapped_bytes ? mapped_bytes : way_bytes(way)) + twin_bytes,
			      way_bytes(way) * (way->tries ? way->tries : 1) + twin_bytes };
}

/* Refused to anyone, so that nothing was learnt about the mode. */
static bool refused_to_all(int error)
{
	return error == EPERM || error == EACCES || error == ENOSYS || error == EOPNOTSUPP;
}

static int closed_on_control(struct run *run, const struct attempt *a)
{
	const char *hint = a->way->hint;

	if (refused_to_all(a->error))
		return run_refused(run, "not tried: refused on %s too (%s); %s%s", a->mode->name,
				   a->evidence, cause_filter(),
				   hint ? hint : "nobody may do it here");
	return run_failed(run, "the check did not open on %s (%s), so it says nothing: not counted",
			  a->mode->name, a->evidence);
}

static enum outcome attempt(struct attempt *a)
{
	if (a->way->attempt)
		return a->way->attempt(a);
	return a->way->write ? try_writing(a) : try_reading(a);
}

static enum outcome try(struct run *run, enum arm_id arm, char evidence[160])
{
	struct attempt a = {
		.run = run,
		.way = run->cell->metric->way,
		.mode = run->arm[arm].mode,
		.is_control = arm == CONTROL,
		.in_use = arm == CONTROL || cell_is(run->cell, "state", "in-use"),
		.region = { .fd = -1 },
	};
	enum outcome outcome;

	marker_draw(&a.marker);
	outcome = attempt(&a);
	/* What an owner that ended by itself left undone is no evidence. */
	if (a.lost[0] && outcome != NOT_TRIED)
		outcome = owner_failed(&a, "ended during the attempt");
	if (a.owner)
		owner_end(&a);
	else if (a.region.base)
		region_release(a.mode, &a.region);
	if (outcome == CLOSED && a.is_control)
		return closed_on_control(run, &a);
	if (outcome != NOT_TRIED)
		count_add(&run->arm[arm], (uint64_t)outcome, 1);
	memcpy(evidence, a.evidence, sizeof(a.evidence));
	return outcome;
}

int way_run(struct run *run)
{
	const struct way *way = run->cell->metric->way;
	char evidence[ARMS][160];
	enum outcome outcome;

	alarm(TIMEOUT_S);
	if (!way->realtime)
		sched_setscheduler(0, SCHED_OTHER, &(struct sched_param){ 0 });
	outcome = try(run, CONTROL, evidence[CONTROL]);
	if (outcome != NOT_TRIED)
		outcome = try(run, TREATMENT, evidence[TREATMENT]);
	restore_now();
	if (outcome == NOT_TRIED)
		return -1;
	run_note(run, "way", "\"%s\"", run->cell->metric->name);
	run_note(run, "group", "\"%s\"", way->group);
	run_note(run, "evidence", "\"%s\"", evidence[TREATMENT]);
	run_note(run, "control_evidence", "\"%s\"", evidence[CONTROL]);
	return 0;
}
