// SPDX-License-Identifier: MIT
/* What the page tables say of 23 pages, and what the kernel gets that reads their alias. */
#include "check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGES 23u
#define FRAME(entry) ((entry) >> 12 & 0xffffffffffull)

/*
 * An entry without the present bit holds its frame number inverted: 6b28baca9b1f
 * ("x86/speculation/l1tf: Protect PROT_NONE PTEs against speculation"), Linux 4.19.
 */
static bool same_frame(unsigned long long pte, unsigned long long direct_map)
{
	return FRAME(pte) == FRAME(direct_map) || FRAME(pte) == FRAME(~direct_map);
}

static void look(const char *name, const char *type, int fd, const char *memory)
{
	unsigned int typed = 0, own = 0, absent = 0, unread = 0;
	char text[64];

	for (size_t i = 0; i < PAGES; i++) {
		struct secretmem_probe seen = probe(fd, memory + i * PAGE);

		typed += !strcmp(memory_type(seen.pte), type);
		own += seen.direct_map_level == 1 && same_frame(seen.pte, seen.direct_map);
		absent += !(seen.direct_map & 1);
		unread += seen.nofault == -EFAULT;
	}
	snprintf(text, sizeof(text), "%s-pages-are-%s", name, type);
	check(typed == PAGES, text, "%u of %u", typed, PAGES);
	snprintf(text, sizeof(text), "%s-has-entries-of-its-own-in-the-direct-map", name);
	check(own == PAGES, text, "%u of %u", own, PAGES);
	snprintf(text, sizeof(text), "%s-is-absent-from-the-direct-map", name);
	check(absent == PAGES, text, "%u of %u", absent, PAGES);
	snprintf(text, sizeof(text), "%s-alias-is-not-read-by-the-kernel", name);
	check(unread == PAGES, text, "%u of %u", unread, PAGES);
}

static void touch(char *memory)
{
	for (size_t i = 0; i < PAGES; i++)
		memory[i * PAGE] = (char)i;
}

/* The memory type must last through what changes a mapping. */
static void lasting(void)
{
	char *memory, *second, *moved;
	int fd;

	memory = wrapped(MFD_SECRET_UNCACHED, PAGES * PAGE, &fd);
	mprotect(memory, PAGES * PAGE, PROT_READ);
	mprotect(memory, PAGES * PAGE, PROT_READ | PROT_WRITE);
	touch(memory);
	look("uncached-reprotected", "UC-", fd, memory);
	mprotect(memory, PAGES * PAGE, PROT_READ);
	look("uncached-read-only", "UC-", fd, memory);
	second = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	touch(second);
	look("uncached-mapped-twice", "UC-", fd, second);
	munmap(second + PAGE, PAGE);
	second = mmap(second + PAGE, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd,
		      PAGE) -
		 PAGE;
	touch(second);
	look("uncached-mapped-in-parts", "UC-", fd, second);
	munmap(second, PAGES * PAGE);
	mprotect(memory, PAGES * PAGE, PROT_READ | PROT_WRITE);
	moved = mmap(NULL, PAGES * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	moved = mremap(memory, PAGES * PAGE, PAGES * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, moved);
	touch(moved);
	look("uncached-moved", "UC-", fd, moved);
	munmap(moved, PAGES * PAGE);
	close(fd);
}

void page_tables(void)
{
	char *memory;
	int fd;

	memory = wrapped(MFD_SECRET_EXCLUSIVE, PAGES * PAGE, &fd);
	touch(memory);
	look("exclusive", "WB", fd, memory);
	munmap(memory, PAGES * PAGE);
	close(fd);
	memory = wrapped(MFD_SECRET_UNCACHED, PAGES * PAGE, &fd);
	touch(memory);
	look("uncached", "UC-", fd, memory);
	munmap(memory, PAGES * PAGE);
	close(fd);
	lasting();
}
