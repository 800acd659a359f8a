/* SPDX-License-Identifier: MIT */
/*
 * Hardware counters of TLB misses: a thin wrapper of perf_event_open(2), and the decoding of what
 * the kernel returns, a pure function, so that it can be tested without counters.
 */
#ifndef PMU_H
#define PMU_H

#include <stddef.h>
#include <stdint.h>

struct pmu_event;
struct pmu_table;

/* As many as every supported CPU counts at once, beside the watchdog's. */
#define PMU_GROUP 4

enum pmu_state {
	PMU_COUNTED, /* all the time */
	PMU_SCALED,  /* 90 % of the time and more: the counts are extrapolated */
	PMU_DROPPED, /* less than that: no counts */
	PMU_NONE,    /* never: no counts, which is not zero */
};

struct pmu_reading {
	enum pmu_state state;
	double share; /* of the time enabled that the group was counting */
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
/* As in PROTOCOL.md: counted, scaled, dropped, none. */
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

#endif
