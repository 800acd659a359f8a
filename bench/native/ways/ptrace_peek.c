// SPDX-License-Identifier: MIT
#include "attempt/owner.h"
#include "attempt/way.h"

#include <errno.h>
#include <string.h>
#include <sys/ptrace.h>

static ssize_t take(struct attempt *a, char *copy, size_t len_bytes)
{
	if (owner_stop(a))
		return -1;
	for (size_t at = 0; at < len_bytes; at += sizeof(long)) {
		long word;

		errno = 0;
		word = ptrace(PTRACE_PEEKDATA, a->owner, a->region.base + at, NULL);
		if (errno)
			return at ? (ssize_t)at : -1;
		memcpy(copy + at, &word, sizeof(word));
	}
	return (ssize_t)len_bytes;
}

WAY(ptrace_peek, "ptrace-peek", OTHER_PROCESSES,
    "a debugger attached to the owner reads its memory word by word (PTRACE_PEEKDATA)",
    .read = take, .call = "PTRACE_PEEKDATA", .hint = MAY_TRACE);
