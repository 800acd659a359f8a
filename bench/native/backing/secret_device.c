// SPDX-License-Identifier: MIT
#include "backing/secret_device.h"
#include "measure/arch.h"
#include "measure/chase.h"
#include "memory/mode.h"
#include "memory/page.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define PRESENT 1ull
#define CONTROL_LOADS 1000u
#define CONTROL_GOES 5

/*
 * Seen: 0.46 ns for a hit in the first cache beside 46 ns for a load of a flushed line (AMD
 * guest), 1.5 ns beside 140 ns (Intel guest, README). A fifth of that is not a cache's doing.
 */
#define LEAST_RATIO 20.0

static bool believed;

static int map_device(struct region *region, int secret, unsigned long mode)
{
	int fd = open("/dev/secretmem", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	return region_map_prepared(region, fd,
				   !ftruncate(secret, (off_t)region->len_bytes) &&
					   !ioctl(fd, mode, secret));
}

/* The memfd is closed: what is mapped through it would be cached. */
int secret_device_map(struct region *region, unsigned long mode)
{
	int secret = secret_open(), err;

	if (secret < 0)
		return -errno;
	err = map_device(region, secret, mode);
	close(secret);
	return err;
}

/*
 * Bits PAT (7), PCD (4) and PWT (3) choose among eight types: Intel SDM vol. 3A,
 * "Selecting a Memory Type from the PAT", with the PAT as Linux programs it
 * (arch/x86/mm/pat/memtype.c).
 */
static const char *memory_type(uint64_t pte)
{
	static const char *const types[] = { "WB", "WC", "UC-", "UC", "WB", "WP", "UC-", "WT" };

	return types[(pte >> 7 & 1) << 2 | (pte >> 3 & 3)];
}

int secret_device_look(const struct region *region, size_t at, size_t bytes, const char *type,
		       struct device_pages *seen)
{
	for (size_t end = at + bytes; at < end && at < region->len_bytes; at += base_bytes()) {
		struct secretmem_probe probe = { .addr = (uintptr_t)region->base + at };

		if (ioctl(region->fd, MFD_SECRET_PROBE, &probe))
			return -errno;
		seen->pages++;
		seen->typed += !strcmp(memory_type(probe.pte), type);
		seen->absent += !(probe.direct_map & PRESENT);
		seen->unread += probe.nofault < 0;
	}
	return 0;
}

const char *secret_device_wrong(const struct region *region, size_t at, size_t bytes,
				const char *type)
{
	static char why[200];
	struct device_pages seen = { 0 };
	int err = secret_device_look(region, at, bytes, type, &seen);

	if (err) {
		snprintf(why, sizeof(why), "its pages cannot be probed: %s", strerror(-err));
		return why;
	}
	if (seen.typed == seen.pages && seen.absent == seen.pages && seen.unread == seen.pages)
		return NULL;
	snprintf(why, sizeof(why),
		 "of %zu pages %zu are mapped %s, %zu are absent from the direct map "
		 "and %zu cannot be read there: it would not be what its name says",
		 seen.pages, seen.typed, type, seen.absent, seen.unread);
	return why;
}

const char *secret_device_page_wrong(const struct mode *mode, const char *type)
{
	struct region region;
	const char *why;

	if (region_obtain(mode, &region, base_bytes()))
		return "cannot obtain one page to look at";
	*(volatile char *)region.base = 0;
	why = secret_device_wrong(&region, 0, base_bytes(), type);
	region_release(mode, &region);
	return why;
}

/* Ticks of one load of a line that holds its own address: the least of several goes. */
static double hot_load_ticks(char *line)
{
	uint64_t least = UINT64_MAX;

	*(void **)line = line;
	for (int i = 0; i < CONTROL_GOES; i++) {
		uint64_t start = arch_counter(), ticks;

		chase_follow(line, CONTROL_LOADS);
		ticks = arch_counter() - start;
		least = ticks < least ? ticks : least;
	}
	return (double)least / CONTROL_LOADS;
}

static double hot_mode_ticks(const char *name)
{
	const struct mode *mode = mode_find(name);
	struct region region;
	double ticks;

	if (region_obtain(mode, &region, base_bytes()))
		return 0;
	ticks = hot_load_ticks(region.base);
	region_release(mode, &region);
	return ticks;
}

void secret_device_believe(void)
{
	believed = true;
}

const char *secret_device_latency_wrong(double *ratio)
{
	static char why[200];
	double cached;

	if (believed)
		return NULL;
	cached = hot_mode_ticks("secret-wrapped");

	*ratio = cached > 0 ? hot_mode_ticks("secret-uncached") / cached : 0;
	if (*ratio >= LEAST_RATIO)
		return NULL;
	snprintf(
		why, sizeof(why),
		"memory type not honoured here (hypervisor?): a load of one hot "
		"line takes %.1f times what it takes in cached memory, and memory would take over %.0f "
		"times; see METHODOLOGY.md, UNCACHED",
		*ratio, LEAST_RATIO);
	return why;
}
