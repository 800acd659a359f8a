/* SPDX-License-Identifier: MIT */
/*
 * A metric is one measured quantity and the one procedure that yields it. Each
 * lives in one file under metrics/, describes itself with METRIC() and is found
 * through a linker section.
 */
#ifndef METRIC_H
#define METRIC_H

#include "memory/mode.h"

#include <stdio.h>

#define MAX_PARAMS 8
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum arm_id { TREATMENT, CONTROL, ARMS };

struct param {
	const char *name;
	const char *about;
	const char *unit;	/* "B" or "1" for a number, "" for a word */
	const char *words;	/* "a|b|c", NULL for a number */
	const char *usual;	/* default, as text */
	uint64_t min, max;
};

/* One point of the design, with its parameters resolved. */
struct cell {
	const struct metric *metric;
	const struct mode *mode[ARMS];	/* control NULL: measured alone */
	const char *words[MAX_PARAMS];
	uint64_t numbers[MAX_PARAMS];
};

bool cell_has(const struct cell *cell, const char *param);
uint64_t cell_number(const struct cell *cell, const char *param);
bool cell_is(const struct cell *cell, const char *param, const char *word);

/* Memory that one arm of the cell will take, in bytes. */
struct need {
	uint64_t held_bytes;	/* at once */
	uint64_t touched_bytes;	/* in all */
};

/* What one run of a victim takes of the boot, for good or until it ends. */
struct boot_use {
	uint64_t secret_bytes;	/* touched beyond what its modes need */
	uint64_t ballast_bytes;	/* held at most */
	uint64_t growth_bytes;	/* that a later run has to hold more, about */
	uint64_t splits;	/* of 2M mappings that it needs */
};

/* A value is kept as what was counted, so that no digit is invented. */
struct value {
	uint64_t ticks;		/* 0 for an exact count */
	uint64_t operations;	/* or the exact count itself */
	uint64_t per;		/* what an exact count is divided by */
	uint64_t split_class;	/* 0 plain, 1 split-2M, 2 split-1G */
};

struct arm {
	const struct mode *mode;
	struct region region;
	struct value *values;
	size_t value_count;
	size_t value_room;
	uint64_t ticks;		/* in timed sections */
	uint64_t operations;
	void *cursor;		/* where a chase stopped */
	struct region *held;	/* regions kept until the run ends */
	size_t held_count;
	bool placed;
	uint64_t pages, blocks_2m, follows;
};

struct run {
	const struct cell *cell;
	uint64_t seed;
	uint64_t random[4];
	struct arm arm[ARMS];
	unsigned int arms;
	unsigned int cpu;
	bool flush_opt;
	bool classes;
	uint64_t dropped;
	uint64_t started_ticks, started_ns;
	uint64_t slept_ticks;
	char notes[4096];	/* the inside of a JSON object */
	char warnings[1024];	/* the inside of a JSON array */
	char failure[400];
	bool unsupported;	/* what failed cannot be had here: failure says why */
};

struct metric {
	const char *name;
	const char *about;
	const char *question;	/* owner, everyone, secrecy */
	const char *unit;	/* s, B/s, 1 */
	const char *better;	/* lower, higher */
	const char *assume;	/* nothing, exact */
	const char *effect;	/* how arms compare: NULL for ratio, or difference */
	bool duet;		/* measured against a control */
	bool paired;		/* value i of both arms was measured side by side */
	bool flushes;		/* can flush after each use, for modes that ask for it */
	bool secrets;		/* keeps single secrets, so that vaults can be measured too */
	const struct way *way;	/* what is tried, where the metric is a way in */
	const struct param *params;
	size_t param_count;
	/* Why these parameters make no cell on any machine; NULL when they do. May be NULL. */
	const char *(*wrong)(const struct cell *cell);
	/* Why this cell cannot be here, in words; NULL when it can. May be NULL. */
	const char *(*refuse)(const struct cell *cell, enum arm_id arm);
	struct need (*need)(const struct cell *cell, const struct mode *mode);
	struct boot_use (*boot_use)(const struct cell *cell);	/* of victims, else NULL */
	/* Returns 0, or -1 with run->failure in words. */
	int (*run)(struct run *run);
};

#define METRIC(id)                                                            \
	static const struct metric id;                                        \
	static const struct metric *const id##_entry                          \
		__attribute__((used, section("metric_list"))) = &id;          \
	static const struct metric id

#define PARAMS(list) .params = (list), .param_count = COUNT(list)

