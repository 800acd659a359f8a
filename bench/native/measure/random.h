/* SPDX-License-Identifier: MIT */
/* Random numbers: xoshiro256** of Blackman and Vigna (2018), seeded by splitmix64. */
#ifndef RANDOM_H
#define RANDOM_H

#include <stdint.h>

/* The i-th number of splitmix64 from that seed on, counting from 1. */
uint64_t random_word(uint64_t seed, unsigned int i);
/* The same seed gives the same sequence, on every machine. */
void random_seed(uint64_t state[4], uint64_t seed);
/* From 0 to bound - 1, without bias; bound is not 0. */
uint64_t random_below(uint64_t state[4], uint64_t bound);

#endif
