// SPDX-License-Identifier: MIT
/*
 * `core touch`: a workload that is known beforehand, for probes. It says where its
 * region lies, waits for a line on stdin, so that a probe can be told, touches each
 * page once and says what each touch took.
 */
#include "measure/arch.h"
#include "measure/exit_code.h"
#include "measure/realtime.h"
#include "measure/run.h"
#include "measure/timer.h"
#include "memory/available.h"
#include "memory/cause.h"
#include "memory/mode.h"
#include "verb/digits.h"
#include "verb/verb.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#define MOST_PAGES 65536u
#define REST_PAGES 4096u	/* touched between two looks at the duty */

static void touch(const struct region *region, size_t page_bytes, uint64_t *ticks)
{
	for (size_t at = 0; at < region->len_bytes; at += page_bytes) {
		uint64_t start = arch_counter();

		*(volatile char *)(region->base + at) = 1;
		ticks[at / page_bytes] = arch_counter() - start;
		if (at / page_bytes % REST_PAGES == REST_PAGES - 1)
			duty(NULL);
	}
}

static int touch_when_told(const struct region *region, size_t page_bytes, uint64_t *ticks,
			   unsigned int cpu)
{
	size_t pages = region->len_bytes / page_bytes;
	double ticks_per_s = ticks_per_ns() * 1e9, reading_ticks = timer_cost_ticks();
	double step_ticks = timer_step_ticks() ? (double)timer_step_ticks() : 1;
	struct rusage before, after;

	printf("{\"line\": \"region\", \"pid\": %d, \"base\": %llu, \"len_bytes\": %zu, "
	       "\"scheduler\": \"%s\", \"cpu\": %u}\n",
	       getpid(), (unsigned long long)(uintptr_t)region->base, region->len_bytes,
	       realtime_scheduler(), cpu);
	fflush(stdout);
	if (getchar() != '\n') {
		fprintf(stderr,
			"core: touch: nobody said when: write an empty line to its stdin\n");
		return EXIT_FAILED;
	}
	getrusage(RUSAGE_SELF, &before);
	touch(region, page_bytes, ticks);
	getrusage(RUSAGE_SELF, &after);
	printf("{\"line\": \"touched\", \"faults\": %ld, \"values\": [",
	       after.ru_minflt - before.ru_minflt);
	for (size_t i = 0; i < pages; i++) {
		printf("%s", i ? "," : "");
		print_measured(fmax((double)ticks[i] - reading_ticks, 1) / ticks_per_s,
			       step_ticks / ticks_per_s);
	}
	printf("]}\n");
	return fflush(stdout) ? EXIT_FAILED : 0;
}

/* A first region is touched and released, so that the host has backed what the second gets. */
static int with_region(const struct mode *mode, size_t pages, uint64_t *ticks, unsigned int cpu)
{
	size_t page_bytes = mode_page_bytes(mode);
	struct region region;
	int err;

	for (int last = 0; last < 2; last++) {
		err = region_obtain(mode, &region, pages * page_bytes);
		if (err) {
			fprintf(stderr, "core: touch: %s\n", cause_mode(mode, -err));
			return cause_lasts(mode, -err) ? EXIT_UNSUPPORTED : EXIT_FAILED;
		}
		if (last)
			err = touch_when_told(&region, page_bytes, ticks, cpu);
		else
			touch(&region, page_bytes, ticks);
		region_release(mode, &region);
	}
	return err;
}

/* 0 for what is no whole number. */
static unsigned long whole(const char *text)
{
	char *end;
	unsigned long number = strtoul(text, &end, 10);

	return *text >= '0' && *text <= '9' && !*end ? number : 0;
}

/* Why it cannot be done here, in words; NULL when it can. */
static const char *refused(const struct mode *mode, unsigned long pages)
{
	uint64_t bytes = pages * mode_page_bytes(mode), available = available_bytes();
	static char why[200];

	if (mode->populated)
		return "the pages of this mode are there when it is mapped: it has no first touch";
	if (mode->vault)
		return "this mode keeps single secrets and is no memory by the page";
	if (bytes < available)
		return mode_unsupported(mode);
	snprintf(why, sizeof(why), "takes %llu MiB of memory, and %llu MiB are available",
		 (unsigned long long)(bytes >> 20), (unsigned long long)(available >> 20));
	return why;
}

int verb_touch(int argc, char **argv)
{
	const struct mode *mode = argc == 2 ? mode_find(argv[0]) : NULL;
	unsigned long pages = argc == 2 ? whole(argv[1]) : 0;
	struct run run = { .cell = NULL };
	const char *why;
	uint64_t *ticks;
	int err;

	if (!mode || !pages || pages > MOST_PAGES) {
		fprintf(stderr, "core: touch MODE PAGES: a mode of core list, 1 to %u pages\n",
			MOST_PAGES);
		return EXIT_USAGE;
	}
	why = refused(mode, pages);
	if (why) {
		fprintf(stderr, "%s\n", why);
		return EXIT_UNSUPPORTED;
	}
	ticks = calloc(pages, sizeof(*ticks));
	if (!ticks)
		return EXIT_FAILED;
	/* Without a CPU named it does not fail. */
	realtime_start(&run, -1, true);
	err = with_region(mode, pages, ticks, run.cpu);
	free(ticks);
	return err;
}
