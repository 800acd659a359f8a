/* SPDX-License-Identifier: MIT */
/*
 * What the other CPUs do meanwhile: what a fault takes, and what it takes from others, depends on
 * whether they sleep. `busy` is a process of normal priority that spins on each of them, which has
 * to be seen to spin; `idle` starts nothing. How busy they were is noted of both.
 */
#ifndef OTHERS_H
#define OTHERS_H

#define OTHERS_PARAM                                                                          \
	{                                                                                     \
		"others",                                                                     \
			"what the other CPUs do: idle, as the machine is; busy, a process of normal " \
			"priority spins on each",                                             \
			"", "idle|busy", "idle", 0, 0                                         \
	}

struct run;

/* For a metric with that parameter; 0, or -1 with run->failure. Stop in both cases. */
int others_start(struct run *run);
/* Note `others_busy_share`. 0, or -1 with run->failure where a process did not spin. */
int others_note(struct run *run);
void others_stop(void);

#endif
