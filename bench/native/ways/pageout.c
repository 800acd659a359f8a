// SPDX-License-Identifier: MIT
#include "attempt/plant.h"
#include "attempt/swap.h"
#include "attempt/way.h"
#include "memory/region.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#ifndef SYS_process_madvise
#define SYS_process_madvise 440
#endif

static enum outcome attempt(struct attempt *a)
{
	enum outcome outcome;
	struct iovec there;
	long advised = -1;
	char how[64];
	int pidfd, err;

	if (swap_make())
		return swap_not_made(a);
	if (plant_in_owner(a))
		return NOT_TRIED;
	there = (struct iovec){ a->region.base, region_readable_bytes(&a->region) };
	pidfd = (int)syscall(SYS_pidfd_open, a->owner, 0);
	if (pidfd >= 0)
		advised = syscall(SYS_process_madvise, pidfd, &there, 1, MADV_PAGEOUT, 0);
	err = advised < 0 ? errno : 0;
	if (pidfd >= 0)
		close(pidfd);
	snprintf(how, sizeof(how), "process_madvise: %s", err ? strerrorname_np(err) : "accepted");
	outcome = swap_search(a, how);
	/* Where it is refused to anyone the search says nothing. */
	a->error = a->error ? a->error : err;
	return outcome;
}

WAY(pageout, "pageout", REST,
    "a process with the right to trace the owner has its pages written to swap "
    "(process_madvise, MADV_PAGEOUT), where they outlive it",
    .attempt = attempt, .refuse = swap_refuse, .hint = MAY_TRACE);
