// SPDX-License-Identifier: MIT
#include "kernel/page_type.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_ORDERS 64
#define CRUMB_ORDERS 5

/* Sum over zones and the first orders of the rows "Node ..., type Unmovable n n n ...". */
static long long free_unmovable(int orders)
{
	FILE *file = fopen("/proc/pagetypeinfo", "re");
	long long pages = 0;
	char line[512];

	if (!file)
		return -1;
	while (fgets(line, sizeof(line), file)) {
		char *at = strstr(line, "type    Unmovable"), *end;

		if (!at)
			continue;
		at += strlen("type    Unmovable");
		for (int order = 0; order < orders; order++, at = end) {
			pages += strtoll(at, &end, 10) << order;
			if (end == at)
				break;
		}
	}
	fclose(file);
	return pages;
}

long long free_unmovable_pages(void)
{
	return free_unmovable(MOST_ORDERS);
}

long long free_unmovable_crumbs(void)
{
	return free_unmovable(CRUMB_ORDERS);
}

/* The second table of /proc/pagetypeinfo, whose first column is Unmovable. */
long long unmovable_blocks(void)
{
	FILE *file = fopen("/proc/pagetypeinfo", "re");
	long long blocks = 0, count;
	bool table = false;
	char line[512];

	if (!file)
		return -1;
	while (fgets(line, sizeof(line), file)) {
		if (!strncmp(line, "Number of blocks type", 21))
			table = true;
		else if (table && sscanf(line, "Node %*d, zone %*s %lld", &count) == 1)
			blocks += count;
	}
	fclose(file);
	return table ? blocks : -1;
}
