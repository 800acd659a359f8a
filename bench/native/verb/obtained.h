/* SPDX-License-Identifier: MIT */
/* What a metric needs, and whether the run at hand has it. */
#ifndef OBTAINED_H
#define OBTAINED_H

struct metric;
struct run;

/* Print the words for all that each run of it must obtain, as the inside of a JSON array. */
void obtained_print_needs(const struct metric *metric);
/* Why the run must not measure: what it needs and did not get, in words; NULL when it has all. */
const char *obtained_missing(const struct run *run);

#endif
