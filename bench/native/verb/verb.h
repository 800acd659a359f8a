/* SPDX-License-Identifier: MIT */
/*
 * What the core can be told to do, each in a file of its own. Each takes the words behind its name
 * and returns the exit code. What it prints is written down in PROTOCOL.md.
 */
#ifndef VERB_H
#define VERB_H

int verb_list(int argc, char **argv);
int verb_run(int argc, char **argv);
int verb_need(int argc, char **argv);
int verb_verify(int argc, char **argv);
int verb_pmu(int argc, char **argv);
int verb_pmu_decode(int argc, char **argv);
int verb_touch(int argc, char **argv);
int verb_find_marker(int argc, char **argv);

#endif