extern const struct metric *const __start_metric_list[];
extern const struct metric *const __stop_metric_list[];

#define for_each_metric(m)                                                    \
	for (const struct metric *const *m = __start_metric_list;             \
	     m < __stop_metric_list; m++)

const struct metric *metric_find(const char *name);

/* duet.c: both arms in one process, in turn, in random order. */
typedef int (*slice_fn)(struct run *run, struct arm *arm);

/* Obtain and touch a region per arm, in random order. */
int duet_regions(struct run *run, uint64_t len_bytes);
/* One slice per arm and round; slices with a gap over 5 ms are dropped. */
int duet_slices(struct run *run, uint64_t rounds, slice_fn slice);
/* After the last slice, for a metric that orders its slices itself: drop those with a gap. */
int duet_finish(struct run *run);
/* Touch every page, keeping the duty. */
void duet_touch(struct run *run, struct region *region, size_t page_bytes);
void duty(struct run *run);	/* sleep when 90 % of the last 100 ms were busy */

/* As run_failed, of what this machine cannot do: the core then exits with 77. */
int run_refused(struct run *run, const char *format, ...) __attribute__((format(printf, 2, 3)));
int run_failed(struct run *run, const char *format, ...) __attribute__((format(printf, 2, 3)));
void run_note(struct run *run, const char *name, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void run_warn(struct run *run, const char *format, ...) __attribute__((format(printf, 2, 3)));
void value_add(struct arm *arm, uint64_t ticks, uint64_t operations);
void count_add(struct arm *arm, uint64_t count, uint64_t per);
/* Keep the region's placement; call while its pages are there. */
void placement_add(struct arm *arm, const struct region *region);

/* random.c: xoshiro256** of Blackman and Vigna (2018), seeded by splitmix64. */
void random_seed(uint64_t state[4], uint64_t seed);
uint64_t random_below(uint64_t state[4], uint64_t bound);

/* chase.c: one cycle over every line of [base, base + len_bytes). */
int chase_build(char *base, size_t len_bytes, const char *order, uint64_t seed);
/* The same over one line in each of `pages` base pages, at offsets that differ. */
int chase_build_spread(char *base, size_t pages, uint64_t seed);
/* Take whole hundreds of steps; returns where the chase stopped. */
void *chase_follow(void *at, uint64_t loads);

/* realtime.c */
void realtime_start(struct run *run, long cpu, bool allowed);
int realtime_thread(unsigned int cpu);
const char *realtime_scheduler(void);
unsigned int allowed_count(void);
double ticks_per_ns(void);
/* The CPU that comes `steps` allowed ones after `cpu`, round and round. */
unsigned int allowed_after(unsigned int cpu, unsigned int steps);

/* counter.c: /proc/vmstat and /proc/meminfo; -1 where the kernel has no such line. */
struct counters {
	long long direct_map_kb[3];	/* 4k, 2M, 1G */
	long long splits[2];		/* level 2 (2M to 4k), level 3 (1G to 2M) */
};
struct counters counters_read(void);

/* Huge pages set aside by vm.nr_hugepages, those of them that nobody has; -1: not told. */
struct huge_pool {
	long long pages, unused;
};
void huge_pool_read(struct huge_pool *pool);
/* Free pages in unmovable blocks (/proc/pagetypeinfo); -1 where that cannot be read. */
long long free_unmovable_pages(void);
int splits_open(void);
void splits_read(int fd, long long splits[2]);

/* child.c: run work(arg) in a forked child that has no capabilities. */
struct child_report {
	uint64_t count;
	int error;		/* errno that stopped it, 0 if none */
	int signal;		/* signal that stopped it, 0 if none */
};
int unprivileged(void (*work)(struct child_report *report, const void *arg), const void *arg,
		 struct child_report *report);

/* lock_rule.c: what RLIMIT_MEMLOCK counts for a mode, learnt without capabilities. */
#define LOCK_RULE_PAGES 16u	/* the limit it is learnt with */
struct lock_rule {
	unsigned int number;	/* as lock-limit's values */
	const char *text;
	struct child_report over;	/* what one page over the limit came to */
};
/* Returns 0, or -1 where capabilities cannot be dropped. */
int lock_rule_learn(const struct mode *mode, struct lock_rule *rule);
/* Why the mode is not for a user without capabilities, in words; NULL when it is. */
const char *unprivileged_refused(const struct mode *mode);
/* Raise this process's own limit as far as it may. */
void lock_limit_raise(void);

#endif
