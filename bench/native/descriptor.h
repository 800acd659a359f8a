/* SPDX-License-Identifier: MIT */
/* descriptor.c: secrets got through the descriptors that a process holds. */
#ifndef DESCRIPTOR_H
#define DESCRIPTOR_H

#include "way.h"

/* Get number `fd` of the owner as one of this process's own; -1 with errno. */
int take_pidfd(pid_t owner, int fd);
int take_proc(pid_t owner, int fd);

/* Take every descriptor of the owner, map it and search. */
enum outcome descriptors_take(struct attempt *attempt, int (*take)(pid_t owner, int fd));
/* Bytes of the marker found in what this descriptor maps to; -1 with errno if it does not map. */
int descriptor_found(const struct marker *marker, int fd);

#endif
