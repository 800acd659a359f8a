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

#include "attempt/attempt.h"
#include "measure/metric.h"

#define MAY_TRACE "needs the right to trace: run as root, or sysctl kernel.yama.ptrace_scope=1 or 0"

/* Groups of ways, as every table has them. */
#define OTHER_PROCESSES "other processes"
#define KERNELS_HANDS "kernel's hands"
#define DIRECT_MAP "direct map"
#define REST "rest"

/* What all ways share, for WAY() alone: their parameters and procedure. */
extern const struct param way_params[];
const char *way_refuse(const struct cell *cell, enum arm_id arm);
struct need way_need(const struct cell *cell, const struct mode *mode);
int way_run(struct run *run);

/* WAY(id, name without "way-", group, what it means to an attacker, .attempt = ..., ...) */
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

#endif
