/* SPDX-License-Identifier: MIT */
/* Lists in memory: how many, room for one more, and the order of numbers. */
#ifndef ARRAY_H
#define ARRAY_H

#include <stdlib.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Room for one more item in a list of `room` items that has `count`; ends the core where there is none. */
#define GROW(list, count, room)                                              \
	do {                                                                 \
		if ((count) < (room))                                        \
			break;                                               \
		(room) = (room) ? (room) * 2 : 1024;                         \
		(list) = realloc((list), (room) * sizeof(*(list)));          \
		if (!(list))                                                 \
			abort();                                             \
	} while (0)

/* For qsort() and bsearch() of uint64_t: the least first. */
int ascending(const void *a, const void *b);

#endif
