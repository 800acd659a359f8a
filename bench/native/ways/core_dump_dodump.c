// SPDX-License-Identifier: MIT
#include "attempt/dump.h"
#include "attempt/way.h"
#include "memory/page.h"
#include "memory/region.h"

#include <sys/mman.h>

/* Whether the kernel agrees is no evidence; the core file is. */
static int undo_dontdump(struct attempt *a)
{
	uintptr_t page = base_bytes(), start = (uintptr_t)a->region.base & -page;
	uintptr_t end = (uintptr_t)a->region.base + region_readable_bytes(&a->region);

	madvise((void *)start, (end - start + page - 1) & -page, MADV_DODUMP);
	return 0;
}

static enum outcome attempt(struct attempt *a)
{
	return dump_attempt(a, undo_dontdump);
}

WAY(core_dump_dodump, "core-dump-dodump", OTHER_PROCESSES,
    "the same after MADV_DODUMP on the memory: is it kept out of core files for good, or until "
    "somebody in the owner undoes that",
    .attempt = attempt, .hint = MAY_DUMP);
