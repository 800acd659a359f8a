/* SPDX-License-Identifier: MIT */
/*
 * Page frames: which one a page lies in, from /proc/PID/pagemap. Without CAP_SYS_ADMIN frame
 * numbers read as zero (ab676b7d6fbf, "pagemap: do not leak physical addresses to non-privileged
 * userspace", Linux 4.0), so 0 is "not told" everywhere.
 */
#ifndef FRAME_H
#define FRAME_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define BLOCK_FRAMES 512u	/* of a 2M block, where pages are of 4 KiB (x86) */

/* This process's own pagemap, to be closed; -1 with errno. */
int pagemap_open(void);
/* Frames of `count` pages from `at` on, 0 for those not there or not told; returns how many were read. */
size_t frames_read(int pagemap, const void *at, uint64_t *frames, size_t count);
/* Frame of the page at `at`; 0 if none is there or the numbers are kept back. */
uint64_t frame_at(int pagemap, const void *at);
/* The same of a page of a process. */
uint64_t frame_of(pid_t pid, const void *at);
/* Number of the 2M block that a frame lies in. */
uint64_t block_of(uint64_t frame);
/* The block of the page at `at`; 0 where its frame is not told. */
uint64_t block_at(int pagemap, const void *at);

#endif
