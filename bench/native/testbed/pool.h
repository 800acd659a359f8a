/* SPDX-License-Identifier: MIT */
/*
 * The pool of free unmovable pages: what it is emptied with (rings held as ballast), the secret
 * pages that go into holes, and what the allocator did with both. See testbed.h.
 */
#ifndef POOL_H
#define POOL_H

#include "memory/frame.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct block;
struct region;
struct run;
struct testbed;

/* Files and secret memory for the testbed; 0, or -1 with run->failure. */
int pool_open(struct run *run, struct testbed *testbed);
/* Hold one more ring of so many pages; 0, or -1 with run->failure. */
int ring_add(struct run *run, struct testbed *testbed, size_t pages);
/* Hold rings until blocks have to be claimed; 0, or -1 with run->failure. */
int pool_exhaust(struct run *run, struct testbed *testbed);
/* Hold what others have given back to the pool since. */
int pool_exhaust_again(struct run *run, struct testbed *testbed);
/* Free the ring's pages; they are the next that this CPU hands out. */
void ring_empty(struct region *ring);
/* Release all rings. */
void rings_release(struct testbed *testbed);
/* Give the block's hole up to a secret page; false if none would come there. */
bool block_split(struct testbed *testbed, const struct block *block);
/* Has the block held a secret page of this run? */
bool block_is_secret(const struct testbed *testbed, uint64_t block);
/* Which frames of the block are page tables; false if that cannot be read. */
bool page_tables_in(const struct testbed *testbed, uint64_t block, bool tables[BLOCK_FRAMES]);

#endif
