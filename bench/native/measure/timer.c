// SPDX-License-Identifier: MIT
#include "measure/timer.h"
#include "measure/arch.h"

#include <time.h>

uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_RAW, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* The clock is read to some 50 ns, so 5 ms give it to 1e-5; shorter runs wait that long. */
double tick_s(uint64_t ticks, uint64_t ns)
{
	while (now_ns() - ns < 5000000u)
		;
	return (double)(now_ns() - ns) * 1e-9 / (double)(arch_counter() - ticks);
}

double ticks_per_ns(void)
{
	return 1e-9 / tick_s(arch_counter(), now_ns());
}

double timer_resolution_s(void)
{
	return tick_s(arch_counter(), now_ns());
}

double timer_cost_s(void)
{
	uint64_t start_ticks = arch_counter(), start_ns = now_ns(), least = UINT64_MAX;

	for (int i = 0; i < 1000; i++) {
		uint64_t start = arch_counter(), ticks = arch_counter() - start;

		least = ticks < least ? ticks : least;
	}
	return (double)least * tick_s(start_ticks, start_ns);
}
