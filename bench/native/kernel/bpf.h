/* SPDX-License-Identifier: MIT */
/*
 * Memory read by small BPF programs, made by hand and loaded by bpf(2) itself, so that
 * they need no compiler, no library and no symbols of the kernel.
 */
#ifndef BPF_H
#define BPF_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define BPF_READ_BYTES 16384u	/* what one reading can hold */

#define MAY_LOAD "needs root (CAP_BPF and CAP_PERFMON) and a kernel with CONFIG_BPF_SYSCALL, not locked " \
		 "down"

/* What a program is told, and what it answers. */
struct bpf_reading {
	uint32_t pid; /* of the process in whose context it reads */
	uint32_t len_bytes;
	uint64_t at;
	int64_t result; /* of the helper: 0 or -errno */
	uint64_t runs;
	uint64_t task; /* where the kernel keeps that process's descriptor */
	char data[BPF_READ_BYTES];
};

/*
 * Each reads len_bytes at an address. What it returns holds until the next reading; NULL with
 * errno where a program does not load or its helper refused.
 */
/* An address of the kernel (bpf_probe_read_kernel). */
const struct bpf_reading *bpf_read_kernel(uint64_t at, size_t len_bytes);
/* An address of this process, as a debugger would (bpf_copy_from_user_task). */
const struct bpf_reading *bpf_read_task(uint64_t at, size_t len_bytes);
/* Of a process, in a system call of its own (bpf_probe_read_user): have_it_call(it) has it make one. */
const struct bpf_reading *bpf_read_user(pid_t pid, uint64_t at, size_t len_bytes,
					void (*have_it_call)(void *it), void *it);
/* Whether bpf_read_task() can be had here: 0, or -1 with errno. */
int bpf_task_loads(void);

/* Where the kernel keeps this process's descriptor; 0 with errno. */
uint64_t bpf_task(void);

#endif
