// SPDX-License-Identifier: MIT
#include "measure/width.h"
#include "measure/arch.h"
#include "memory/array.h"

typedef uint64_t v16 __attribute__((vector_size(16), may_alias));
typedef uint64_t v32 __attribute__((vector_size(32), may_alias));
typedef uint64_t v64 __attribute__((vector_size(64), may_alias));

/* The accesses do not depend on each other; step 0 stays on one line. */
#define PASS(bytes, type, target)                                             \
	target static void load_##bytes(char *base, uint64_t count, size_t step) \
	{                                                                     \
		for (size_t at = 0; count; count--, at = (at + step) & 4095)  \
			(void)*(volatile type *)(base + at);                  \
	}                                                                     \
	target static void store_##bytes(char *base, uint64_t count, size_t step) \
	{                                                                     \
		type value = { 0 };                                           \
		for (size_t at = 0; count; count--, at = (at + step) & 4095)  \
			*(volatile type *)(base + at) = value;                \
	}

PASS(1, uint8_t, )
PASS(2, uint16_t, )
PASS(4, uint32_t, )
PASS(8, uint64_t, )
PASS(16, v16, )
#if ARCH_WIDTH_MAX > 16
PASS(32, v32, ARCH_TARGET_32)
PASS(64, v64, ARCH_TARGET_64)
#endif

static const struct width widths[] = {
	{ 1, load_1, store_1 },	   { 2, load_2, store_2 },    { 4, load_4, store_4 },
	{ 8, load_8, store_8 },	   { 16, load_16, store_16 },
#if ARCH_WIDTH_MAX > 16
	{ 32, load_32, store_32 }, { 64, load_64, store_64 },
#endif
};

const struct width *width_find(uint64_t bytes)
{
	for (size_t i = 0; i < COUNT(widths); i++)
		if (widths[i].bytes == bytes && arch_has_width(bytes))
			return &widths[i];
	return NULL;
}
