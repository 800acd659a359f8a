// SPDX-License-Identifier: MIT
#include "ram.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define HIGH (1ull << 32) /* where the memory goes on that has no room below 4 GiB */

static char *ram;
static uint64_t bytes, low_bytes;

/* Mappings of the file follow each other, where the kernel did not make them one. */
static void take(uint64_t from, uint64_t to)
{
	if (bytes && from == (uintptr_t)ram + bytes) {
		bytes += to - from;
	} else if (to - from > bytes) {
		ram = (char *)(uintptr_t)from;
		bytes = to - from;
	}
}

const char *ram_find(uint64_t below)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[512];

	bytes = 0;
	while (maps && fgets(line, sizeof(line), maps)) {
		uint64_t from, to;

		if (strstr(line, "/memfd:memory-backend-memfd") &&
		    sscanf(line, "%" SCNx64 "-%" SCNx64, &from, &to) == 2)
			take(from, to);
	}
	if (maps)
		fclose(maps);
	low_bytes = bytes < below ? bytes : below;
	return bytes ? NULL : "QEMU has no memory-backend-memfd for the guest's memory";
}

uint64_t ram_bytes(void)
{
	return bytes;
}

uint64_t ram_place(uint64_t physical)
{
	if (physical < low_bytes)
		return physical;
	if (physical < HIGH || physical - HIGH >= bytes - low_bytes)
		return NOWHERE;
	return physical - HIGH + low_bytes;
}

uint64_t ram_physical(uint64_t place)
{
	return place < low_bytes ? place : place - low_bytes + HIGH;
}

void *ram_at(uint64_t physical)
{
	uint64_t place = ram_place(physical);

	return place == NOWHERE ? NULL : ram + place;
}
