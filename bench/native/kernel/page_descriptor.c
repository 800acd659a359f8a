// SPDX-License-Identifier: MIT
#include "kernel/page_descriptor.h"
#include "kernel/bpf.h"
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

/*
 * The array begins on a boundary of 1 GiB, also where it is randomized (arch/x86/mm/kaslr.c). Both
 * pages have to be found, so that chance does not pass for one.
 */
static bool try_entry(void *pages, const struct level_entry *entry)
{
	duty(NULL);
	if (base || entry->level > LEVEL_1G)
		return !base;
	if (entry->level == LEVEL_1G && holds(entry->address, pages) &&
	    holds(entry->address, (const char *)pages + base_bytes()))
		base = entry->address;
	return false;
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
	err = level_walk(try_entry, pages) ? errno : base ? 0 : ENXIO;
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
