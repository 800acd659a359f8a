/* SPDX-License-Identifier: MIT */
/* Why a cell cannot be here. */
#ifndef UNSUPPORTED_H
#define UNSUPPORTED_H

struct cell;

/* In words that hold until the next call: by its metric, its modes or what they take; NULL when it can. */
const char *cell_unsupported(const struct cell *cell);

#endif
