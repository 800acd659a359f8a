/* SPDX-License-Identifier: MIT */
/*
 * A way in is one way to get at a secret that a mode may or may not close. Each
 * lives in one file under ways/ and is tried, never looked up: a random marker is
 * planted in a region of the mode, one attempt is made to get it out, and what
 * arrived is searched. On the control the same attempt has to succeed, else it
 * says nothing. As a metric its value is 1 where the way is open, 0 where it is
 * closed.
 */
#ifndef WAY_H
#define WAY_H

#include "measure/metric.h"

#include <sys/types.h>

/* A random secret that is nowhere but where it was planted: words of it are computed. */
struct marker {
	uint64_t seed;
};

#define MARKER_WORDS 4u
#define MARKER_BYTES (8u * MARKER_WORDS)

void marker_draw(struct marker *marker);
void marker_plant(const struct marker *marker, char *at);
/* How many of the marker's bytes are in there, by words of 8 bytes at any offset. */
size_t marker_found(const struct marker *marker, const void *copy, size_t len_bytes);

enum outcome { NOT_TRIED = -1, CLOSED, OPEN };	/* NOT_TRIED: run->failure says why */

/* One try on one arm. */
struct attempt {
	struct run *run;
	const struct way *way;
	const struct mode *mode;
	bool is_control;		/* this is the control, which has to come out open */
	bool in_use;		/* the region is open, as during a use */
	struct marker marker;
	struct region region;	/* of this process, or of the owner that it started */
	pid_t owner;		/* 0: this process */
	int orders;		/* to the owner */
	int owner_orders;	/* the owner's own end of it */
	int error;		/* errno that the way met, 0 if none */
	char evidence[160];
};

struct way {
	const char *group;
	/* Get what there is of the region into `copy`; how much, or -1 with errno. */
	ssize_t (*read)(struct attempt *attempt, char *copy, size_t len_bytes);
	/*
	 * The other way round: put the copy of a region that holds the marker over the
	 * owner's own. How much, or -1 with errno.
	 */
	ssize_t (*write)(struct attempt *attempt, char *copy, size_t len_bytes);
	bool untouched;		/* write() finds pages that were never touched */
	const char *call;	/* that read() or write() makes */
	bool own;		/* of this process's own region, not of another's */
	/* In place of both, where more is to be done. */
	enum outcome (*attempt)(struct attempt *attempt);
	size_t pages;		/* of the region, each with the marker; 0 for one */
	size_t mapped_pages;	/* where more is mapped than is touched */
	size_t tries;		/* regions that an attempt may take, one after the other; 0 for one */
	bool realtime;		/* keeps the scheduling of a timed run */
	const char *hint;	/* what to do where the kernel refuses it to anyone */
	/* Why it cannot be tried here at all; NULL when it can. May be NULL. */
	const char *(*refuse)(const struct cell *cell, enum arm_id arm);
};

#define MAY_TRACE "needs the right to trace: run as root, or sysctl kernel.yama.ptrace_scope=1 or 0"

#define OTHER_PROCESSES "other processes"
#define KERNELS_HANDS "kernel's hands"
#define DIRECT_MAP "direct map"
#define REST "rest"

extern const struct param way_params[];
const char *way_refuse(const struct cell *cell, enum arm_id arm);
struct need way_need(const struct cell *cell, const struct mode *mode);
int way_run(struct run *run);

/* WAY(id, group, what it means to an attacker, .attempt = ..., ...) */
#define WAY(id, title, of, meaning, ...)                                       \
	static const struct way id##_in = { .group = (of), __VA_ARGS__ };     \
	METRIC(way_##id) = {                                                        \
		.name = "way-" title,                                          \
		.about = of ": " meaning,                                      \
		.question = "secrecy",                                         \
		.unit = "1",                                                   \
		.better = "lower",                                             \
		.assume = "exact",                                             \
		.effect = "difference",                                        \
		.duet = true,                                                  \
		.paired = true,                                                \
		.secrets = true,                                               \
		.flushes = true,                                               \
		.way = &id##_in,                                              \
		.params = way_params,                                          \
		.param_count = 1,                                              \
		.refuse = way_refuse,                                          \
		.need = way_need,                                              \
		.run = way_run,                                                \
	}

/* What an attempt ends with. */
enum outcome found_in(struct attempt *attempt, const void *copy, size_t len_bytes);
/* A call that got nothing: errno is the evidence. */
enum outcome nothing_by(struct attempt *attempt, const char *call);
enum outcome not_tried(struct attempt *attempt, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* What there is of the region to be read. */
/* Whole pages, zero; NULL when there are none. For free(). */
char *pages_zeroed(size_t len_bytes);
size_t region_readable_bytes(const struct region *region);

/* What a twin of the region holds, with the marker as the mode would keep it; for free(). */
char *twin_copy(const struct attempt *attempt);
/* Plant, let read() get it, search; or let write() put it there, and look. */
enum outcome try_reading(struct attempt *attempt);
enum outcome try_writing(struct attempt *attempt);
/* Obtain the region and plant the marker. 0 or -errno. */
int plant(struct attempt *attempt);
/* What that means for the run: 0, or -1 with run->failure. */
int planted(struct attempt *attempt, int err);
/* Plant the marker in this process. 0, or -1 with run->failure. */
int plant_here(struct attempt *attempt);
/* The same in a child that holds the region and does what it is told. */
int plant_in_owner(struct attempt *attempt);
/* Start a child that begins with begin(); what that returned, or -errno. */
int owner_start(struct attempt *attempt, int (*begin)(struct attempt *attempt));
/* Let the owner call `work`; its result, or -1 with errno as the owner saw it. */
int owner_do(struct attempt *attempt, int (*work)(struct attempt *attempt));
/* Attach to the owner and wait until it has stopped. 0 or -1. */
int owner_stop(struct attempt *attempt);
/* Text of /proc/PID/NAME as a stream; NULL with errno. */
FILE *owner_file(const struct attempt *attempt, const char *name);
/* Kill it; or it has been waited for already, so that its number may be another's. */
void owner_end(struct attempt *attempt);
void owner_gone(struct attempt *attempt);

/* restore.c: puts back what a way changed outside its own processes, even when killed. */
int restore_remove(const char *path);		/* a file, or a folder with its files */
int restore_setting(const char *path, const char *value);
int restore_swapoff(const char *path);
void restore_forget(void);			/* in a child: it is not the one to wait for */
void restore_now(void);				/* put all back now, last change first */

/* scratch.c: a folder of this run's own, removed with all in it when the run ends. */
bool scratch_on_disk(void);	/* whether there is a disk to make one on */
int scratch_make(char path[64], bool on_disk);
int setting_write(const char *path, const char *text);	/* 0 or -1 with errno */
int setting_read(const char *path, char *text, size_t room);
/* Search a whole file. */
enum outcome found_in_file(struct attempt *attempt, const char *path);

#endif
