// SPDX-License-Identifier: MIT
#include "attempt/frame_copy.h"
#include "attempt/way.h"
#include "memory/page.h"

#include <elf.h>
#include <errno.h>
#include <unistd.h>

#define PATH "/proc/kcore"
#define MOST_SEGMENTS 4096

/* Where in the file a physical address lies: -1 if in no segment of memory. */
static off_t file_offset(int fd, uint64_t physical)
{
	Elf64_Ehdr head;

	if (pread(fd, &head, sizeof(head), 0) != sizeof(head))
		return -1;
	for (int i = 0; i < head.e_phnum && i < MOST_SEGMENTS; i++) {
		Elf64_Phdr segment;

		if (pread(fd, &segment, sizeof(segment),
			  (off_t)(head.e_phoff + (uint64_t)i * sizeof(segment))) != sizeof(segment))
			return -1;
		/* Others have -1 there, and those of no memory 0. */
		if (segment.p_type == PT_LOAD && segment.p_paddr && physical >= segment.p_paddr &&
		    physical < segment.p_paddr + segment.p_memsz)
			return (off_t)(segment.p_offset + physical - segment.p_paddr);
	}
	errno = ENXIO;
	return -1;
}

static bool get(int fd, uint64_t frame, char *page)
{
	off_t offset = file_offset(fd, frame * base_bytes());

	return offset >= 0 && pread(fd, page, base_bytes(), offset) > 0;
}

static ssize_t take(struct attempt *a, char *copy, size_t len_bytes)
{
	return frame_copy(a, copy, len_bytes, PATH, get);
}

static const char *refuse(const struct cell *cell, enum arm_id arm)
{
	(void)cell;
	(void)arm;
	return access(PATH, R_OK) ? "not tried: " PATH
				    " is not there or not to be read: needs root, "
				    "CONFIG_PROC_KCORE and no lockdown" :
				    NULL;
}

WAY(kcore, "kcore", DIRECT_MAP,
    "root reads the machine's memory as a core file (/proc/kcore), through the kernel's own mapping "
    "of all memory",
    .read = take, .call = "read of " PATH, .needs = NEEDS_FRAMES, .refuse = refuse);
