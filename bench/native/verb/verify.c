// SPDX-License-Identifier: MIT
/* `core verify`: the core checks itself against what is known beforehand. */
#include "backing/secret_device.h"
#include "kernel/bpf.h"
#include "kernel/counter.h"
#include "kernel/map_level.h"
#include "measure/arch.h"
#include "measure/chase.h"
#include "measure/exit_code.h"
#include "measure/placement.h"
#include "measure/run.h"
#include "measure/timer.h"
#include "memory/array.h"
#include "memory/cause.h"
#include "memory/frame.h"
#include "memory/mode.h"
#include "memory/page.h"
#include "verb/json.h"
#include "verb/verb.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define COUNT_SLACK_KB 65536	/* others split meanwhile */

static int failures;
static bool as_json;

static void print_check(const char *state, const char *name, const char *detail)
{
	if (!as_json) {
		printf("%s %s: %s\n", state, name, detail);
		return;
	}
	printf("{\"check\": ");
	json_string(name);
	printf(", \"state\": \"%s\", \"detail\": ", strcmp(state, "FAILED") ? state : "failed");
	json_string(detail);
	printf("}\n");
}

static void check(bool ok, const char *name, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static void skip(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void check(bool ok, const char *name, const char *format, ...)
{
	char detail[500];
	va_list args;

	va_start(args, format);
	vsnprintf(detail, sizeof(detail), format, args);
	va_end(args);
	print_check(ok ? "ok" : "FAILED", name, detail);
	failures += !ok;
}

static void skip(const char *name, const char *format, ...)
{
	char detail[500];
	va_list args;

	va_start(args, format);
	vsnprintf(detail, sizeof(detail), format, args);
	va_end(args);
	print_check("skip", name, detail);
}

/* Steps until the chase is back at its start; 0 if it leaves the region or takes too long. */
static size_t cycle_length(char *base, size_t lines)
{
	char *at = base;

	for (size_t steps = 1; steps <= lines; steps++) {
		at = *(char **)at;
		if (at < base || at >= base + lines * LINE_BYTES)
			return 0;
		if (at == base)
			return steps;
	}
	return 0;
}

static size_t page_changes(char *base, size_t lines)
{
	size_t changes = 0;
	char *at = base;

	for (size_t i = 0; i < lines; i++) {
		char *next = *(char **)at;

		changes += (at - base) / 4096 != (next - base) / 4096;
		at = next;
	}
	return changes;
}

static void verify_chase(void)
{
	static const char *const orders[] = { "line-random", "page-random", "page-local" };
	const size_t len_bytes = 1u << 20, lines = len_bytes / LINE_BYTES;
	char *base = aligned_alloc(4096, len_bytes);

	if (!base)
		abort();
	for (size_t i = 0; i < COUNT(orders); i++) {
		int err = chase_build(base, len_bytes, orders[i], 42 + i);
		size_t steps = err ? 0 : cycle_length(base, lines);
		size_t changes = steps ? page_changes(base, lines) : 0;
		bool order_ok = i == 0 ? changes < lines : changes == (i == 1 ? lines : lines / 64);

		check(steps == lines, "chase-is-one-cycle", "%s visits %zu of %zu lines", orders[i],
		      steps, lines);
		check(order_ok, "chase-order", "%s changes page at %zu of %zu steps", orders[i],
		      changes, lines);
	}
	free(base);
}

/* Every page once, and every offset within a page as often as every other. */
static void verify_spread(void)
{
	const size_t page_bytes = base_bytes(), page_lines = page_bytes / LINE_BYTES;
	const size_t pages = 4 * page_lines;
	char *base = aligned_alloc(page_bytes, pages * page_bytes), *at = base;
	size_t *offsets = calloc(page_lines, sizeof(*offsets)), steps = 0, uneven = 0;
	bool *seen = calloc(pages, sizeof(*seen));

	if (!base || !offsets || !seen || chase_build_spread(base, pages, 42))
		abort();
	while (!seen[(size_t)(at - base) / page_bytes] && steps < pages) {
		seen[(size_t)(at - base) / page_bytes] = true;
		offsets[(size_t)(at - base) % page_bytes / LINE_BYTES]++;
		at = *(char **)at;
		steps++;
	}
	for (size_t i = 0; i < page_lines; i++)
		uneven += offsets[i] != pages / page_lines;
	check(steps == pages && at == base, "spread-is-one-cycle", "%zu of %zu pages", steps,
	      pages);
	check(!uneven, "spread-fills-all-sets", "%zu of %zu offsets are not used evenly", uneven,
	      page_lines);
	free(seen);
	free(offsets);
	free(base);
}

static void verify_timer(void)
{
	uint64_t last = arch_counter(), backwards = 0;

	for (int i = 0; i < 1000000; i++) {
		uint64_t now = arch_counter();

		backwards += now < last;
		last = now;
	}
	check(!backwards, "timer-is-monotonic", "%llu steps back in 1000000 readings of %s",
	      (unsigned long long)backwards, ARCH_TIMER);
	check(timer_cost_s() > 0 && timer_cost_s() < 1e-6, "timer-cost-is-known",
	      "%.1f ns per reading, resolution %.2f ns", timer_cost_s() * 1e9,
	      timer_resolution_s() * 1e9);
	check(timer_step_ticks() > 0 && timer_step_s() < 1e-6, "timer-step-is-known",
	      "readings move by %.2f ns, %llu ticks", timer_step_s() * 1e9,
	      (unsigned long long)timer_step_ticks());
}

/* Kept from the sanitizers, whose own shadow pages would be counted as faults. */
__attribute__((no_sanitize("address", "undefined"))) static void touch(char *base, size_t pages,
								       size_t page_bytes)
{
	for (size_t i = 0; i < pages; i++)
		*(volatile char *)(base + i * page_bytes) = 0;
}

/* What is written is there again after the memory was closed and opened. */
static void verify_keeping(const struct mode *mode)
{
	char secret[SECRET_BYTES];
	struct region region;
	bool same = false;

	memset(secret, 0x5a, sizeof(secret));
	if (!region_obtain(mode, &region, sizeof(secret))) {
		memcpy(region.base, secret, sizeof(secret));
		if (!region_close(mode, &region) && !region_open(mode, &region))
			same = !memcmp(region.base, secret, sizeof(secret));
		region_release(mode, &region);
	}
	check(same, "secret-is-kept", "%s: closed and opened", mode->name);
}

/* Touch 23 pages: the kernel must count 23 faults, and each page must read as zero first. */
static void verify_mode(const struct mode *mode)
{
	const size_t page_bytes = mode_page_bytes(mode), pages = mode->huge ? 2 : 23;
	struct rusage before, after;
	struct region region;
	size_t dirty = 0;
	long faults;

	if (mode_unsupported(mode)) {
		skip("mode", "%s", mode_unsupported(mode));
		return;
	}
	verify_keeping(mode);
	if (mode->vault)
		return;
	if (region_obtain(mode, &region, pages * page_bytes)) {
		check(false, mode->name, "cannot obtain %zu pages", pages);
		return;
	}
	getrusage(RUSAGE_SELF, &before);
	touch(region.base, pages, page_bytes);
	getrusage(RUSAGE_SELF, &after);
	faults = after.ru_minflt - before.ru_minflt;
	for (size_t i = 0; i < region.len_bytes; i++)
		dirty += region.base[i] != 0;
	check(faults == (long)(mode->populated ? 0 : pages), "touches-are-faults",
	      "%s: %ld faults for %zu pages", mode->name, faults, pages);
	check(!dirty, "region-is-zeroed", "%s: %zu of %zu bytes not zero", mode->name, dirty,
	      region.len_bytes);
	region_release(mode, &region);
}

static void verify_placement(void)
{
	const struct mode *mode = mode_find("anon");
	struct arm arm = { .mode = mode };
	struct region region;

	if (region_obtain(mode, &region, 23 * base_bytes()))
		abort();
	for (size_t i = 0; i < 17; i++)
		region.base[i * base_bytes()] = 1;
	placement_add(&arm, &region);
	if (arm.placed)
		check(arm.pages == 17, "placement-counts-pages", "%llu frames for 17 touched pages",
		      (unsigned long long)arm.pages);
	else
		skip("placement-counts-pages", "no frame numbers without CAP_SYS_ADMIN");
	region_release(mode, &region);
}

/* Against the kernel's own count, which has splits of its image's second mapping, too. */
static void verify_direct_map(void)
{
	struct counters before = counters_read(), after;
	long long kb[LEVELS] = { 0 };
	int flags = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);
	uint64_t word, frames = huge_bytes() / base_bytes();

	/* It ends with the last frame. */
	for (uint64_t at = 0; pread(flags, &word, sizeof(word), (off_t)(at * sizeof(word))) > 0;
	     at += frames)
		kb[level_of(at)] += (long long)(huge_bytes() >> 10);
	close(flags);
	after = counters_read();
	check(kb[LEVEL_4K] > before.direct_map_kb[0] - COUNT_SLACK_KB &&
		      kb[LEVEL_4K] < after.direct_map_kb[0] + COUNT_SLACK_KB,
	      "direct-map-by-level",
	      "tables map %lld kB by 4K, %lld by 2M, %lld by 1G; /proc/meminfo says %lld, %lld, %lld",
	      kb[LEVEL_4K], kb[LEVEL_2M], kb[LEVEL_1G], after.direct_map_kb[0],
	      after.direct_map_kb[1], after.direct_map_kb[2]);
}

/* The kernel keeps no large mapping of a page that it has taken out of the direct map. */
static void verify_levels(void)
{
	const struct mode *mode = mode_find("secret");
	struct region region;
	size_t small = 0;
	int err;

	if (level_find()) {
		skip("direct-map-levels", "the kernel's page tables cannot be read: %s; " MAY_LOAD,
		     strerror(errno));
		return;
	}
	verify_direct_map();
	err = region_obtain(mode, &region, 23 * base_bytes());
	if (err) {
		skip("direct-map-levels", "%s", cause_mode(mode, -err));
		return;
	}
	touch(region.base, 23, base_bytes());
	for (size_t i = 0; i < 23; i++)
		small += level_of(frame_of(getpid(), region.base + i * base_bytes())) == LEVEL_4K;
	check(small == 23, "direct-map-levels", "%zu of 23 secret pages have entries of 4K", small);
	region_release(mode, &region);
}

/* What the page tables say of 23 touched pages of a mode that goes through the module. */
static void verify_device(const char *name, const char *type)
{
	const struct mode *mode = mode_find(name);
	const size_t bytes = 23 * base_bytes();
	struct device_pages seen = { 0 };
	struct region region;
	int err = region_obtain(mode, &region, bytes);

	if (err) {
		skip("page-tables", "%s", cause_mode(mode, -err));
		return;
	}
	touch(region.base, 23, base_bytes());
	err = secret_device_look(&region, 0, bytes, type, &seen);
	check(!err && seen.typed == 23, "memory-type", "%s: %zu of 23 pages are mapped %s", name,
	      seen.typed, type);
	check(!err && seen.absent == 23, "absent-from-direct-map", "%s: %zu of 23 pages", name,
	      seen.absent);
	check(!err && seen.unread == 23, "alias-not-read-by-the-kernel", "%s: %zu of 23 pages",
	      name, seen.unread);
	region_release(mode, &region);
}

int verb_verify(int argc, char **argv)
{
	as_json = argc && !strcmp(argv[0], "--json");
	if (argc && !as_json) {
		fprintf(stderr, "core: verify '%s': the only option is --json\n", argv[0]);
		return EXIT_USAGE;
	}
	verify_timer();
	verify_chase();
	verify_spread();
	verify_placement();
	for_each_mode(m)
		verify_mode(*m);
	verify_levels();
	verify_device("secret-wrapped", TYPE_CACHED);
	verify_device("secret-uncached", TYPE_UNCACHED);
	return failures ? EXIT_FAILED : 0;
}
