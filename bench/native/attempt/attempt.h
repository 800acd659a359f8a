/* SPDX-License-Identifier: MIT */
/*
 * One try of a way in on one arm: what is planted, where it is kept, and what came of it. In what
 * follows a copy is what there was to be read of a region, or of whatever held what was in it.
 */
#ifndef ATTEMPT_H
#define ATTEMPT_H

#include "attempt/marker.h"
#include "measure/metric.h"
#include "memory/region.h"

#include <sys/types.h>

enum outcome { NOT_TRIED = -1, CLOSED, OPEN }; /* NOT_TRIED: run->failure says why */

struct attempt {
	struct run *run;
	const struct way *way;
	const struct mode *mode;
	bool is_control; /* it has to come out open */
	bool in_use;	 /* the region is open, as during a use */
	struct marker marker;
	struct region region; /* of this process, or of the owner that it started */
	pid_t owner;	      /* 0: this process */
	int orders;	      /* to the owner */
	int owner_orders;     /* the owner's own end of it */
	char lost[64];	      /* how the owner ended, where it did not obey to the end */
	int error;	      /* errno that the way met, 0 if none */
	char evidence[160];
};

/* What a way does, and what it asks for. */
struct way {
	const char *group;
	/* Get what there is of the region into `copy`; how much, or -1 with errno. */
	ssize_t (*read)(struct attempt *attempt, char *copy, size_t len_bytes);
	/*
	 * The other way round: put the copy of a region that holds the marker over the
	 * owner's own. How much, or -1 with errno.
	 */
	ssize_t (*write)(struct attempt *attempt, char *copy, size_t len_bytes);
	bool untouched;	  /* write() finds pages that were never touched */
	const char *call; /* that read() or write() makes */
	bool own;	  /* of this process's own region, not of another's */
	/* In place of both, where more is to be done. */
	enum outcome (*attempt)(struct attempt *attempt);
	size_t pages;	     /* of the region, each with the marker; 0 for one */
	size_t mapped_pages; /* where more is mapped than is touched */
	size_t tries;	     /* regions that an attempt may take, one after the other; 0 for one */
	bool realtime;	     /* keeps the scheduling of a timed run */
	unsigned int needs;  /* NEEDS_... */
	const char *hint;    /* what to do where the kernel refuses it to anyone */
	/* Why it cannot be tried here at all; NULL when it can. May be NULL. */
	const char *(*refuse)(const struct cell *cell, enum arm_id arm);
};

/* Bytes of the region that the way asks for. */
size_t way_bytes(const struct way *way);

/* What an attempt ends with; each says on what evidence. */
/* By whether the marker is in there, or can be made of it by who knows the mode. */
enum outcome found_in(struct attempt *attempt, const void *copy, size_t len_bytes);
/* The same of a whole file. */
enum outcome found_in_file(struct attempt *attempt, const char *path);
/* A call that got nothing: errno is the evidence. */
enum outcome nothing_by(struct attempt *attempt, const char *call);
/* NOT_TRIED: this machine cannot do it, in words. */
enum outcome not_tried(struct attempt *attempt, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
