/* SPDX-License-Identifier: MIT */
/*
 * A victim is work of the kernel on memory of its own, timed inside and outside of 2M blocks that
 * secret memory split. Each lives in one file under victims/, which VICTIM() makes a metric;
 * victim-dose and its like find it by its name.
 */
#ifndef VICTIM_H
#define VICTIM_H

#include "measure/metric.h"
#include "testbed/testbed.h"

/* Parameters that all victims have; what one has beside them comes after. */
#define VICTIM_PARAMS(pages_usual, block_usual)                                       \
	{ "pages", "working set of each arm, in pages or objects", "1", NULL, pages_usual, \
	  64, 1u << 20 },                                                             \
	{ "block_pages", "of these in each 2M block", "1", NULL, block_usual, 16, 65536 }, \
	{ "slices", "slices per arm", "1", NULL, "300", 5, 100000 },                  \
	{ "ballast_max_bytes", "most memory held to get past the pool of free pages in split " \
	  "blocks", "B", NULL, "1073741824", 1u << 20, 1ull << 40 },                  \
	{ "secret_bytes", "most secret memory held to split blocks", "B", NULL, "8388608", \
	  1u << 16, 1ull << 36 }

/* VICTIM(id, name without "victim-", its parameters, what is timed, .work = ..., ...) */
#define VICTIM(id, title, list, meaning, ...)                                         \
	static const struct victim id##_victim = { .name = title, __VA_ARGS__ };      \
	METRIC(victim_##id) = {                                                       \
		.name = "victim-" title,                                              \
		.about = meaning,                                                     \
		.question = "everyone",                                               \
		.unit = "s",                                                          \
		.better = "lower",                                                    \
		.assume = "nothing",                                                  \
		.procedure = 2,                                                       \
		.needs = NEEDS_CPU | NEEDS_FRAMES | NEEDS_COUNTERS,                   \
		.duet = true,                                                         \
		.paired = true,                                                       \
		.victim = &id##_victim,                                               \
		PARAMS(list),                                                         \
		.wrong = victim_wrong,                                                \
		.refuse = victim_refuse,                                              \
		.need = victim_need,                                                  \
		.boot_use = victim_boot_use,                                          \
		.run = victim_run,                                                    \
	}

struct arm;

/* What all victims share. */
const char *victim_wrong(const struct cell *cell);
const char *victim_refuse(const struct cell *cell, enum arm_id arm);
struct need victim_need(const struct cell *cell, const struct mode *mode);
struct boot_use victim_boot_use(const struct cell *cell);
int victim_run(struct run *run);

#define for_each_victim(v)                                                            \
	for_each_metric(v)                                                            \
		if ((*v)->victim)

/* The victim of that name, or NULL. */
const struct victim *victim_find(const char *name);
/* A parameter of the victim where the metric has it, else the usual one (victim-dose). */
uint64_t victim_number(const struct cell *cell, const char *param, uint64_t usual);
bool victim_is(const struct cell *cell, const char *param, const char *word);
/* One value of the arm: the victim's work over the set's items, in ticks. 0, or -1 with run->failure. */
int victim_slice(struct run *run, struct arm *arm, const struct victim *victim,
		 const struct set *set);
/* Which modes may stand against each other: NULL, or why these may not. */
const char *victim_modes(const struct cell *cell, enum arm_id arm);
/* Ballast that a run will hold on the boot as it is now, about. */
uint64_t victim_ballast_bytes(const struct cell *cell);

#endif
