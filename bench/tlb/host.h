/* SPDX-License-Identifier: MIT */
/* The TLBs and caches of a CPU as it tells them itself, by CPUID: as a model's line. */
#ifndef HOST_H
#define HOST_H

#include <stddef.h>
#include <stdint.h>

/* Registers of a leaf, in the order EAX, EBX, ECX, EDX; zeros where there is no such leaf. */
typedef void cpuid_fn(uint32_t leaf, uint32_t sub, uint32_t reg[4]);

/* The line of a model named `host`: NULL, or why this CPU does not tell it, in words. */
const char *host_line(cpuid_fn *cpuid, char *line, size_t room);
/* CPUID of the CPU at hand. */
cpuid_fn host_cpuid;

#endif
