// SPDX-License-Identifier: MIT
#include "attempt/dump.h"
#include "attempt/way.h"

static int nothing_more(struct attempt *a)
{
	(void)a;
	return 0;
}

static enum outcome attempt(struct attempt *a)
{
	return dump_attempt(a, nothing_more);
}

WAY(core_dump, "core-dump", OTHER_PROCESSES,
    "the owner crashes and whoever reads the core file (crash reporters, backups, support) has the "
    "secret",
    .attempt = attempt, .hint = MAY_DUMP);
