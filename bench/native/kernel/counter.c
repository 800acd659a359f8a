// SPDX-License-Identifier: MIT
/* Counters of the kernel's memory. Those of the direct map are x86's; elsewhere they read -1. */
#include "kernel/counter.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static long long find(const char *text, const char *name)
{
	const char *at = text;
	size_t len = strlen(name);

	while ((at = strstr(at, name))) {
		if (at == text || at[-1] == '\n')
			return strtoll(at + len, NULL, 10);
		at += len;
	}
	return -1;
}

static void slurp(int fd, char *text, size_t room)
{
	size_t done = 0;

	while (done + 1 < room) {
		ssize_t got = pread(fd, text + done, room - 1 - done, (off_t)done);

		if (got <= 0)
			break;
		done += (size_t)got;
	}
	text[done] = '\0';
}

int splits_open(void)
{
	return open("/proc/vmstat", O_RDONLY | O_CLOEXEC);
}

/* Names since 575299ea18a8 ("x86/mm: Tracking linear mapping split events"), Linux 5.13. */
void splits_read(int fd, long long splits[2])
{
	char text[16384];

	slurp(fd, text, sizeof(text));
	splits[0] = find(text, "direct_map_level2_splits");
	splits[1] = find(text, "direct_map_level3_splits");
}

static void meminfo_read(char *text, size_t room)
{
	int fd = open("/proc/meminfo", O_RDONLY | O_CLOEXEC);

	text[0] = '\0';
	if (fd < 0)
		return;
	slurp(fd, text, room);
	close(fd);
}

void huge_pool_read(struct huge_pool *pool)
{
	char text[16384];

	meminfo_read(text, sizeof(text));
	pool->pages = find(text, "HugePages_Total:");
	pool->unused = find(text, "HugePages_Free:") - find(text, "HugePages_Rsvd:");
}

struct counters counters_read(void)
{
	static const char *const names[] = { "DirectMap4k:", "DirectMap2M:", "DirectMap1G:" };
	struct counters counters = { { -1, -1, -1 }, { -1, -1 } };
	int vmstat = splits_open();
	char text[16384];

	meminfo_read(text, sizeof(text));
	for (int i = 0; i < 3; i++)
		counters.direct_map_kb[i] = find(text, names[i]);
	if (vmstat >= 0) {
		splits_read(vmstat, counters.splits);
		close(vmstat);
	}
	return counters;
}
