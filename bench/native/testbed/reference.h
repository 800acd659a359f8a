/* SPDX-License-Identifier: MIT */
/*
 * Work that stays what it is while doses of secret memory come and go: small rings are taken until
 * enough 2M blocks consist of their pages alone and are mapped whole; rings without a page there are
 * given back. Nothing can be allocated in such a block while they are held, so no secret page splits
 * it, and what its pages cost changes with the CPU, the host and the neighbours alone.
 */
#ifndef REFERENCE_H
#define REFERENCE_H

#include <stddef.h>

struct run;
struct set;

/*
 * The set gets so many pages, in random order. Where page tables cannot be read, they are those of
 * one ring, which may lie anywhere. Returns 0, or -1 with run->failure; release in both cases.
 */
int reference_make(struct run *run, struct set *reference, size_t pages);
void reference_release(struct set *reference);
/* Give the set room for so many items; aborts without memory. */
void set_make_room(struct set *set, size_t count);
/* Put its items into random order. */
void set_shuffle(struct run *run, struct set *set);

#endif
