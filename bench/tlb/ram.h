/* SPDX-License-Identifier: MIT */
/*
 * The guest's memory, as QEMU itself has it mapped: a memfd that stands in its /proc/self/maps.
 * Below `below` a physical address is a place in it; the rest follows from 4 GiB on.
 */
#ifndef RAM_H
#define RAM_H

#include <stddef.h>
#include <stdint.h>

#define PAGE_BYTES 4096u
#define NOWHERE UINT64_MAX

/* Find it: NULL, or why there is none. `below`: bytes of it below 4 GiB at most. */
const char *ram_find(uint64_t below);
/* Bytes of it. */
uint64_t ram_bytes(void);
/* The place of a physical address within it; NOWHERE where that is no memory. */
uint64_t ram_place(uint64_t physical);
/* The physical address of a place. */
uint64_t ram_physical(uint64_t place);
/* What lies at a physical address, up to the end of its page; NULL where that is no memory. */
void *ram_at(uint64_t physical);

#endif
