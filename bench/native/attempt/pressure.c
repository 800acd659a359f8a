// SPDX-License-Identifier: MIT
#include "attempt/pressure.h"
#include "attempt/attempt.h"
#include "attempt/owner.h"
#include "attempt/plant.h"
#include "kernel/restore.h"
#include "kernel/setting.h"
#include "measure/run.h"
#include "memory/array.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Version 2, and version 1 where the controller of memory is still there. */
static const struct hierarchy {
	const char *root, *sign, *reclaim, *amount, *how;
} hierarchies[] = {
	/* 94968384dde15 ("memcg: introduce per-memcg reclaim interface"), Linux 5.19 */
	{ "/sys/fs/cgroup", "memory.reclaim", "memory.reclaim", "64M",
	  "memory.reclaim of its group" },
	{ "/sys/fs/cgroup", "memory.high", "memory.high", "0", "memory.high=0 of its group" },
	{ "/sys/fs/cgroup/memory", "memory.force_empty", "memory.force_empty", "0",
	  "memory.force_empty of its group" },
};

static char group[96];
static const struct hierarchy *chosen;

static const char *in_group(const char *name)
{
	static char path[160];

	snprintf(path, sizeof(path), "%s/%s", group, name);
	return path;
}

/* Make a group where the controller of memory is; NULL if nowhere. */
static const struct hierarchy *make_group(void)
{
	for (size_t i = 0; i < COUNT(hierarchies); i++) {
		snprintf(group, sizeof(group), "%s/secretmem-%d", hierarchies[i].root, getpid());
		if (access(hierarchies[i].root, W_OK) || restore_remove(group) ||
		    mkdir(group, 0700))
			continue;
		if (!access(in_group(hierarchies[i].sign), W_OK))
			return &hierarchies[i];
		rmdir(group);
	}
	return NULL;
}

const char *pressure_refused(void)
{
	if (!chosen)
		chosen = make_group();
	return chosen ?
		       NULL :
		       "not tried: no memory group can be made: needs root and the memory controller "
		       "in /sys/fs/cgroup (echo +memory > /sys/fs/cgroup/cgroup.subtree_control)";
}

static int enter_and_wait(struct attempt *a)
{
	char pid[16];

	(void)a;
	snprintf(pid, sizeof(pid), "%d", getpid());
	return setting_write(in_group("cgroup.procs"), pid);
}

int pressure_plant(struct attempt *a)
{
	if (owner_start(a, enter_and_wait))
		return owner_failed(a, "cannot enter a memory group");
	return planted(a, owner_do(a, plant));
}

const char *pressure_reclaim(void)
{
	/* What was just used is given a second chance, not a third. */
	for (int i = 0; i < 3; i++)
		setting_write(in_group(chosen->reclaim), chosen->amount);
	return chosen->how;
}
