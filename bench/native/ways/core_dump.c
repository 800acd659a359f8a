// SPDX-License-Identifier: MIT
#include "attempt/dump.h"
#include "attempt/way.h"

static enum outcome attempt(struct attempt *a)
{
	return dump_attempt(a, NULL);
}

WAY(core_dump, "core-dump", OTHER_PROCESSES,
    "the owner crashes and whoever reads the core file (crash reporters, backups, support) has the "
    "secret",
    .attempt = attempt, .hint = MAY_DUMP);
