/* SPDX-License-Identifier: MIT */
/*
 * Hardware counters of TLB misses: which events a CPU has, and a thin wrapper of
 * perf_event_open(2). The choice of events and the decoding of what the kernel
 * returns are pure functions, so that they can be tested for CPUs that are not here.
 */
#ifndef PMU_H
#define PMU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* As many as every supported CPU counts at once, beside the watchdog's. */
#define PMU_GROUP 4

struct pmu_event {
	const char *name;	/* walks, walks-4k, walks-2m, walks-1g, l2-hits, walk-cycles, ... */
	const char *of;		/* loads, stores, accesses */
	uint64_t config;
};

/* The events of one family of CPUs. */
struct pmu_table {
	const char *name;
	bool generic;		/* the kernel's own names: never compare them between vendors */
	const struct pmu_event *events;
	size_t count;
};

struct pmu_cpu {
	char vendor[16];	/* GenuineIntel, AuthenticAMD, arm64, or what cpuid says */
	unsigned int family, model;
};

struct pmu_cpu pmu_cpu(void);
const struct pmu_table *pmu_table(const struct pmu_cpu *cpu);
/* The first event of that name, which is the one of loads where there is one; or NULL. */
const struct pmu_event *pmu_event(const struct pmu_table *table, const char *name);

enum pmu_state {
	PMU_COUNTED,		/* all the time */
	PMU_SCALED,		/* 90 % of the time and more: the counts are extrapolated */
	PMU_DROPPED,		/* less than that: no counts */
	PMU_NONE,		/* never: no counts, which is not zero */
};

struct pmu_reading {
	enum pmu_state state;
	double share;		/* of the time enabled that the group was counting */
	size_t count;
	double counts[PMU_GROUP];
};

/*
 * Decode what read(2) gave for a group with PERF_FORMAT_GROUP and both times, as the
 * difference to an earlier reading of the same group (NULL: to zero). Returns 0, or
 * -EINVAL if it is no such reading.
 */
int pmu_decode(const uint64_t *words, size_t bytes, const uint64_t *before,
	       struct pmu_reading *reading);
const char *pmu_state_name(enum pmu_state state);

enum pmu_scope { PMU_USER, PMU_KERNEL };

struct pmu {
	int fds[PMU_GROUP];
	size_t count;
};

#define PMU_WORDS (3 + PMU_GROUP)

/* Open a pinned group on the calling thread. Returns 0 or -errno. */
int pmu_open(struct pmu *pmu, const struct pmu_table *table,
	     const struct pmu_event *const events[PMU_GROUP], enum pmu_scope scope);
void pmu_close(struct pmu *pmu);
/* Returns the bytes read, 0 where the pinned group got no counter, or -errno. */
int pmu_read(const struct pmu *pmu, uint64_t words[PMU_WORDS]);
/* Why this machine cannot count in that scope, and what to do; NULL when it can. */
const char *pmu_unsupported(enum pmu_scope scope);
/* What -errno of pmu_open() means, in words that say what to do. */
const char *pmu_meaning(int err, enum pmu_scope scope);

/* `core pmu [VENDOR FAMILY MODEL]` and `core pmu-decode`. */
int pmu_print(int argc, char **argv);
int pmu_decode_print(void);

#endif
