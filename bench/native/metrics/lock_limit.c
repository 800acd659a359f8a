// SPDX-License-Identifier: MIT
#include "measure/child.h"
#include "measure/lock_rule.h"
#include "measure/metric.h"
#include "measure/run.h"
#include "memory/mode.h"
#include "memory/page.h"

#include <string.h>

static int measure(struct run *run)
{
	struct lock_rule rule;

	if (lock_rule_learn(run->cell->mode[TREATMENT], &rule))
		return unprivileged_failed(run);
	count_add(&run->arm[TREATMENT], rule.number, 1);
	run_note(run, "rule", "\"%s\"", rule.text);
	if (rule.over.error)
		run_note(run, "over_the_limit", "\"%s\"", strerror(rule.over.error));
	else if (rule.over.signal)
		run_note(run, "over_the_limit", "\"signal %d (%s)\"", rule.over.signal,
			 strsignal(rule.over.signal));
	return 0;
}

static const char *refuse(const struct cell *cell, enum arm_id arm)
{
	if (cell->mode[arm]->huge)
		return "the rule is learnt in base pages; this mode has huge pages";
	return unprivileged_refused(cell->mode[arm]);
}

/* One process takes a page more than the limit; then two take what it allows. */
static struct need need(const struct cell *cell, const struct mode *mode)
{
	(void)cell;
	(void)mode;
	return (struct need){ 2 * LOCK_RULE_PAGES * base_bytes(),
			      (3 * LOCK_RULE_PAGES + 1) * base_bytes() };
}

METRIC(lock_limit) = {
	.name = "lock-limit",
	.about =
		"which RLIMIT_MEMLOCK rule holds for the mode without capabilities: 0 not charged, "
		"1 at mmap per process, 2 at mmap per user, 3 at fault per process, 4 at fault per user",
	.question = "owner",
	.unit = "1",
	.better = "lower",
	.assume = "exact",
	.refuse = refuse,
	.need = need,
	.run = measure,
};
