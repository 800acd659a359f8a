// SPDX-License-Identifier: MIT
#include "kernel/setting.h"
#include "measure/metric.h"
#include "measure/run.h"
#include "memory/mode.h"
#include "memory/page.h"

#include <string.h>

#define PATH "/sys/power/disk"

/* 1 where it is blocked now; -1 where that cannot be read. */
static int blocked(void)
{
	char text[256];

	if (setting_read(PATH, text, sizeof(text)))
		return -1;
	return strstr(text, "[disabled]") != NULL;
}

/*
 * 9a436f8ff6316 ("PM: hibernate: disable when there are active secretmem users"),
 * Linux 5.14: it counts open files, not pages.
 */
static int measure(struct run *run)
{
	struct arm *arm = &run->arm[TREATMENT];
	int err = region_obtain(arm->mode, &arm->region, base_bytes());

	if (err)
		return run_without(run, arm, err);
	*(volatile char *)arm->region.base = 1;
	count_add(arm, blocked() > 0, 1);
	run_note(run, "way", "\"availability-hibernation\"");
	run_note(run, "group", "\"availability\"");
	run_note(run, "evidence",
		 "\"" PATH " said that it can be done, and while the memory was open that "
		 "it %s\"",
		 blocked() > 0 ? "cannot" : "can");
	return 0;
}

static const char *refuse(const struct cell *cell, enum arm_id arm)
{
	(void)cell;
	(void)arm;
	if (blocked() < 0)
		return "not tried: this kernel cannot hibernate (CONFIG_HIBERNATION)";
	return blocked() ?
		       "not tried: hibernation is off already, by boot option, lockdown, or because "
		       "somebody has secret memory open" :
		       NULL;
}

static struct need need(const struct cell *cell, const struct mode *mode)
{
	(void)cell;
	return (struct need){ mode_page_bytes(mode), mode_page_bytes(mode) };
}

METRIC(availability_hibernation) = {
	.name = "availability-hibernation",
	.about = "availability: 1 where the machine cannot hibernate while somebody has this memory open, 0 "
		 "where it can",
	.question = "secrecy",
	.unit = "1",
	.better = "lower",
	.assume = "exact",
	.secrets = true,
	.refuse = refuse,
	.need = need,
	.run = measure,
};
