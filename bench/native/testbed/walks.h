/* SPDX-License-Identifier: MIT */
/* How often the kernel walks its page tables while a victim works, by hardware counters. */
#ifndef WALKS_H
#define WALKS_H

struct run;
struct testbed;

/* Note the walks per item of both sets, or why they cannot be counted. */
void walks_note(struct run *run, const struct testbed *testbed);

#endif
