// SPDX-License-Identifier: MIT
#include "attempt/way.h"

#include <sys/uio.h>

static ssize_t put(struct attempt *a, char *copy, size_t len_bytes)
{
	const struct iovec here = { copy, len_bytes }, there = { a->region.base, len_bytes };

	return process_vm_writev(a->owner, &here, 1, &there, 1, 0);
}

WAY(process_vm_writev, "process-vm-writev", OTHER_PROCESSES,
    "a process with the right to trace the owner overwrites the secret (process_vm_writev): a key "
    "can be replaced by the attacker's own",
    .write = put, .call = "process_vm_writev", .hint = MAY_TRACE);
