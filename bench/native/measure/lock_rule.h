/* SPDX-License-Identifier: MIT */
/* RLIMIT_MEMLOCK: what it counts for a mode, learnt without capabilities, and getting out of its way. */
#ifndef LOCK_RULE_H
#define LOCK_RULE_H

#include "measure/child.h"

struct mode;
struct run;

#define LOCK_RULE_PAGES 16u	/* the limit it is learnt with, in base pages */

struct lock_rule {
	unsigned int number;	  /* as lock-limit's values */
	const char *text;	  /* or why it cannot be learnt */
	struct child_report over; /* what one page over the limit came to */
};

/* Returns 0, or -1 with the reason in rule->text. */
int lock_rule_learn(const struct mode *mode, struct lock_rule *rule);
/* Note the rule for secret memory as memlock_rule, once per run. */
void lock_rule_note(struct run *run);
/* Why the mode is not for a user without capabilities, in words; NULL when it is. */
const char *unprivileged_refused(const struct mode *mode);
/* Raise this process's own limit as far as it may. */
void lock_limit_raise(void);

#endif
