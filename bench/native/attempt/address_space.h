/* SPDX-License-Identifier: MIT */
/* All that a process has mapped, read from outside and searched. */
#ifndef ADDRESS_SPACE_H
#define ADDRESS_SPACE_H

#include "attempt/attempt.h"

struct search {
	bool dumped_only; /* leave out what core files leave out */
	bool writable_only;
	bool but_region;	/* leave out the region itself */
	size_t mappings, bytes; /* read */
	size_t found;		/* most bytes of the marker in one mapping */
	char where[64];		/* that mapping's name */
};

/* The owner must have been stopped. 0, or -1 with errno. */
int address_space_search(struct attempt *attempt, struct search *search);

#endif
