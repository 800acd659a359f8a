// SPDX-License-Identifier: MIT
#include "attempt/inject.h"
#include "attempt/owner.h"
#include "attempt/way.h"
#include "memory/page.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>

/* What closes memory in the owner, the owner can be made to open. */
static ssize_t take(struct attempt *a, char *copy, size_t len_bytes)
{
	const long page = (long)base_bytes(), start = (long)a->region.base & -page;
	const long whole = ((long)a->region.base + (long)len_bytes - start + page - 1) & -page;
	const long allow[4] = { start, whole, PROT_READ | PROT_WRITE, 0 };
	const long send_it[4] = { a->owner_orders, (long)a->region.base, (long)len_bytes, 0 };
	long put;

	if (owner_stop(a))
		return -1;
	inject(a, SYS_pkey_mprotect, allow);
	inject(a, SYS_mprotect, allow);
	put = inject(a, SYS_write, send_it);
	if (put <= 0) {
		errno = (int)-put;
		return -1;
	}
	return recv(a->orders, copy, len_bytes, MSG_DONTWAIT);
}

static const char *refuse(const struct cell *cell, enum arm_id arm)
{
	(void)cell;
	(void)arm;
	return inject_refused();
}

WAY(ptrace_inject, "ptrace-inject", OTHER_PROCESSES,
    "a debugger makes the owner itself run system calls: lift the protection, write the secret out",
    .read = take, .call = "an injected write", .refuse = refuse, .hint = MAY_TRACE);
