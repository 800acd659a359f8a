// SPDX-License-Identifier: MIT
#include "kernel/page_descriptor.h"
#include "kernel/map_level.h"
#include "kernel/bpf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE_BYTES (PAGE_WORDS * sizeof(uint64_t))
#define CHUNK_PAGES (PROGRAM_BYTES / PAGE_BYTES)
/* The array begins on a boundary of 1 GiB, also where it is randomized (arch/x86/mm/kaslr.c). */
#define STEP_BYTES (1ull << 30)
#define STEPS_OF_SLOT 512u		/* of 1 GiB each, that an entry of the highest table maps */
#define KERNEL_SLOTS 256u		/* of those, above the direct map */
#define FRAMES_MOST (1ull << 34)

static uint64_t base;
static uint64_t chunk_first = UINT64_MAX;	/* frame of the chunk at hand */

/* Does a frame's descriptor, were the array at `at`, hold the number of the user's page? */
static bool holds(uint64_t at, const char *page)
{
	uint64_t frame = frame_of(getpid(), page), number = (uintptr_t)page / base_bytes();
	const struct probe *probe;

	if (!frame)
		return false;
	probe = program_read(READ_KERNEL, getpid(), at + frame * PAGE_BYTES, PAGE_BYTES, NULL);
	for (size_t i = 0; probe && i < PAGE_WORDS; i++)
		if (!memcmp(probe->data + i * sizeof(number), &number, sizeof(number)))
			return true;
	return false;
}

/* Both pages have to be found, so that chance does not pass for one. */
static int look_in(uint64_t from, const char *pages)
{
	uint64_t entries[LEVEL_ENTRIES];

	for (uint64_t at = from; at >= from && at - from < STEPS_OF_SLOT * STEP_BYTES;
	     at += STEP_BYTES) {
		uint64_t frame = frame_of(getpid(), pages);

		if (!level_entries(at + frame * PAGE_BYTES, entries) ||
		    !holds(at, pages) || !holds(at, pages + base_bytes()))
			continue;
		base = at;
		return 0;
	}
	return -1;
}

/* From the end of the direct map upwards, an entry of the highest table at a time. */
static int look_for(const char *pages)
{
	const uint64_t slot = STEPS_OF_SLOT * STEP_BYTES;
	uint64_t from = direct_map_alias(0) / slot * slot + slot;

	for (unsigned int i = 0; i < KERNEL_SLOTS && from; i++, from += slot)
		if (!look_in(from, pages))
			return 0;
	errno = ENXIO;
	return -1;
}

int page_find(void)
{
	static int err = -1;
	const size_t bytes = 2 * base_bytes();
	char *pages;

	if (err >= 0) {
		errno = err;
		return err ? -1 : 0;
	}
	err = level_find() ? errno : 0;
	pages = err ? MAP_FAILED : mmap(NULL, bytes, PROT_READ | PROT_WRITE,
					MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (pages == MAP_FAILED) {
		err = err ? err : errno;
		return -1;
	}
	madvise(pages, bytes, MADV_NOHUGEPAGE);
	pages[0] = pages[base_bytes()] = 1;
	err = look_for(pages) ? errno : 0;
	munmap(pages, bytes);
	errno = err;
	return err ? -1 : 0;
}

void page_forget(void)
{
	chunk_first = UINT64_MAX;
}

const uint64_t *page_words(uint64_t frame)
{
	static uint64_t words[CHUNK_PAGES * PAGE_WORDS];
	uint64_t chunk = frame / CHUNK_PAGES * CHUNK_PAGES;
	const struct probe *probe;

	if (page_find())
		return NULL;
	if (chunk != chunk_first) {
		probe = program_read(READ_KERNEL, getpid(), base + chunk * PAGE_BYTES,
				     sizeof(words), NULL);
		chunk_first = probe ? chunk : UINT64_MAX;
		if (!probe)
			return NULL;
		memcpy(words, probe->data, sizeof(words));
	}
	return words + frame % CHUNK_PAGES * PAGE_WORDS;
}

uint64_t page_frame(uint64_t address)
{
	uint64_t frame = (address - base) / PAGE_BYTES;

	return address >= base && frame < FRAMES_MOST ? frame : UINT64_MAX;
}
