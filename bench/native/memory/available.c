// SPDX-License-Identifier: MIT
#include "memory/available.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_ROOM 600

/* Version 2, and version 1 where the controller of memory is still there. */
static const struct hierarchy {
	const char *mark; /* in /proc/self/cgroup, before the group */
	const char *root, *limit, *usage;
} hierarchies[] = {
	{ "0::", "/sys/fs/cgroup", "memory.max", "memory.current" },
	{ ":memory:", "/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes" },
};

/* A number of bytes in a file of one; UINT64_MAX where it has none, or says "max". */
static uint64_t number_in(const char *root, const char *group, const char *name)
{
	char path[PATH_ROOM + 64];
	unsigned long long number;
	FILE *file;

	snprintf(path, sizeof(path), "%s%s/%s", root, group, name);
	file = fopen(path, "re");
	if (!file || fscanf(file, "%llu", &number) != 1)
		number = UINT64_MAX;
	if (file)
		fclose(file);
	return number;
}

/* Pages of files, which are given up before anything is refused. */
static uint64_t files_in(const char *root, const char *group)
{
	char path[PATH_ROOM + 64], line[128];
	unsigned long long bytes, all = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s%s/memory.stat", root, group);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "inactive_file %llu", &bytes) == 1 ||
		    sscanf(line, "active_file %llu", &bytes) == 1)
			all += bytes;
	if (file)
		fclose(file);
	return all;
}

static uint64_t left_in_group(const struct hierarchy *hierarchy, const char *group)
{
	uint64_t limit = number_in(hierarchy->root, group, hierarchy->limit);
	uint64_t usage = number_in(hierarchy->root, group, hierarchy->usage), files;

	if (limit == UINT64_MAX || usage == UINT64_MAX)
		return UINT64_MAX;
	files = files_in(hierarchy->root, group);
	usage -= files < usage ? files : usage;
	return limit > usage ? limit - usage : 0;
}

/* What the group and those above it have left. */
static uint64_t left_in(const struct hierarchy *hierarchy, char *group)
{
	uint64_t least = UINT64_MAX;

	for (;;) {
		uint64_t left = left_in_group(hierarchy, group);
		char *last = strrchr(group, '/');

		least = left < least ? left : least;
		if (!last)
			return least;
		*last = '\0';
	}
}

static uint64_t left_in_groups(void)
{
	FILE *file = fopen("/proc/self/cgroup", "re");
	uint64_t least = UINT64_MAX;
	char line[PATH_ROOM];

	while (file && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		for (size_t i = 0; i < sizeof(hierarchies) / sizeof(hierarchies[0]); i++) {
			char *at = strstr(line, hierarchies[i].mark);
			uint64_t left;

			if (!at)
				continue;
			left = left_in(&hierarchies[i], at + strlen(hierarchies[i].mark));
			least = left < least ? left : least;
			break;
		}
	}
	if (file)
		fclose(file);
	return least;
}

static uint64_t left_in_machine(void)
{
	FILE *file = fopen("/proc/meminfo", "re");
	uint64_t bytes = UINT64_MAX;
	unsigned long long kib;
	char line[256];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "MemAvailable: %llu kB", &kib) == 1)
			bytes = kib * 1024;
	if (file)
		fclose(file);
	return bytes;
}

uint64_t available_bytes(void)
{
	uint64_t machine = left_in_machine(), groups = left_in_groups();

	return machine < groups ? machine : groups;
}
