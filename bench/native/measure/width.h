/* SPDX-License-Identifier: MIT */
/* Accesses by their width: one instruction loads or stores so many bytes. */
#ifndef WIDTH_H
#define WIDTH_H

#include <stddef.h>
#include <stdint.h>

/* So many accesses from base on, `step` bytes apart, within one page; step 0 stays on one line. */
typedef void width_pass(char *base, uint64_t count, size_t step);

struct width {
	uint64_t bytes;
	width_pass *load, *store;
};

/* The width of so many bytes; NULL where this CPU has no single access of it. */
const struct width *width_find(uint64_t bytes);

#endif
