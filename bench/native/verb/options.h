/* SPDX-License-Identifier: MIT */
/* From the command line to a cell, and from a run to JSON. */
#ifndef CELL_H
#define CELL_H

#include "measure/metric.h"

#define CORE_VERSION "0.1.0"

enum { EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_UNSUPPORTED = 77 };

struct options {
	struct cell cell;
	uint64_t seed;
	long cpu;		/* -1: the last one allowed */
	bool realtime;
};

/* Returns 0, or EXIT_USAGE after one line on stderr. */
int options_parse(struct options *options, int argc, char **argv);

/* Returns 0, or EXIT_UNSUPPORTED after one line on stderr. */
int cell_supported(const struct cell *cell);

int list_print(void);
int need_print(const struct options *options);
int run_print(const struct options *options);
int verify_print(void);
int touch_print(int argc, char **argv);
int find_marker(int argc, char **argv);	/* what way-exec starts */

/* Cost of reading the counter twice, and its resolution, in seconds. */
double timer_cost_s(void);
double timer_resolution_s(void);
void json_string(FILE *out, const char *text);

#endif
