/* SPDX-License-Identifier: MIT */
/*
 * program.c: small BPF programs, made by hand and loaded by bpf(2) itself, so that
 * they need no compiler, no library and no symbols of the kernel.
 */
#ifndef PROGRAM_H
#define PROGRAM_H

#include "attempt/way.h"

#include <linux/bpf.h>

#define BPF_READ_BYTES 16384u	/* what one reading can hold */

#define MAY_LOAD "needs root (CAP_BPF and CAP_PERFMON) and a kernel with CONFIG_BPF_SYSCALL, not locked " \
		 "down"

/* What a program is told, and what it answers. */
struct bpf_reading {
	uint32_t pid;		/* of the process in whose context it reads */
	uint32_t len_bytes;
	uint64_t at;
	int64_t result;		/* of the helper: 0 or -errno */
	uint64_t runs;
	uint64_t task;		/* where the kernel keeps that process's descriptor */
	char data[BPF_READ_BYTES];
};

enum reader {
	READ_USER,		/* bpf_probe_read_user, at the process's system calls */
	READ_KERNEL,		/* bpf_probe_read_kernel, when it is called */
	READ_TASK,		/* bpf_copy_from_user_task, when it is called */
};

/* Load it once; 0, or -1 with errno. */
int bpf_load(enum reader reader);
/*
 * Read `len_bytes` at an address: of the kernel at once, of this process at its next system
 * call, of another one, an owner, at one that it is told to make. NULL with errno where the helper refused.
 */
const struct bpf_reading *bpf_read(enum reader reader, pid_t pid, uint64_t at, size_t len_bytes,
				 struct attempt *owner);

/* Where the kernel keeps this process's descriptor; 0 with errno. */
uint64_t bpf_task(void);

/*
 * The kernel's own address of a frame, found by looking for a page of this process in
 * every place where the direct map can begin. 0, or -1 with errno.
 */
int direct_map_find(void);
/* That address, once it is found. */
uint64_t direct_map_alias(uint64_t frame);
/* The page of that frame, or what of it fits into a reading; NULL with errno. */
const struct bpf_reading *direct_map_page(uint64_t frame);
/* The frame of a page of a process; 0 if none is there or the numbers are kept back. */
uint64_t frame_of(pid_t pid, const void *at);

#endif
