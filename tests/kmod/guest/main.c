// SPDX-License-Identifier: MIT
/*
 * Runs in a guest, with the module loaded: tries what secretmem_wrap.h promises and
 * prints one line per check. `wrap touch N` touches that many pages, for a probe.
 */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static int touch(size_t pages)
{
	char *memory = wrapped(MFD_SECRET_UNCACHED, pages * PAGE, NULL);

	for (size_t i = 0; i < pages; i++)
		memory[i * PAGE] = 1;
	return 0;
}

int main(int argc, char **argv)
{
	const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };

	if (argc == 3 && !strcmp(argv[1], "touch"))
		return touch(strtoul(argv[2], NULL, 10));
	/* Where it is counted at the fault, root's memory is too. */
	setrlimit(RLIMIT_MEMLOCK, &all);
	semantics();
	page_tables();
	owner();
	reads();
	returned();
	lock_rule();
	return 0;
}
