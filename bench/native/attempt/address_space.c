// SPDX-License-Identifier: MIT
#include "attempt/address_space.h"
#include "attempt/attempt.h"
#include "attempt/marker.h"
#include "attempt/owner.h"
#include "memory/mode.h"
#include "memory/page.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Reservations of sanitizers and the like: nobody's secret is in there. */
#define MOST_BYTES (64u << 20)

struct mapping {
	unsigned long start, end;
	char rights[8];
	char name[64];
	bool dumped;
};

static bool wanted(const struct attempt *a, const struct search *search, const struct mapping *m)
{
	unsigned long base = (unsigned long)(uintptr_t)a->region.base;

	if (m->end - m->start > MOST_BYTES || m->name[1] == 'v') /* [vvar], [vdso] */
		return false;
	if (search->dumped_only && (!m->dumped || m->rights[0] != 'r'))
		return false;
	if (search->writable_only && m->rights[1] != 'w')
		return false;
	return !(search->but_region && m->start < base + region_readable_bytes(&a->region) &&
		 m->end > base);
}

static void look(struct attempt *a, struct search *search, const struct mapping *m, int memory)
{
	size_t len_bytes = m->end - m->start, found;
	char *copy = pages_zeroed(len_bytes);
	char secret[SECRET_BYTES];
	ssize_t got;

	if (!copy)
		return;
	got = pread(memory, copy, len_bytes, (off_t)m->start);
	if (got > 0) {
		search->mappings++;
		search->bytes += (size_t)got;
		found = marker_found(&a->marker, copy, (size_t)got);
		if (!found && a->mode->recover && a->mode->recover(copy, (size_t)got, secret))
			found = marker_found(&a->marker, secret, sizeof(secret));
		if (found > search->found) {
			search->found = found;
			memcpy(search->where, m->name, sizeof(search->where));
		}
	}
	free(copy);
}

/* One mapping of smaps: its head, then its details up to the flags. */
static bool next_mapping(FILE *file, struct mapping *m)
{
	char line[512];

	while (fgets(line, sizeof(line), file)) {
		unsigned long start, end;
		char name[200] = "";

		if (!strncmp(line, "VmFlags:", 8)) {
			m->dumped = !strstr(line, " dd");
			return true;
		}
		if (sscanf(line, "%lx-%lx %7s %*s %*s %*s %199s", &start, &end, m->rights, name) >=
		    3) {
			const char *last = strrchr(name, '/');

			m->start = start;
			m->end = end;
			snprintf(m->name, sizeof(m->name), "%.60s",
				 last	 ? last + 1 :
				 name[0] ? name :
					   "anonymous");
		}
	}
	return false;
}

int address_space_search(struct attempt *a, struct search *search)
{
	FILE *file = owner_file(a, "smaps");
	struct mapping m = { 0 };
	char path[64];
	int memory;

	if (!file)
		return -1;
	snprintf(path, sizeof(path), "/proc/%d/mem", a->owner);
	memory = open(path, O_RDONLY | O_CLOEXEC);
	if (memory < 0) {
		fclose(file);
		return -1;
	}
	while (next_mapping(file, &m))
		if (wanted(a, search, &m))
			look(a, search, &m, memory);
	close(memory);
	fclose(file);
	return 0;
}
