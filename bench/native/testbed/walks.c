// SPDX-License-Identifier: MIT
/* How often the kernel walks the page tables while a victim works, by hardware counters. */
#include "testbed/walks.h"
#include "kernel/pmu.h"
#include "kernel/pmu_table.h"
#include "measure/metric.h"
#include "measure/realtime.h"
#include "measure/run.h"
#include "testbed/testbed.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define ROUNDS 20	/* of the work, counted after the timed slices */

static const char *const sizes[PMU_GROUP] = { "walks", "walks-4k", "walks-2m", "walks-1g" };

static void choose(const struct pmu_table *table, const struct pmu_event *events[PMU_GROUP])
{
	size_t count = 0;

	for (size_t i = 0; i < PMU_GROUP; i++)
		if ((events[count] = pmu_event(table, sizes[i])))
			count++;
}

/* The work with a reading of the counters on either side; returns the bytes of the later one. */
static int work_between(const struct run *run, const struct victim *victim, const struct set *set,
			const struct pmu *pmu, uint64_t words[2][PMU_WORDS])
{
	int got = pmu_read(pmu, words[0]);
	int err = victim->work(run->cell, set->handles, set->count);

	if (err || got < 0)
		return err ? err : got;
	return pmu_read(pmu, words[1]);
}

/* Adds one round's counts to sum; returns 0, -errno, or 1 where the counters were taken away. */
static int count_round(const struct run *run, const struct victim *victim, const struct set *set,
		       const struct pmu *pmu, double sum[PMU_GROUP])
{
	uint64_t words[2][PMU_WORDS];
	struct pmu_reading reading;
	int got = victim->before ? victim->before(run->cell, set->handles, set->count) : 0;

	if (!got)
		got = work_between(run, victim, set, pmu, words);
	if (got >= 0 && victim->after && victim->after(run->cell, set->handles, set->count))
		return -EIO;
	if (got < 0)
		return got;
	if (pmu_decode(words[1], (size_t)got, words[0], &reading) || reading.state >= PMU_DROPPED)
		return 1;
	for (size_t i = 0; i < reading.count; i++)
		sum[i] += reading.counts[i];
	return 0;
}

static int count_arm(struct run *run, const struct testbed *testbed, enum arm_id arm,
		     const struct pmu *pmu, const struct pmu_event *const events[PMU_GROUP])
{
	const struct set *set = &testbed->set[arm];
	double sum[PMU_GROUP] = { 0 };
	char text[160] = "";
	int err = 0;

	for (int round = 0; round < ROUNDS && !err; round++) {
		err = count_round(run, testbed->victim, set, pmu, sum);
		duty(run);
	}
	for (size_t i = 0; i < pmu->count && !err; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s %.4f",
			 i ? ", " : "", events[i]->name, sum[i] / ROUNDS / (double)set->count);
	if (!err)
		run_note(run, arm == TREATMENT ? "kernel_walks" : "kernel_walks_control", "\"%s\"",
			 text);
	return err;
}

void walks_note(struct run *run, const struct testbed *testbed)
{
	const struct pmu_event *events[PMU_GROUP] = { 0 };
	const char *why = pmu_unsupported(PMU_KERNEL);
	struct pmu_cpu cpu = pmu_cpu();
	struct pmu pmu;
	int err;

	if (why) {
		run_note(run, "kernel_walks", "\"not counted: %s\"", why);
		return;
	}
	choose(pmu_table(&cpu), events);
	err = pmu_open(&pmu, pmu_table(&cpu), events, PMU_KERNEL);
	if (err) {
		run_note(run, "kernel_walks", "\"not counted: %s\"", pmu_meaning(err, PMU_KERNEL));
		return;
	}
	for (enum arm_id arm = TREATMENT; arm < ARMS && !err; arm++)
		err = count_arm(run, testbed, arm, &pmu, events);
	pmu_close(&pmu);
	if (err)
		run_warn(run, "page walks were not counted: %s",
			 err < 0 ? strerror(-err) : "the counters were taken away meanwhile");
}
