// SPDX-License-Identifier: MIT
#include "attempt/owner.h"
#include "attempt/way.h"
#include "kernel/bpf.h"

#include <string.h>

static int make_a_call(struct attempt *a)
{
	(void)a;
	return 0;
}

static void have_it_call(void *it)
{
	owner_do(it, make_a_call);
}

static ssize_t take(struct attempt *a, char *copy, size_t len_bytes)
{
	const struct bpf_reading *reading = bpf_read_user(
		a->owner, (uint64_t)(uintptr_t)a->region.base, len_bytes, have_it_call, a);

	if (!reading)
		return -1;
	memcpy(copy, reading->data, len_bytes);
	return (ssize_t)len_bytes;
}

WAY(bpf_probe_read_user, "bpf-probe-read-user", KERNELS_HANDS,
    "a tracing program in the kernel (BPF) copies the owner's memory through the owner's own "
    "mapping while the owner is in a system call",
    .read = take, .call = "bpf_probe_read_user", .hint = MAY_LOAD);
