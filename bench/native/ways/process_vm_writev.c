// SPDX-License-Identifier: MIT
#include "../way.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/uio.h>

/* The other way round: the owner holds what it likes, and the marker comes from outside. */
static int hold(struct attempt *a)
{
	return region_obtain(a->mode, &a->region, base_bytes());
}

static int settle(struct attempt *a)
{
	*(volatile char *)a->region.base = 0;
	return a->in_use ? 0 : region_close(a->mode, &a->region);
}

static int look(struct attempt *a)
{
	if (!a->in_use && region_open(a->mode, &a->region))
		return CLOSED;
	return (int)found_in(a, a->region.base, VAULT_BYTES);
}

static enum outcome attempt(struct attempt *a)
{
	char bytes[MARKER_BYTES] __attribute__((aligned(8)));
	const struct iovec here = { bytes, sizeof(bytes) };
	struct iovec there = { NULL, sizeof(bytes) };
	int err = owner_start(a, hold);

	if (err || owner_do(a, settle))
		return run_failed(a->run, "%s: cannot hold a secret", a->mode->name);
	marker_plant(&a->marker, bytes);
	there.iov_base = a->region.base;
	errno = 0;
	if (process_vm_writev(a->owner, &here, 1, &there, 1, 0) <= 0)
		nothing_by(a, "process_vm_writev");
	else
		snprintf(a->evidence, sizeof(a->evidence), "written into the region, arrived there: %s",
			 owner_do(a, look) == OPEN ? "yes" : "no");
	return owner_do(a, look) == OPEN ? OPEN : CLOSED;
}

WAY(process_vm_writev, "process-vm-writev", OTHER_PROCESSES,
    "a process with the right to trace the owner overwrites the secret (process_vm_writev): a key "
    "can be replaced by the attacker's own",
    .attempt = attempt, .hint = MAY_TRACE);
