// SPDX-License-Identifier: MIT
#include "attempt/way.h"

#include <sys/uio.h>

static ssize_t take(struct attempt *a, char *copy, size_t len_bytes)
{
	const struct iovec here = { copy, len_bytes }, there = { a->region.base, len_bytes };

	return process_vm_readv(a->owner, &here, 1, &there, 1, 0);
}

WAY(process_vm_readv, "process-vm-readv", OTHER_PROCESSES,
    "a process with the right to trace the owner copies its memory out in one call "
    "(process_vm_readv), without stopping it",
    .read = take, .call = "process_vm_readv", .hint = MAY_TRACE);
