// SPDX-License-Identifier: MIT
#include "memory/page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

size_t base_bytes(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

size_t huge_bytes(void)
{
	static size_t bytes;
	FILE *file;

	if (bytes)
		return bytes;
	bytes = 2u << 20;
	file = fopen("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size", "re");
	if (file) {
		if (fscanf(file, "%zu", &bytes) != 1)
			bytes = 2u << 20;
		fclose(file);
	}
	return bytes;
}

char *pages_zeroed(size_t len_bytes)
{
	size_t whole_bytes = (len_bytes + base_bytes() - 1) / base_bytes() * base_bytes();
	char *pages = aligned_alloc(base_bytes(), whole_bytes);

	if (pages)
		memset(pages, 0, whole_bytes);
	return pages;
}
