/* SPDX-License-Identifier: MIT */
/* Dying with whoever started a process: nothing of a run goes on when the run is killed. */
#ifndef PARENT_H
#define PARENT_H

#include <sys/types.h>

/* In the core itself: be killed with whoever started it; ends here where that one is gone already. */
void parent_follow(void);
/*
 * The same in a child that the process `parent` has just forked. After a change of user once more:
 * the kernel forgets it then.
 */
void parent_follow_fork(pid_t parent);

#endif
