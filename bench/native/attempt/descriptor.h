/* SPDX-License-Identifier: MIT */
/* Secrets got through the descriptors that a process holds. */
#ifndef DESCRIPTOR_H
#define DESCRIPTOR_H

#include "attempt/attempt.h"

/* Get what has this name in the owner's /proc as a descriptor of one's own; -1 with errno. */
typedef int (*take_fn)(pid_t owner, const char *name);
int take_pidfd(pid_t owner, const char *name);
int take_file(pid_t owner, const char *name);
int take_mapped_file(pid_t owner, const char *name);

/* Take all in a folder of the owner's /proc (fd, map_files), map it and search. */
enum outcome descriptors_take(struct attempt *attempt, const char *folder, take_fn take);
/* What an owner does that closes its own after mapping; 0. */
int descriptor_close(struct attempt *attempt);
/* Bytes of the marker found in what this descriptor maps to; -1 with errno if it does not map. */
int descriptor_found(const struct marker *marker, int fd);

#endif
