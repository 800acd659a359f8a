// SPDX-License-Identifier: MIT
/*
 * Intel SDM vol. 2A, CPUID: leaf 18H (address translation parameters) and leaf 4 (caches).
 * AMD64 APM vol. 3, appendix E: 8000_0005H, 8000_0006H and 8000_0019H (TLBs), 8000_001DH (caches),
 * 8000_0021H EAX[14] (sizes of the second level in 32s).
 */
#include "host.h"
#include "tlb.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { EAX, EBX, ECX, EDX };

static const char *const sizes[PAGE_SIZES] = { "4k", "2m", "1g" };

struct text {
	char *line;
	size_t room;
};

__attribute__((format(printf, 2, 3))) static void say(struct text *text, const char *format, ...)
{
	size_t used = strlen(text->line);
	va_list args;

	va_start(args, format);
	vsnprintf(text->line + used, text->room - used, format, args);
	va_end(args);
}

/* "l1 4k+2m 64x4", and who looks into it. */
static void say_array(struct text *text, const struct tlb_array *array)
{
	const char *between = "";

	say(text, " l%u ", array->level + 1);
	for (int size = 0; size < PAGE_SIZES; size++) {
		if (!array->holds[size])
			continue;
		say(text, "%s%s", between, sizes[size]);
		between = "+";
	}
	say(text, " %ux%u%s;", array->sets * array->ways, array->ways,
	    !array->stores ? " loads" :
	    !array->loads  ? " stores" :
			     "");
}

static bool serve_alike(const struct tlb_array *one, const struct tlb_array *other)
{
	return one->level == other->level &&
	       ((one->loads && other->loads) || (one->stores && other->stores));
}

/*
 * What an earlier array of the level holds, too, has the ways of both (Golden Cove keeps 4K in
 * either array of its second level): exact for these pages, more than there is for the others.
 * Whether anything is left that the next one holds alone.
 */
static bool widen(struct tlb_array *arrays, size_t count, struct tlb_array *next)
{
	bool left = false;

	for (int size = 0; size < PAGE_SIZES; size++) {
		for (size_t i = 0; i < count && next->holds[size]; i++) {
			if (!serve_alike(&arrays[i], next) || !arrays[i].holds[size])
				continue;
			next->holds[size] = false;
			arrays[i].ways += arrays[i].sets == next->sets ? next->ways : 0;
		}
		left = left || next->holds[size];
	}
	return left;
}

/* Leaf 18H. */
static size_t intel_arrays(cpuid_fn *cpuid, struct tlb_array arrays[TLB_ARRAYS])
{
	uint32_t reg[4], last;
	size_t count = 0;

	cpuid(0x18, 0, reg);
	last = reg[EAX];
	for (uint32_t sub = 0; sub <= last && sub < 64 && count < TLB_ARRAYS; sub++) {
		struct tlb_array array = { .level = 0 };
		unsigned int type, level;

		cpuid(0x18, sub, reg);
		type = reg[EDX] & 31;
		level = reg[EDX] >> 5 & 7;
		if (type == 0 || type == 2 || level < 1 || level > TLB_LEVELS)
			continue;
		array.level = level - 1;
		array.loads = type != 5;
		array.stores = type != 4;
		array.holds[PAGE_4K] = reg[EBX] & 1;
		array.holds[PAGE_2M] = reg[EBX] >> 1 & 1;
		array.holds[PAGE_1G] = reg[EBX] >> 3 & 1;
		array.ways = reg[EBX] >> 16;
		array.sets = reg[ECX];
		if (widen(arrays, count, &array))
			arrays[count++] = array;
	}
	return count;
}

/* Of `entries` in so many ways; 0: all in one set. Without entries it has no ways. */
static struct tlb_array amd_array(unsigned int level, uint32_t entries, uint32_t ways)
{
	struct tlb_array array = { .level = level, .loads = true, .stores = true };

	array.ways = ways && ways < entries ? ways : entries;
	array.sets = entries ? entries / array.ways : 0;
	return array;
}

/* AMD64 APM vol. 3, E.4.5: what four bits say of associativity; 0 is fully. */
static uint32_t amd_ways(uint32_t code)
{
	static const uint32_t ways[16] = { 1, 1, 2, 3, 4, 6, 8, 1, 16, 1, 32, 48, 64, 96, 128, 0 };

	return ways[code];
}

