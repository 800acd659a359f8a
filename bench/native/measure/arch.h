/* SPDX-License-Identifier: MIT */
/*
 * The few pieces that depend on the architecture: the counter, the flush of a
 * cache line, the line's size and the widths that one instruction can access.
 */
#ifndef ARCH_H
#define ARCH_H

#include <stdbool.h>
#include <stdint.h>

#define LINE_BYTES 64u

#if defined(__x86_64__)

#include <cpuid.h>

#define ARCH_NAME "x86_64"
#define ARCH_TIMER "tsc"
#define ARCH_WIDTH_MAX 64u
#define ARCH_TARGET_32 __attribute__((target("avx")))
#define ARCH_TARGET_64 __attribute__((target("avx512f")))

/*
 * Ticks of the counter, read in the order of the program. Intel SDM vol. 2B, RDTSC: LFENCE
 * before keeps it behind earlier loads, LFENCE after keeps later instructions behind it.
 */
static inline uint64_t arch_counter(void)
{
	uint64_t ticks;

	__builtin_ia32_lfence();
	ticks = __builtin_ia32_rdtsc();
	__builtin_ia32_lfence();
	return ticks;
}

/* Whether arch_flush() may use it. Intel SDM vol. 2A, CPUID.(EAX=07H,ECX=0):EBX[23] = CLFLUSHOPT. */
static inline bool arch_has_clflushopt(void)
{
	unsigned int a, b, c, d;

	return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & (1u << 23));
}

/*
 * Evict one line and wait until that is done. CLWB is never used: it writes
 * back but may keep the line. CLFLUSHOPT is ordered by MFENCE only.
 */
static inline void arch_flush(volatile void *line, bool opt)
{
	if (opt)
		__asm__ volatile("clflushopt %0" : "+m"(*(volatile char *)line));
	else
		__asm__ volatile("clflush %0" : "+m"(*(volatile char *)line));
	__builtin_ia32_mfence();
}

/* Whether one instruction can access so many bytes. */
static inline bool arch_has_width(uint64_t width_bytes)
{
	__builtin_cpu_init();
	if (width_bytes == 32)
		return __builtin_cpu_supports("avx");
	if (width_bytes == 64)
		return __builtin_cpu_supports("avx512f");
	return width_bytes <= 16;
}

#elif defined(__aarch64__)

#define ARCH_NAME "aarch64"
#define ARCH_TIMER "cntvct_el0"
#define ARCH_WIDTH_MAX 16u

/* Ticks. Arm ARM, D11.1.2: the virtual count may be read early without an ISB. */
static inline uint64_t arch_counter(void)
{
	uint64_t ticks;

	__asm__ volatile("isb; mrs %0, cntvct_el0; isb" : "=r"(ticks) : : "memory");
	return ticks;
}

static inline bool arch_has_clflushopt(void)
{
	return false;
}

/* DC CIVAC cleans and invalidates to the point of coherency; DSB waits. */
static inline void arch_flush(volatile void *line, bool opt)
{
	(void)opt;
	__asm__ volatile("dc civac, %0; dsb sy" : : "r"(line) : "memory");
}

static inline bool arch_has_width(uint64_t width_bytes)
{
	return width_bytes <= ARCH_WIDTH_MAX;
}

#else
#error "arch.h: add the counter and the cache-line flush of this architecture"
#endif

#endif
