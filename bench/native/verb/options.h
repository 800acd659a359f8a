/* SPDX-License-Identifier: MIT */
/* From the words of the command line to a cell. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "measure/metric.h"

struct options {
	struct cell cell;
	uint64_t seed;
	long cpu; /* -1: the last one allowed */
	bool realtime;
};

/* Returns 0, or EXIT_USAGE after one line on stderr. */
int options_parse(struct options *options, int argc, char **argv);

#endif