/* Add a level's arrays, one for each kind of page; what is alike is one array. */
static size_t amd_level(struct tlb_array *arrays, size_t count, struct tlb_array of[PAGE_SIZES])
{
	size_t first = count;

	for (int size = 0; size < PAGE_SIZES; size++) {
		size_t at = first;

		if (!of[size].ways)
			continue;
		while (at < count &&
		       arrays[at].sets * arrays[at].ways != of[size].sets * of[size].ways)
			at++;
		if (at == count)
			arrays[count++] = of[size];
		arrays[at].holds[size] = true;
	}
	return count;
}

static size_t amd_arrays(cpuid_fn *cpuid, struct tlb_array arrays[TLB_ARRAYS])
{
	uint32_t l1[4], l2[4], giant[4], more[4], times;
	struct tlb_array of[PAGE_SIZES];
	size_t count;

	cpuid(0x80000005, 0, l1);
	cpuid(0x80000006, 0, l2);
	cpuid(0x80000019, 0, giant);
	cpuid(0x80000021, 0, more);
	times = more[EAX] >> 14 & 1 ? 32 : 1;
	of[PAGE_4K] = amd_array(0, l1[EBX] >> 16 & 255, l1[EBX] >> 24 == 255 ? 0 : l1[EBX] >> 24);
	of[PAGE_2M] = amd_array(0, l1[EAX] >> 16 & 255, l1[EAX] >> 24 == 255 ? 0 : l1[EAX] >> 24);
	of[PAGE_1G] = amd_array(0, giant[EAX] >> 16 & 0xfff, amd_ways(giant[EAX] >> 28));
	count = amd_level(arrays, 0, of);
	of[PAGE_4K] = amd_array(1, (l2[EBX] >> 16 & 0xfff) * times, amd_ways(l2[EBX] >> 28));
	of[PAGE_2M] = amd_array(1, (l2[EAX] >> 16 & 0xfff) * times, amd_ways(l2[EAX] >> 28));
	of[PAGE_1G] = amd_array(1, (giant[EBX] >> 16 & 0xfff) * times, amd_ways(giant[EBX] >> 28));
	return amd_level(arrays, count, of);
}

static void say_caches(struct text *text, cpuid_fn *cpuid, uint32_t leaf)
{
	const char *begin = " cache ";
	uint32_t reg[4];

	for (uint32_t sub = 0; sub < 8; sub++) {
		uint32_t ways, set_bytes;

		cpuid(leaf, sub, reg);
		if (!(reg[EAX] & 31))
			break;
		if ((reg[EAX] & 31) == 2) /* of instructions */
			continue;
		ways = (reg[EBX] >> 22) + 1;
		set_bytes = ways * ((reg[EBX] >> 12 & 1023) + 1) * ((reg[EBX] & 4095) + 1);
		say(text, "%s%lluK/%u", begin,
		    (unsigned long long)set_bytes * (reg[ECX] + 1ull) >> 10, ways);
		begin = " ";
	}
}

const char *host_line(cpuid_fn *cpuid, char *line, size_t room)
{
	struct tlb_array arrays[2 * PAGE_SIZES + TLB_ARRAYS];
	struct text text = { line, room };
	uint32_t reg[4];
	bool amd;
	size_t count;

	cpuid(0, 0, reg);
	amd = reg[EBX] == 0x68747541 || reg[EBX] == 0x6f677948; /* "Auth", "Hygo" */
	count = amd ? amd_arrays(cpuid, arrays) : intel_arrays(cpuid, arrays);
	if (!count)
		return "this CPU does not tell its TLBs, or its hypervisor hides them (CPUID leaf "
		       "18H, AMD 8000_0005H): name a model of bench/tlb/models, or write one";
	snprintf(line, room, "host:");
	for (size_t i = 0; i < count; i++)
		say_array(&text, &arrays[i]);
	say_caches(&text, cpuid, amd ? 0x8000001d : 4);
	if (line[strlen(line) - 1] == ';')
		line[strlen(line) - 1] = '\0';
	return NULL;
}

#ifdef __x86_64__
#include <cpuid.h>

void host_cpuid(uint32_t leaf, uint32_t sub, uint32_t reg[4])
{
	memset(reg, 0, 4 * sizeof(*reg));
	__get_cpuid_count(leaf, sub, &reg[EAX], &reg[EBX], &reg[ECX], &reg[EDX]);
}
#else
void host_cpuid(uint32_t leaf, uint32_t sub, uint32_t reg[4])
{
	(void)leaf;
	(void)sub;
	memset(reg, 0, 4 * sizeof(*reg));
}
#endif
