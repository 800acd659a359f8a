// SPDX-License-Identifier: MIT
#include "memory/array.h"

#include <stdint.h>

int ascending(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}
