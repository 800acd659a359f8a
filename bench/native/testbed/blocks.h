/* SPDX-License-Identifier: MIT */
/* The sequence of 2M blocks that fill up with a victim's items, each with a hole. See testbed.h. */
#ifndef BLOCKS_H
#define BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct block;
struct run;
struct testbed;

/* Make so many items of the victim; 0, or -1 with run->failure. */
int objects_make(struct run *run, struct testbed *testbed, size_t count);
/* Go on until there are enough blocks that are nearly ours; 0, or -1 with run->failure. */
int blocks_fill(struct run *run, struct testbed *testbed);
/* The block of that number in the present sequence, or NULL. */
struct block *block_find(struct testbed *testbed, uint64_t number);
/* Whether it can go into a set, and how many can. */
bool block_fits(const struct run *run, const struct testbed *testbed, const struct block *block);
size_t blocks_fitting(const struct run *run, const struct testbed *testbed);

#endif
