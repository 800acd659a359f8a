// SPDX-License-Identifier: MIT
#include "measure/metric.h"
#include "measure/realtime.h"
#include "measure/run.h"
#include "memory/mode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct param params[] = {
	{ "use", "faults: first touches; secrets: obtain, write, read, wipe and give back 32 bytes",
	  "", "faults|secrets", "faults", 0, 0 },
	{ "pages", "faults, or secrets, per block", "1", NULL, "64", 1, 65536 },
	{ "blocks", "blocks, of which the median counts", "1", NULL, "15", 1, 10000 },
};

#define SECRET_BYTES 32u
#define MOST_CPUS 16	/* watched; so many have room in a note */

/* The other CPUs that are watched, and of each how often it was called per block. */
static struct watched {
	unsigned int cpu;
	long long *calls;
	long long user; /* flushes of user address spaces, in all blocks */
} watched[MOST_CPUS];
static unsigned int watched_count;

/* Column of a CPU in /proc/interrupts, from its first line; offline ones have none. */
static int column_of(const char *head, unsigned int cpu)
{
	char name[24];
	int column = 0;

	snprintf(name, sizeof(name), "CPU%u", cpu);
	for (const char *at = head + strspn(head, " "); *at && *at != '\n'; column++) {
		size_t len = strcspn(at, " \n");

		if (len == strlen(name) && !strncmp(at, name, len))
			return column;
		at += len;
		at += strspn(at, " ");
	}
	return -1;
}

static long long number_at(const char *row, int column)
{
	char *at = (char *)row;
	long long number = -1;

	for (int i = 0; i <= column; i++)
		number = strtoll(at, &at, 10);
	return number;
}

/*
 * Function-call interrupts: the row of /proc/interrupts that a flush of kernel
 * addresses moves on x86. The TLB row counts user address spaces only. False
 * where there is no such row.
 */
static bool calls(const char *row, long long counts[MOST_CPUS])
{
	FILE *file = fopen("/proc/interrupts", "re");
	char head[16384] = "", line[16384];
	bool found = false;

	if (!file)
		return false;
	if (!fgets(head, sizeof(head), file))
		head[0] = '\0';
	while (!found && fgets(line, sizeof(line), file)) {
		const char *at = line + strspn(line, " ");

		found = !strncmp(at, row, strlen(row));
		for (unsigned int i = 0; found && i < watched_count; i++)
			counts[i] = number_at(at + strlen(row), column_of(head, watched[i].cpu));
	}
	fclose(file);
	return found;
}

static int compare(const void *a, const void *b)
{
	long long x = *(const long long *)a, y = *(const long long *)b;

	return x < y ? -1 : x > y;
}

static int touch_pages(struct run *run, struct arm *arm)
{
	(void)run;
	for (size_t at = 0; at < arm->region.len_bytes; at += mode_page_bytes(arm->mode))
		*(volatile char *)(arm->region.base + at) = 1;
	return 0;
}

/* As secret-lifecycle does. */
static int use_secrets(struct run *run, struct arm *arm)
{
	for (uint64_t i = 0; i < cell_number(run->cell, "pages"); i++) {
		char secret[SECRET_BYTES] = "secret";
		int err = region_obtain(arm->mode, &arm->region, SECRET_BYTES);

		if (err)
			return run_without(run, arm, err);
		memcpy(arm->region.base, secret, SECRET_BYTES);
		__asm__ volatile("" : : : "memory");
		memcpy(secret, arm->region.base, SECRET_BYTES);
		explicit_bzero(arm->region.base, SECRET_BYTES);
		region_release(arm->mode, &arm->region);
	}
	return 0;
}

