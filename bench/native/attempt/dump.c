// SPDX-License-Identifier: MIT
#include "attempt/dump.h"
#include "attempt/attempt.h"
#include "attempt/owner.h"
#include "attempt/plant.h"
#include "kernel/restore.h"
#include "attempt/scratch.h"
#include "kernel/setting.h"
#include "measure/run.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATTERN "/proc/sys/kernel/core_pattern"

static char scratch[64];

/* Core files go to where the owner is, and to no program. Null, or why that cannot be had. */
static const char *into_own_folder(void)
{
	char pattern[256];
	struct rlimit limit;

	getrlimit(RLIMIT_CORE, &limit);
	if (!limit.rlim_max)
		return "the hard limit of the core size is 0";
	if (setting_read(PATTERN, pattern, sizeof(pattern)))
		return "this kernel writes no core files (no " PATTERN ")";
	if (scratch_make(scratch, false))
		return "no folder can be written to";
	if (pattern[0] && !strchr(pattern, '/') && pattern[0] != '|' && pattern[0] != '@')
		return NULL;
	if (restore_change(PATTERN, pattern, "core"))
		return "core files are piped to a program or go to a fixed folder";
	return NULL;
}

static int ready(struct attempt *a)
{
	struct rlimit limit;

	(void)a;
	getrlimit(RLIMIT_CORE, &limit);
	limit.rlim_cur = limit.rlim_max;
	/* What a shell runs in the background ignores it (POSIX, 2.11), children too. */
	signal(SIGQUIT, SIG_DFL);
	return setrlimit(RLIMIT_CORE, &limit) || chdir(scratch) ||
			       prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) ?
		       -1 :
		       0;
}

/* The one file in there. */
static int core_path(char path[400])
{
	DIR *folder = opendir(scratch);
	struct dirent *entry;
	int found = -1;

	if (!folder)
		return -1;
	while (found && (entry = readdir(folder))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, 400, "%s/%s", scratch, entry->d_name);
		found = 0;
	}
	closedir(folder);
	return found;
}

static int crash(struct attempt *a)
{
	int status = 0;

	kill(a->owner, SIGQUIT);
	if (waitpid(a->owner, &status, __WALL) != a->owner)
		return -1;
	owner_gone(a);
	return WIFSIGNALED(status) && WCOREDUMP(status) ? 0 : -1;
}

enum outcome dump_attempt(struct attempt *a, int (*first)(struct attempt *a))
{
	const char *why = scratch[0] ? NULL : into_own_folder();
	enum outcome outcome;
	char path[400];

	if (why)
		return not_tried(a, "not tried: %s; " MAY_DUMP, why);
	if (plant_in_owner(a))
		return NOT_TRIED;
	if (owner_do(a, ready) || (first && owner_do(a, first)))
		return owner_failed(a, "cannot be made to dump");
	if (crash(a) || core_path(path))
		return run_failed(a->run, "the owner crashed, and no core file was written to %s",
				  scratch);
	outcome = found_in_file(a, path);
	unlink(path);
	return outcome;
}
