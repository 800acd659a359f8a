// SPDX-License-Identifier: MIT
/* Groups of hardware counters through perf_event_open(2). */
#include "kernel/pmu.h"
#include "kernel/pmu_table.h"
#include "measure/chase.h"
#include "memory/array.h"
#include "memory/mode.h"
#include "memory/page.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Below this share of the time a group's counts are not extrapolated but dropped. */
#define LEAST_SHARE 0.9
/* Pages of the known load: twice the largest second-level TLB of any CPU in the tables. */
#define LOAD_PAGES 8192u

static bool is_reading(const uint64_t *words, size_t bytes, const uint64_t *before)
{
	if (bytes < 4 * sizeof(*words) || words[0] > PMU_GROUP ||
	    bytes != (3 + words[0]) * sizeof(*words))
		return false;
	if (!before)
		return true;
	for (size_t i = 1; i < 3 + words[0]; i++)
		if (words[i] < before[i])
			return false;
	return words[0] == before[0];
}

int pmu_decode(const uint64_t *words, size_t bytes, const uint64_t *before,
	       struct pmu_reading *reading)
{
	static const uint64_t zero[PMU_WORDS];
	const uint64_t *since = before ? before : zero;
	uint64_t enabled, running;

	*reading = (struct pmu_reading){ .state = PMU_NONE };
	if (!bytes)
		return 0;
	if (!is_reading(words, bytes, before))
		return -EINVAL;
	enabled = words[1] - since[1];
	running = words[2] - since[2];
	reading->count = words[0];
	if (!running || running > enabled)
		return running ? -EINVAL : 0;
	reading->share = (double)running / (double)enabled;
	reading->state = running == enabled	       ? PMU_COUNTED :
			 reading->share >= LEAST_SHARE ? PMU_SCALED :
							 PMU_DROPPED;
	for (size_t i = 0; i < reading->count; i++)
		reading->counts[i] = (double)(words[3 + i] - since[3 + i]) / reading->share;
	return 0;
}

const char *pmu_state_name(enum pmu_state state)
{
	static const char *const names[] = { "counted", "scaled", "dropped", "none" };

	return names[state];
}

const char *pmu_meaning(int err, enum pmu_scope scope)
{
	switch (-err) {
	case ENOENT:
	case ENODEV:
		return "no PMU: this machine has no such counter (ENOENT): give the guest one (e.g. "
		       "-cpu host,pmu=on) or measure on the machine itself";
	case EACCES:
	case EPERM:
		return scope == PMU_KERNEL ?
			       "no right to count in the kernel (EACCES): sysctl kernel.perf_event_paranoid=1, "
			       "or run with CAP_PERFMON" :
			       "no right to count (EACCES): sysctl kernel.perf_event_paranoid=2, or run with "
			       "CAP_PERFMON";
	case EOPNOTSUPP:
		return "the PMU cannot count this event (EOPNOTSUPP): measure on another CPU";
	case EINVAL:
		return "the kernel does not know this event for this CPU (EINVAL): update the kernel";
	case ENOSYS:
		return "the kernel has no performance counters (ENOSYS): it needs CONFIG_PERF_EVENTS";
	case EBUSY:
	case ENOSPC:
		return "all counters are taken (EBUSY): end other uses of perf, and sysctl "
		       "kernel.nmi_watchdog=0";
	default:
		return strerror(-err);
	}
}

/* The type of the core PMU: a file names it, also on CPUs with two kinds of core. */
static uint32_t raw_type(void)
{
	static const char *const names[] = { "cpu", "cpu_core", "armv8_pmuv3_0", "armv8_pmuv3" };
	unsigned int type = PERF_TYPE_RAW;

	for (size_t i = 0; i < COUNT(names); i++) {
		char path[80];
		FILE *file;
		int got;

		snprintf(path, sizeof(path), "/sys/bus/event_source/devices/%s/type", names[i]);
		file = fopen(path, "re");
		if (!file)
			continue;
		got = fscanf(file, "%u", &type);
		fclose(file);
		if (got == 1)
			return type;
	}
	return PERF_TYPE_RAW;
}