static int block(struct run *run, uint64_t index)
{
	struct arm *arm = &run->arm[TREATMENT];
	uint64_t pages = cell_number(run->cell, "pages");
	bool secrets = cell_is(run->cell, "use", "secrets");
	long long call[2][MOST_CPUS], user[2][MOST_CPUS];
	int err = secrets ? 0 :
			    region_obtain(arm->mode, &arm->region,
					  pages * mode_page_bytes(arm->mode));

	if (err)
		return run_without(run, arm, err);
	calls("TLB:", user[0]);
	calls("CAL:", call[0]);
	if (secrets ? use_secrets(run, arm) : touch_pages(run, arm))
		return -1;
	calls("CAL:", call[1]);
	calls("TLB:", user[1]);
	for (unsigned int i = 0; i < watched_count; i++) {
		watched[i].calls[index] = call[1][i] - call[0][i];
		watched[i].user += user[1][i] - user[0][i];
	}
	if (!secrets)
		region_release(arm->mode, &arm->region);
	duty(run);
	return 0;
}

static void report(struct run *run, uint64_t blocks, uint64_t pages)
{
	const struct watched *next = &watched[0];
	char text[24 * MOST_CPUS] = "";

	for (unsigned int i = 0; i < watched_count; i++) {
		qsort(watched[i].calls, blocks, sizeof(*watched[i].calls), compare);
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%u: %.4g",
			 i ? ", " : "", watched[i].cpu,
			 (double)watched[i].calls[blocks / 2] / (double)pages);
	}
	count_add(&run->arm[TREATMENT], (uint64_t)next->calls[blocks / 2], pages);
	run_note(run, "watched_cpu", "%u", next->cpu);
	run_note(run, "flushes_by_cpu", "\"%s\"", text);
	run_note(run, "most_in_a_block", "%lld", next->calls[blocks - 1]);
	run_note(run,
		 cell_is(run->cell, "use", "secrets") ? "user_flushes_per_secret" :
							"user_flushes_per_fault",
		 "%.4f", (double)next->user / (double)(blocks * pages));
}

static int measure(struct run *run)
{
	uint64_t blocks = cell_number(run->cell, "blocks");
	long long *room = calloc(blocks * MOST_CPUS, sizeof(*room));
	int err = 0;

	if (!room)
		return run_failed(run, "no memory for %llu blocks", (unsigned long long)blocks);
	watched_count = allowed_count() - 1 < MOST_CPUS ? allowed_count() - 1 : MOST_CPUS;
	for (unsigned int i = 0; i < watched_count; i++) {
		watched[i].cpu = allowed_after(run->cpu, i + 1);
		watched[i].calls = room + i * blocks;
	}
	for (uint64_t i = 0; i < blocks && !err; i++)
		err = block(run, i);
	if (!err)
		report(run, blocks, cell_number(run->cell, "pages"));
	free(room);
	return err;
}

static const char *refuse(const struct cell *cell, enum arm_id arm)
{
	if (cell->mode[arm]->populated && cell_is(cell, "use", "faults"))
		return "the pages of this mode are there when it is mapped: it has no first touch";
	if (allowed_count() < 2)
		return "no other CPU may be used here, so none can be interrupted";
	if (!calls("CAL:", NULL))
		return "/proc/interrupts has no CAL row: this architecture counts such interrupts "
		       "elsewhere or flushes without them";
	return NULL;
}

static struct need need(const struct cell *cell, const struct mode *mode)
{
	uint64_t pages = cell_number(cell, "pages"), blocks = cell_number(cell, "blocks");
	uint64_t bytes = pages * mode_page_bytes(mode);

	if (!cell_is(cell, "use", "secrets"))
		return (struct need){ bytes, bytes * blocks };
	bytes = mode_region_bytes(mode, SECRET_BYTES);
	return (struct need){ bytes, bytes * pages * blocks };
}

METRIC(flush_count) = {
	.name = "flush-count",
	.about = "function-call interrupts that the next CPU gets per first touch, or per secret: "
		 "flushes of the kernel's own address range (median over blocks, so that others' calls "
		 "drop out); "
		 "those of each other CPU are in the notes",
	.question = "everyone",
	.unit = "1",
	.better = "lower",
	.assume = "exact",
	.needs = NEEDS_CPU | NEEDS_COUNTERS,
	PARAMS(params),
	.refuse = refuse,
	.need = need,
	.run = measure,
};
