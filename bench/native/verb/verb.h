/* SPDX-License-Identifier: MIT */
/*
 * What the core can be told to do, each in a file of its own. Each takes the words behind its name
 * and returns the exit code. What it prints is written down in PROTOCOL.md.
 */
#ifndef VERB_H
#define VERB_H

/* The modes and metrics that there are. */
int verb_list(int argc, char **argv);
/* One cell, once. */
int verb_run(int argc, char **argv);
/* What a cell will take. */
int verb_need(int argc, char **argv);
/* The core checks itself. */
int verb_verify(int argc, char **argv);
/* Which events count TLB misses, and what a group of counters read. */
int verb_pmu(int argc, char **argv);
int verb_pmu_decode(int argc, char **argv);
/* A workload that is known beforehand, for probes. */
int verb_touch(int argc, char **argv);
/* What way-exec starts: searches the open descriptors, and exits with the bytes found. */
int verb_find_marker(int argc, char **argv);

#endif
