// SPDX-License-Identifier: MIT
#include "kernel/vmalloc.h"
#include "kernel/map_level.h"
#include "kernel/restore.h"
#include "kernel/setting.h"
#include "measure/realtime.h"
#include "memory/array.h"
#include "memory/page.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RESTRICT "/proc/sys/kernel/kptr_restrict"

/* kernel/fork.c, under the names that compilers leave of it, and the interrupts' stacks. */
static const char *const stack_makers[] = {
	"dup_task_struct+",
	"alloc_thread_stack_node+",
	"copy_process+",
	"kernel_clone+",
	"fork_idle+",
	"create_io_thread+",
	"irq_init_percpu_irqstack+",
};

/*
 * Raised by us from 0 to 1. Whoever puts it back should this run be killed meanwhile is told first,
 * and once: it writes only where the value is still ours.
 */
static bool raise_restrict(void)
{
	static bool told;
	char now[8];

	if (setting_read(RESTRICT, now, sizeof(now)) || strcmp(now, "0") != 0)
		return false;
	if (told)
		return !setting_write(RESTRICT, "1");
	told = true;
	return !restore_change(RESTRICT, "0", "1");
}

static void add(struct vmalloc *vmalloc, uint64_t frame, bool stack)
{
	GROW(vmalloc->frames, vmalloc->count, vmalloc->room);
	vmalloc->frames[vmalloc->count++] = (struct vmalloc_frame){ frame, stack };
}

static void add_area(struct vmalloc *vmalloc, uint64_t start, uint64_t end, bool stack)
{
	uint64_t entries[LEVEL_ENTRIES], block = UINT64_MAX;
	enum level level = LEVEL_UNKNOWN;

	for (uint64_t at = start; at < end; at += base_bytes()) {
		uint64_t slot = at / base_bytes() % LEVEL_ENTRIES;

		if (at / huge_bytes() != block)
			level = level_entries(at, entries);
		block = at / huge_bytes();
		if (level == LEVEL_2M)
			add(vmalloc, entry_frame(entries[0]) / LEVEL_ENTRIES * LEVEL_ENTRIES + slot,
			    stack);
		else if (level == LEVEL_4K && entry_present(entries[slot]))
			add(vmalloc, entry_frame(entries[slot]), stack);
	}
}

static bool is_stack(const char *line)
{
	for (size_t i = 0; i < COUNT(stack_makers); i++)
		if (strstr(line, stack_makers[i]))
			return true;
	return false;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = ((const struct vmalloc_frame *)a)->frame;
	uint64_t y = ((const struct vmalloc_frame *)b)->frame;

	return x < y ? -1 : x > y;
}

/* Areas of devices (ioremap) are no memory; those being given back ("unpurged") name nobody. */
static bool is_memory(const char *line)
{
	return strstr(line, " vmalloc") || is_stack(line) || strstr(line, "pcpu_") ||
	       strstr(line, " vmap");
}

static size_t read_areas(struct vmalloc *vmalloc)
{
	FILE *file = fopen("/proc/vmallocinfo", "re");
	unsigned long long start, end;
	char line[512];
	size_t areas = 0;

	while (file && fgets(line, sizeof(line), file)) {
		/* Hashed addresses begin with zeros. */
		if (sscanf(line, "0x%llx-0x%llx", &start, &end) != 2 || start >> 63 == 0 ||
		    end <= start)
			continue;
		areas++;
		if (is_memory(line))
			add_area(vmalloc, start, end, is_stack(line));
		duty(NULL);
	}
	if (file)
		fclose(file);
	return areas;
}

/*
 * With kptr_restrict 0 addresses are hashed for everybody, with 1 root sees them
 * (ad67b74d2469, "printk: hash addresses printed with %p", Linux 4.15): it is raised while the
 * file is read.
 */
int vmalloc_read(struct vmalloc *vmalloc)
{
	bool raised = raise_restrict();
	size_t areas = read_areas(vmalloc);

	if (raised)
		setting_write(RESTRICT, "0");
	if (vmalloc->count)
		qsort(vmalloc->frames, vmalloc->count, sizeof(*vmalloc->frames), compare);
	errno = EPERM;
	return areas ? 0 : -1;
}

const struct vmalloc_frame *vmalloc_find(const struct vmalloc *vmalloc, uint64_t frame)
{
	const struct vmalloc_frame key = { .frame = frame };

	return vmalloc->count ?
		       bsearch(&key, vmalloc->frames, vmalloc->count, sizeof(key), compare) :
		       NULL;
}

void vmalloc_release(struct vmalloc *vmalloc)
{
	free(vmalloc->frames);
	*vmalloc = (struct vmalloc){ .frames = NULL };
}
