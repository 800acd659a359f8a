// SPDX-License-Identifier: MIT
#include "kernel/bpf.h"

#include <string.h>

static ssize_t take(struct attempt *a, char *copy, size_t len_bytes)
{
	const struct bpf_reading *reading = bpf_read(READ_USER, a->owner, (uint64_t)(uintptr_t)a->region.base,
						 len_bytes, a);

	if (!reading)
		return -1;
	memcpy(copy, reading->data, len_bytes);
	return (ssize_t)len_bytes;
}

WAY(bpf_probe_read_user, "bpf-probe-read-user", KERNELS_HANDS,
    "a tracing program in the kernel (BPF) copies the owner's memory through the owner's own "
    "mapping while the owner is in a system call",
    .read = take, .call = "bpf_probe_read_user", .hint = MAY_LOAD);
