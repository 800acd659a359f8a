// SPDX-License-Identifier: MIT
/*
 * Which raw events count TLB misses. Sources: tools/perf/pmu-events in the Linux
 * tree (skylakex, icelakex and sapphirerapids virtual-memory.json, amdzen3 and
 * amdzen4 memory.json, amdzen5 load-store.json, arm64 common-and-microarch.json).
 * Intel packs event | umask << 8 | cmask << 24, AMD event[7:0] | umask << 8.
 */
#include "kernel/pmu_table.h"
#include "memory/array.h"

#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Walks are those that completed. Skylake's cycles leave out walks of the host's tables. */
static const struct pmu_event intel_08[] = {
	{ "walks", "loads", 0x0e08 },	 { "walks-4k", "loads", 0x0208 },
	{ "walks-2m", "loads", 0x0408 }, { "walks-1g", "loads", 0x0808 },
	{ "l2-hits", "loads", 0x2008 },	 { "walk-cycles", "loads", 0x01001008 },
	{ "walks", "stores", 0x0e49 },	 { "l2-hits", "stores", 0x2049 },
};

static const struct pmu_event intel_12[] = {
	{ "walks", "loads", 0x0e12 },	 { "walks-4k", "loads", 0x0212 },
	{ "walks-2m", "loads", 0x0412 }, { "walks-1g", "loads", 0x0812 },
	{ "l2-hits", "loads", 0x2012 },	 { "walk-cycles", "loads", 0x01001012 },
	{ "walks", "stores", 0x0e13 },	 { "l2-hits", "stores", 0x2013 },
};

/* 4K takes in coalesced entries (umask 0x20 beside 0x10), which are base pages too. */
static const struct pmu_event amd_zen[] = {
	{ "walks", "accesses", 0xf045 },    { "walks-4k", "accesses", 0x3045 },
	{ "walks-2m", "accesses", 0x4045 }, { "walks-1g", "accesses", 0x8045 },
	{ "l2-hits", "accesses", 0x0f45 },
};

/* A hit in the second level is a refill of the first that was none of the second. */
static const struct pmu_event arm_v3[] = {
	{ "walks", "accesses", 0x34 },
	{ "l1-refills", "accesses", 0x05 },
	{ "l2-refills", "accesses", 0x2d },
};

/* PERF_COUNT_HW_CACHE_DTLB | OP_READ << 8 | RESULT_MISS << 16. */
static const struct pmu_event generic_cache[] = {
	{ "walks", "unknown", 0x10003 },
};

#define TABLE(label, is_generic, list) \
	{ .name = (label), .generic = (is_generic), .events = (list), .count = COUNT(list) }

static const struct pmu_table skylake_x = TABLE("skylake-x", false, intel_08);
static const struct pmu_table ice_lake_x = TABLE("ice-lake-x", false, intel_08);
static const struct pmu_table sapphire_rapids = TABLE("sapphire-rapids", false, intel_12);
static const struct pmu_table zen_3 = TABLE("zen-3", false, amd_zen);
static const struct pmu_table zen_4 = TABLE("zen-4", false, amd_zen);
static const struct pmu_table zen_5 = TABLE("zen-5", false, amd_zen);
static const struct pmu_table arm_pmu_v3 = TABLE("arm-pmu-v3", false, arm_v3);
static const struct pmu_table generic = TABLE("generic", true, generic_cache);

/* Models as in tools/perf/pmu-events/arch/x86/mapfile.csv. */
static const struct pmu_table *intel(unsigned int model)
{
	switch (model) {
	case 0x55:
		return &skylake_x;
	case 0x6a:
	case 0x6c:
		return &ice_lake_x;
	case 0x8f:
		return &sapphire_rapids;
	default:
		return &generic;
	}
}

/* Family 0x19: Zen 3 has the models 0x0_, 0x2_, 0x4_ and 0x5_, Zen 4 the others. */
static const struct pmu_table *amd(unsigned int family, unsigned int model)
{
	unsigned int row = model >> 4;

	if (family == 0x1a)
		return &zen_5;
	if (family != 0x19)
		return &generic;
	return row == 0 || row == 2 || row == 4 || row == 5 ? &zen_3 : &zen_4;
}

const struct pmu_table *pmu_table(const struct pmu_cpu *cpu)
{
	if (!strcmp(cpu->vendor, "GenuineIntel") && cpu->family == 6)
		return intel(cpu->model);
	if (!strcmp(cpu->vendor, "AuthenticAMD"))
		return amd(cpu->family, cpu->model);
	if (!strcmp(cpu->vendor, "arm64"))
		return &arm_pmu_v3;
	return &generic;
}

const struct pmu_event *pmu_event(const struct pmu_table *table, const char *name)
{
	for (size_t i = 0; i < table->count; i++)
		if (!strcmp(table->events[i].name, name))
			return &table->events[i];
	return NULL;
}

#if defined(__x86_64__)

#include <cpuid.h>

/* Intel SDM vol. 2A, CPUID leaves 0 and 1: extended family and model are added for 6 and 15. */
struct pmu_cpu pmu_cpu(void)
{
	struct pmu_cpu cpu = { .vendor = "unknown" };
	unsigned int a, b, c, d, family;

	if (!__get_cpuid(0, &a, &b, &c, &d))
		return cpu;
	memcpy(cpu.vendor, &b, 4);
	memcpy(cpu.vendor + 4, &d, 4);
	memcpy(cpu.vendor + 8, &c, 4);
	cpu.vendor[12] = '\0';
	__get_cpuid(1, &a, &b, &c, &d);
	family = a >> 8 & 0xf;
	cpu.family = family == 0xf ? family + (a >> 20 & 0xff) : family;
	cpu.model = a >> 4 & 0xf;
	if (family == 6 || family == 0xf)
		cpu.model |= (a >> 16 & 0xf) << 4;
	return cpu;
}

#else

struct pmu_cpu pmu_cpu(void)
{
	return (struct pmu_cpu){ .vendor = "arm64" };
}

#endif
