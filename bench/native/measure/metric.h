/* SPDX-License-Identifier: MIT */
/*
 * A metric is one measured quantity and the one procedure that yields it. Each
 * lives in one file under metrics/, victims/ or ways/, describes itself with METRIC()
 * and is found through a linker section. A cell is one point of it: modes and parameters.
 */
#ifndef METRIC_H
#define METRIC_H

#include "memory/array.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mode;
struct run;

#define MAX_PARAMS 8

enum arm_id { TREATMENT, CONTROL, ARMS };

struct param {
	const char *name;
	const char *about;
	const char *unit;  /* "B" or "1" for a number, "" for a word */
	const char *words; /* "a|b|c", NULL for a number */
	const char *usual; /* default, as text */
	uint64_t min, max;
};

/* One point of the design, with its parameters resolved. */
struct cell {
	const struct metric *metric;
	const struct mode *mode[ARMS]; /* control NULL: measured alone */
	const char *words[MAX_PARAMS];
	uint64_t numbers[MAX_PARAMS];
};

/* Whether the metric has a parameter of that name. */
bool cell_has(const struct cell *cell, const char *param);
/* A number that the metric has, in the parameter's unit. */
uint64_t cell_number(const struct cell *cell, const char *param);
/* A word that the metric has. */
const char *cell_word(const struct cell *cell, const char *param);
/* Whether that is this word. */
bool cell_is(const struct cell *cell, const char *param, const char *word);

/* Why that number of bytes is no whole number of base pages; NULL where it is. */
const char *whole_pages(const struct cell *cell, const char *param);
/* Why the doses from first_bytes by factor do not come to last_bytes, page by page; NULL where they do. */
const char *doses_wrong(const struct cell *cell);

/* Memory that one arm of the cell will take, in bytes: no less, and as far as it is known no more. */
struct need {
	uint64_t held_bytes;	/* at once */
	uint64_t touched_bytes; /* in all, page by page, lead-ins and warming too */
};

/* What one run of a victim takes of the boot, for good or until it ends. */
struct boot_use {
	uint64_t secret_bytes;	/* touched beyond what its modes need */
	uint64_t ballast_bytes; /* held at most */
	uint64_t growth_bytes;	/* that a later run has to hold more, about */
	uint64_t splits;	/* of 2M mappings that it needs */
};

/* What each run of a metric must obtain, or it is unsupported; a parameter may need more. */
enum {
	NEEDS_CPU = 1 << 0,	  /* pinned to its CPU */
	NEEDS_OTHER_CPU = 1 << 1, /* a process pinned to another */
	NEEDS_REALTIME = 1 << 2,  /* real-time scheduling, there as well as here */
	NEEDS_FRAMES = 1 << 3,	  /* frame numbers */
	NEEDS_COUNTERS = 1
		<< 4, /* counts of the kernel or of the processor; refuse() asks for them */
	NEEDS_PAGE_TABLES = 1 << 5, /* the kernel's own page tables */
};

struct metric {
	const char *name;
	const char *about;
	const char *question;	/* owner, everyone, secrecy */
	const char *unit;	/* s, B/s, 1 */
	const char *better;	/* lower, higher */
	const char *assume;	/* nothing, exact */
	const char *effect;	/* how arms compare: NULL for ratio, or difference */
	unsigned int procedure; /* raised when what is measured changes; 0 is the first, as 1 is */
	unsigned int needs;	/* NEEDS_...; a way in has more of its own */
	bool duet;		/* measured against a control */
	bool paired;		/* value i of both arms was measured side by side */
	bool flushes;		/* can flush after each use, for modes that ask for it */
	bool secrets;		/* keeps single secrets, so that vaults can be measured too */
	const struct way *way;	/* what is tried, where the metric is a way in */
	const struct victim *victim; /* whose work is timed, where it is one's */
	const struct param *params;
	size_t param_count;
	/* Why these parameters make no cell on any machine; NULL when they do. May be NULL. */
	const char *(*wrong)(const struct cell *cell);
	/* Why this cell cannot be here, in words; NULL when it can. May be NULL. */
	const char *(*refuse)(const struct cell *cell, enum arm_id arm);
	struct need (*need)(const struct cell *cell, const struct mode *mode);
	struct boot_use (*boot_use)(const struct cell *cell); /* of victims, else NULL */
	/* Ordinary memory that a run holds beside its regions, in bytes. May be NULL. */
	uint64_t (*beside)(const struct cell *cell);
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

/* The metric of that name, or NULL. */
const struct metric *metric_find(const char *name);
/* Which of its parameters has the name of `len` bytes; param_count if none. */
size_t metric_param(const struct metric *metric, const char *name, size_t len);

#endif
