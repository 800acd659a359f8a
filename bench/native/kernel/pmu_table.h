/* SPDX-License-Identifier: MIT */
/* Which events of a CPU count TLB misses: pure functions, also for CPUs that are not here. */
#ifndef PMU_TABLE_H
#define PMU_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pmu_event {
	const char *name; /* walks, walks-4k, walks-2m, walks-1g, l2-hits, walk-cycles, ... */
	const char *of;	  /* loads, stores, accesses */
	uint64_t config;
};

/* The events of one family of CPUs. */
struct pmu_table {
	const char *name;
	bool generic; /* the kernel's own names: never compare them between vendors */
	const struct pmu_event *events;
	size_t count;
};

struct pmu_cpu {
	char vendor[16]; /* GenuineIntel, AuthenticAMD, arm64, or what cpuid says */
	unsigned int family, model;
};

/* The CPU that this runs on. */
struct pmu_cpu pmu_cpu(void);
/* The events of that CPU; the generic table where it is in none. */
const struct pmu_table *pmu_table(const struct pmu_cpu *cpu);
/* The first event of that name, which is the one of loads where there is one; or NULL. */
const struct pmu_event *pmu_event(const struct pmu_table *table, const char *name);

#endif
