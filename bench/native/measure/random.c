// SPDX-License-Identifier: MIT
#include "measure/random.h"

uint64_t random_word(uint64_t seed, unsigned int i)
{
	uint64_t z = seed + i * 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

void random_seed(uint64_t state[4], uint64_t seed)
{
	for (unsigned int i = 0; i < 4; i++)
		state[i] = random_word(seed, i + 1);
}

static uint64_t rotate(uint64_t x, int k)
{
	return (x << k) | (x >> (64 - k));
}

static uint64_t next(uint64_t s[4])
{
	uint64_t result = rotate(s[1] * 5, 7) * 9;
	uint64_t t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate(s[3], 45);
	return result;
}

/* Lemire (2019), "Fast random integer generation in an interval", without bias. */
uint64_t random_below(uint64_t state[4], uint64_t bound)
{
	uint64_t floor = -bound % bound;
	unsigned __int128 product;

	do {
		product = (unsigned __int128)next(state) * bound;
	} while ((uint64_t)product < floor);
	return (uint64_t)(product >> 64);
}
