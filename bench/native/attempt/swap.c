// SPDX-License-Identifier: MIT
#include "attempt/swap.h"
#include "attempt/attempt.h"
#include "attempt/marker.h"
#include "kernel/restore.h"
#include "kernel/setting.h"
#include "measure/metric.h"
#include "memory/cause.h"
#include "memory/page.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/swap.h>
#include <unistd.h>

#define CONTROL_PATH "/sys/class/zram-control/"
#define SWAP_BYTES (4u << 20)
#define FIRST_OF_ALL 32767

static char device[32];

const char *swap_refuse(const struct cell *cell, enum arm_id arm)
{
	(void)cell;
	(void)arm;
	if (access(CONTROL_PATH "hot_add", R_OK))
		return "not tried: no swap of one's own can be made: " MAY_SWAP;
	return NULL;
}

/* Documentation of mkswap(8): the last ten bytes of the first page say that it is swap. */
static int write_header(void)
{
	size_t page_bytes = base_bytes();
	char *header = pages_zeroed(page_bytes);
	int fd = open(device, O_WRONLY | O_CLOEXEC), failed;
	uint32_t *fields = (uint32_t *)(header + 1024);

	if (fd < 0 || !header) {
		free(header);
		return -1;
	}
	fields[0] = 1;					     /* version */
	fields[1] = (uint32_t)(SWAP_BYTES / page_bytes) - 1; /* last page */
	memcpy(header + page_bytes - 10, "SWAPSPACE2", 10);
	failed = write(fd, header, page_bytes) != (ssize_t)page_bytes || fsync(fd);
	close(fd);
	free(header);
	return failed ? -1 : 0;
}

int swap_make(void)
{
	char number[16], path[64], size[24];

	if (device[0])
		return 0;
	/* Reading it makes a device and tells its number. */
	if (restore_make(CONTROL_PATH "hot_add", CONTROL_PATH "hot_remove", number, sizeof(number)))
		return -1;
	snprintf(device, sizeof(device), "/dev/zram%s", number);
	snprintf(path, sizeof(path), "/sys/block/zram%s/reset", number);
	snprintf(size, sizeof(size), "%u", SWAP_BYTES);
	if (restore_write(path, "1"))
		return -1;
	snprintf(path, sizeof(path), "/sys/block/zram%s/disksize", number);
	if (setting_write(path, size) || write_header() || restore_swapoff(device))
		return -1;
	return swapon(device, SWAP_FLAG_PREFER | FIRST_OF_ALL);
}

enum outcome swap_not_made(struct attempt *a)
{
	return not_tried(a, "not tried: a swap of one's own: %s; %s" MAY_SWAP, strerror(errno),
			 errno == EPERM ? cause_filter() : "");
}

enum outcome swap_search(struct attempt *a, const char *how)
{
	int fd = open(device, O_RDONLY | O_DIRECT | O_CLOEXEC);
	char *copy = pages_zeroed(SWAP_BYTES);
	enum outcome outcome = CLOSED;
	size_t found;

	if (fd < 0 || !copy || read(fd, copy, SWAP_BYTES) != SWAP_BYTES) {
		outcome = nothing_by(a, "read of the swap device");
	} else {
		outcome = found_in(a, copy, SWAP_BYTES);
		found = marker_found(&a->marker, copy, SWAP_BYTES);
		if (found || outcome == CLOSED)
			snprintf(
				a->evidence, sizeof(a->evidence),
				"%s; %zu of %u bytes of the marker on the swap device (%u bytes read)",
				how, found, MARKER_BYTES, SWAP_BYTES);
	}
	if (fd >= 0)
		close(fd);
	free(copy);
	return outcome;
}
