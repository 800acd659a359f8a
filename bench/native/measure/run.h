/* SPDX-License-Identifier: MIT */
/* A run: one cell, once. What it holds meanwhile, and what it says: values, notes, warnings, failure. */
#ifndef RUN_H
#define RUN_H

#include "measure/metric.h"
#include "memory/region.h"

/* A value is kept as what was counted, so that no digit is invented. */
struct value {
	uint64_t ticks;	      /* 0 for an exact count */
	uint64_t operations;  /* or the exact count itself */
	uint64_t per;	      /* what an exact count is divided by; of a ratio, the other ticks */
	uint64_t readings;    /* of the counter, whose cost the ticks contain */
	uint64_t split_class; /* 0 plain, 1 split-2M, 2 split-1G */
};

struct arm {
	const struct mode *mode;
	struct region region;
	struct value *values;
	size_t value_count;
	size_t value_room;
	uint64_t ticks;	   /* in timed sections */
	uint64_t readings; /* in these ticks */
	uint64_t operations;
	void *cursor;		   /* where a chase stopped */
	uint64_t slice_operations; /* in one slice, where duet_lengthen() says it */
	struct region *held;	   /* regions kept until the run ends */
	size_t held_count;
	bool placed;
	uint64_t pages, blocks_2m, follows; /* see placement.h */
};

struct run {
	const struct cell *cell;
	uint64_t seed;
	uint64_t random[4];
	struct arm arm[ARMS];
	unsigned int arms;
	bool flush_opt;
	bool classes;
	uint64_t dropped;
	unsigned int cpu;     /* that it runs on */
	bool pinned;	      /* to that CPU */
	bool realtime;	      /* it has SCHED_FIFO */
	double reading_ticks; /* that a timed section takes by being timed; see timer.h */
	uint64_t started_ticks, started_ns;
	char notes[4096];    /* the inside of a JSON object */
	char warnings[1024]; /* the inside of a JSON array */
	char failure[400];
	bool unsupported; /* what failed cannot be had here: failure says why */
};

/* Put the reason into run->failure; returns -1. */
int run_failed(struct run *run, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same of memory that could not be obtained, by -errno; where that lasts, the core exits with 77. */
int run_unobtained(struct run *run, const struct mode *mode, int err);
/* The same of an arm's region. */
int run_without(struct run *run, const struct arm *arm, int err);
/* The same of what this machine cannot do: the core then exits with 77. */
int run_refused(struct run *run, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A fact of the run under that name; the format yields JSON. */
void run_note(struct run *run, const char *name, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* A caveat in words. */
void run_warn(struct run *run, const char *format, ...) __attribute__((format(printf, 2, 3)));
/*
 * One more value of the arm: so many operations took so many ticks, from one reading of the
 * counter to the next. What the reading takes is taken out again when the value is printed.
 */
void value_add(struct arm *arm, uint64_t ticks, uint64_t operations);
/* The same of ticks that were no section between two readings. */
void sum_add(struct arm *arm, uint64_t ticks, uint64_t operations);
/* One more value that was counted, not timed: count / per. */
void count_add(struct arm *arm, uint64_t count, uint64_t per);
/* One more value that is the ratio of two times, of one section each. */
void ratio_add(struct arm *arm, uint64_t ticks, uint64_t per_ticks);
/* The ticks of a value or of an arm, less what the readings in them took. */
double net_ticks(const struct run *run, uint64_t ticks, uint64_t readings);
/* Leave out all that the arm has said so far. */
void values_forget(struct arm *arm);

#endif