static int open_event(const struct pmu_table *table, const struct pmu_event *event, int leader,
		      enum pmu_scope scope)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = table->generic ? PERF_TYPE_HW_CACHE : raw_type(),
		.config = event->config,
		.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING |
			       PERF_FORMAT_GROUP,
		.pinned = leader < 0,
		.exclude_user = scope == PMU_KERNEL,
		.exclude_kernel = scope == PMU_USER,
		.exclude_hv = 1,
	};
	int fd = (int)syscall(SYS_perf_event_open, &attr, 0, -1, leader, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int pmu_open(struct pmu *pmu, const struct pmu_table *table,
	     const struct pmu_event *const events[PMU_GROUP], enum pmu_scope scope)
{
	*pmu = (struct pmu){ 0 };
	for (size_t i = 0; i < PMU_GROUP && events[i]; i++) {
		int fd = open_event(table, events[i], i ? pmu->fds[0] : -1, scope);

		if (fd < 0) {
			pmu_close(pmu);
			return fd;
		}
		pmu->fds[pmu->count++] = fd;
	}
	return 0;
}

void pmu_close(struct pmu *pmu)
{
	while (pmu->count)
		close(pmu->fds[--pmu->count]);
}

int pmu_read(const struct pmu *pmu, uint64_t words[PMU_WORDS])
{
	ssize_t got = read(pmu->fds[0], words, PMU_WORDS * sizeof(*words));

	return got < 0 ? -errno : (int)got;
}

/* Kernel code that loads from each page of ours: a write of a few bytes of it. */
static void load_in_kernel(const char *base)
{
	int fd = memfd_create("known-load", MFD_CLOEXEC);

	for (uint32_t i = 0; i < LOAD_PAGES; i++)
		if (pwrite(fd, base + (size_t)(i * 5167u % LOAD_PAGES) * base_bytes(), 64, 0) < 0)
			break;
	close(fd);
}

/* That a counter opens is no proof that it counts: misses that must be there must be seen. */
static int count_known_load(const struct pmu *pmu, enum pmu_scope scope, double *walks)
{
	uint64_t before[PMU_WORDS], after[PMU_WORDS];
	struct pmu_reading reading;
	struct region region;
	int err = region_obtain(mode_find("anon"), &region, LOAD_PAGES * base_bytes());
	int got;

	if (err)
		return err;
	err = chase_build_spread(region.base, LOAD_PAGES, 1);
	got = pmu_read(pmu, before);
	if (!err && got > 0) {
		if (scope == PMU_USER)
			chase_follow(region.base, 2 * LOAD_PAGES);
		else
			load_in_kernel(region.base);
		got = pmu_read(pmu, after);
	}
	region_release(mode_find("anon"), &region);
	if (err || got < 0)
		return err ? err : got;
	err = pmu_decode(after, (size_t)got, got ? before : NULL, &reading);
	*walks = reading.state == PMU_NONE ? 0 : reading.counts[0];
	return err;
}

const char *pmu_unsupported(enum pmu_scope scope)
{
	struct pmu_cpu cpu = pmu_cpu();
	const struct pmu_table *table = pmu_table(&cpu);
	const struct pmu_event *events[PMU_GROUP] = { pmu_event(table, "walks") };
	double walks = 0;
	struct pmu pmu;
	int err = pmu_open(&pmu, table, events, scope);

	if (err)
		return pmu_meaning(err, scope);
	err = count_known_load(&pmu, scope, &walks);
	pmu_close(&pmu);
	if (err)
		return pmu_meaning(err, scope);
	return walks > 0 ?
		       NULL :
		       "the counter opens but stays at zero where every load needs a page walk: the "
		       "hypervisor does not pass it on; measure on the machine itself";
}
