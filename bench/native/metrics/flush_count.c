// SPDX-License-Identifier: MIT
#include "../metric.h"

#include <stdlib.h>
#include <string.h>

static const struct param params[] = {
	{ "pages", "first touches per block", "1", NULL, "64", 1, 65536 },
	{ "blocks", "blocks, of which the median counts", "1", NULL, "15", 1, 10000 },
};

/*
 * Function-call interrupts of one CPU: the row of /proc/interrupts that a flush
 * of kernel addresses moves on x86. The TLB row counts user address spaces only.
 */
static long long calls(const char *row, unsigned int cpu)
{
	FILE *file = fopen("/proc/interrupts", "re");
	long long count = -1;
	int column = -1;
	char line[8192], *at;

	if (!file)
		return -1;
	if (fgets(line, sizeof(line), file)) {
		char name[24];

		snprintf(name, sizeof(name), "CPU%u", cpu);
		column = 0;
		for (at = strtok(line, " \n"); at && strcmp(at, name); at = strtok(NULL, " \n"))
			column++;
	}
	while (fgets(line, sizeof(line), file)) {
		at = line + strspn(line, " ");
		if (strncmp(at, row, strlen(row)))
			continue;
		at += strlen(row);
		for (int i = 0; i <= column; i++)
			count = strtoll(at, &at, 10);
		break;
	}
	fclose(file);
	return count;
}

static int compare(const void *a, const void *b)
{
	long long x = *(const long long *)a, y = *(const long long *)b;

	return x < y ? -1 : x > y;
}

static int block(struct run *run, unsigned int cpu, long long *call, long long *user)
{
	struct arm *arm = &run->arm[TREATMENT];
	uint64_t pages = cell_number(run->cell, "pages");
	int err = region_obtain(arm->mode, &arm->region, pages * mode_page_bytes(arm->mode));
	long long call_before, user_before;

	if (err)
		return run_failed(run, "%s: cannot obtain a region: %s", arm->mode->name,
				  strerror(-err));
	call_before = calls("CAL:", cpu);
	user_before = calls("TLB:", cpu);
	for (uint64_t i = 0; i < pages; i++)
		*(volatile char *)(arm->region.base + i * mode_page_bytes(arm->mode)) = 1;
	*call = calls("CAL:", cpu) - call_before;
	*user += calls("TLB:", cpu) - user_before;
	region_release(arm->mode, &arm->region);
	duty(run);
	return 0;
}

static int measure(struct run *run)
{
	uint64_t blocks = cell_number(run->cell, "blocks"), pages = cell_number(run->cell, "pages");
	unsigned int cpu = allowed_after(run->cpu, 1);
	long long *call = calloc(blocks, sizeof(*call)), user = 0;

	if (!call)
		return run_failed(run, "no memory for %llu blocks", (unsigned long long)blocks);
	for (uint64_t i = 0; i < blocks; i++) {
		if (block(run, cpu, &call[i], &user)) {
			free(call);
			return -1;
		}
	}
	qsort(call, blocks, sizeof(*call), compare);
	count_add(&run->arm[TREATMENT], (uint64_t)call[blocks / 2], pages);
	run_note(run, "watched_cpu", "%u", cpu);
	run_note(run, "most_in_a_block", "%lld", call[blocks - 1]);
	run_note(run, "user_flushes_per_fault", "%.4f", (double)user / (double)(blocks * pages));
	free(call);
	return 0;
}

static const char *refuse(const struct cell *cell, enum arm_id arm)
{
	if (cell->mode[arm]->populated)
		return "the pages of this mode are there when it is mapped: it has no first touch";
	if (allowed_count() < 2)
		return "no other CPU may be used here, so none can be interrupted";
	if (calls("CAL:", 0) < 0)
		return "/proc/interrupts has no CAL row: this architecture counts such interrupts "
		       "elsewhere or flushes without them";
	return NULL;
}

static struct need need(const struct cell *cell, const struct mode *mode)
{
	uint64_t bytes = cell_number(cell, "pages") * mode_page_bytes(mode);

	return (struct need){ bytes, bytes * cell_number(cell, "blocks") };
}

METRIC(flush_count) = {
	.name = "flush-count",
	.about = "function-call interrupts that one other CPU gets per first touch: flushes of the "
		 "kernel's own address range (median over blocks, so that others' calls drop out)",
	.question = "everyone",
	.unit = "1",
	.better = "lower",
	.assume = "exact",
	PARAMS(params),
	.refuse = refuse,
	.need = need,
	.run = measure,
};
