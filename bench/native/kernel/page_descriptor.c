// SPDX-License-Identifier: MIT
#include "kernel/page_descriptor.h"
#include "kernel/bpf.h"
#include "kernel/direct_map.h"
#include "kernel/map_level.h"
#include "measure/realtime.h"
#include "memory/frame.h"
#include "memory/page.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define DESCRIPTOR_BYTES (DESCRIPTOR_WORDS * sizeof(uint64_t))
#define CHUNK_DESCRIPTORS (BPF_READ_BYTES / DESCRIPTOR_BYTES)
/* The array begins on a boundary of 1 GiB, also where it is randomized (arch/x86/mm/kaslr.c). */
#define STEP_BYTES (1ull << 30)
#define STEPS_OF_SLOT 512u		/* of 1 GiB each, that an entry of the highest table maps */
#define KERNEL_SLOTS 256u		/* of those, above the direct map */
#define FRAMES_MOST (1ull << 34)

static uint64_t base;
static uint64_t chunk_first = UINT64_MAX; /* frame of the chunk at hand */

/* Does a frame's descriptor, were the array at `at`, hold the number of the user's page? */
static bool holds(uint64_t at, const char *page)
{
	uint64_t frame = frame_of(getpid(), page), number = (uintptr_t)page / base_bytes();
	const struct bpf_reading *reading;

	if (!frame)
		return false;
	reading = bpf_read_kernel(at + frame * DESCRIPTOR_BYTES, DESCRIPTOR_BYTES);
	for (size_t i = 0; reading && i < DESCRIPTOR_WORDS; i++)
		if (!memcmp(reading->data + i * sizeof(number), &number, sizeof(number)))
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

		duty(NULL);
		if (!level_entries(at + frame * DESCRIPTOR_BYTES, entries) || !holds(at, pages) ||
		    !holds(at, pages + base_bytes()))
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

int page_descriptor_find(void)
{
	static int err = -1;
	const size_t bytes = 2 * base_bytes();
	char *pages;

	if (err >= 0) {
		errno = err;
		return err ? -1 : 0;
	}
	err = level_find() ? errno : 0;
	pages = err ? MAP_FAILED :
		      mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
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

void page_descriptor_forget(void)
{
	chunk_first = UINT64_MAX;
}

const uint64_t *page_descriptor_words(uint64_t frame)
{
	static uint64_t words[CHUNK_DESCRIPTORS * DESCRIPTOR_WORDS];
	uint64_t chunk = frame / CHUNK_DESCRIPTORS * CHUNK_DESCRIPTORS;
	const struct bpf_reading *reading;

	if (page_descriptor_find())
		return NULL;
	if (chunk != chunk_first) {
		reading = bpf_read_kernel(base + chunk * DESCRIPTOR_BYTES, sizeof(words));
		chunk_first = reading ? chunk : UINT64_MAX;
		if (!reading)
			return NULL;
		memcpy(words, reading->data, sizeof(words));
	}
	return words + frame % CHUNK_DESCRIPTORS * DESCRIPTOR_WORDS;
}

uint64_t page_descriptor_frame(uint64_t address)
{
	uint64_t frame = (address - base) / DESCRIPTOR_BYTES;

	return address >= base && frame < FRAMES_MOST ? frame : UINT64_MAX;
}
