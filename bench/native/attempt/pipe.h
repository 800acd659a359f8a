/* SPDX-License-Identifier: MIT */
/* Bytes of the region that the kernel puts into a pipe, read out at its other end. */
#ifndef PIPE_H
#define PIPE_H

#include <sys/types.h>

struct attempt;

/* Have up to len_bytes of the region put into that end; more than 0 if any are, or -1 with errno. */
typedef ssize_t (*put_fn)(struct attempt *attempt, int end, size_t len_bytes);

/* What came out of a pipe, as way->read() returns it: how much, or -1 with errno. */
ssize_t through_pipe(struct attempt *attempt, char *copy, size_t len_bytes, put_fn put);
/* The same of a pair of sockets. */
ssize_t through_sockets(struct attempt *attempt, char *copy, size_t len_bytes, put_fn put);

#endif
