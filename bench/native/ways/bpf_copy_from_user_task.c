// SPDX-License-Identifier: MIT
#include "attempt/way.h"
#include "kernel/bpf.h"

#include <string.h>

/* The helper takes any task; that of the caller is the one to be had without symbols. */
static ssize_t take(struct attempt *a, char *copy, size_t len_bytes)
{
	const struct bpf_reading *reading = bpf_read_task((uint64_t)(uintptr_t)a->region.base,
							  len_bytes);

	if (!reading)
		return -1;
	memcpy(copy, reading->data, len_bytes);
	return (ssize_t)len_bytes;
}

static const char *refuse(const struct cell *cell, enum arm_id arm)
{
	(void)cell;
	if (arm == TREATMENT && bpf_task_loads())
		return "not tried: a program with bpf_copy_from_user_task does not load here (Linux 5.18); " MAY_LOAD;
	return NULL;
}

WAY(bpf_copy_from_user_task, "bpf-copy-from-user-task", KERNELS_HANDS,
    "a tracing program in the kernel (BPF) has the kernel fetch the pages of a process, as a "
    "debugger would",
    .read = take, .call = "bpf_copy_from_user_task", .own = true, .refuse = refuse);
