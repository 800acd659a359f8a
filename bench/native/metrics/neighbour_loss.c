// SPDX-License-Identifier: MIT
#include "measure/arch.h"
#include "measure/duet.h"
#include "measure/metric.h"
#include "measure/parent.h"
#include "measure/realtime.h"
#include "measure/run.h"
#include "measure/timer.h"
#include "memory/mode.h"
#include "memory/page.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MOST_NEIGHBOURS 16	/* so many have room in the notes */

static const struct param params[] = {
	{ "use",
	  "faults: first touches at full rate; secrets: one 32-byte secret lives per millisecond",
	  "", "faults|secrets", "faults", 0, 0 },
	{ "pages", "faults, or secrets, per slice", "1", NULL, "128", 1, 1u << 20 },
	{ "slices", "slices per arm", "1", NULL, "100", 1, 100000 },
	{ "neighbour", "the first other CPU that is watched, counting from the one that faults",
	  "1", NULL, "1", 1, 4095 },
	{ "neighbours",
	  "most other CPUs watched at once, from the first on: all there are, up to so "
	  "many",
	  "1", NULL, "1", 1, MOST_NEIGHBOURS },
};

/* A pause of the neighbour's loop longer than this was taken from it, in ns. */
#define GAP_NS 200u
#define BUCKETS 8	/* of the gap histogram: from GAP_NS, each four times the last */
#define SECRET_PERIOD_NS 1000000

/*
 * Shared with the neighbour, a process of its own: no munmap of ours flushes its TLB.
 * Each has its cache lines for itself, or they would slow each other down.
 */
struct neighbour {
	_Alignas(128) atomic_bool ready;
	atomic_bool rest, end;
	_Atomic uint64_t beats; /* readings so far: it is awake while they grow */
	_Atomic uint64_t lost_ticks;
	_Atomic uint64_t gaps[BUCKETS];
	uint64_t gap_ticks;
	unsigned int cpu;
	bool pinned, realtime;
	pid_t pid;
};

/* What one arm took from them: from all, by length of the pause, and from each. */
struct loss {
	uint64_t window_ticks, operations;
	uint64_t gaps[BUCKETS];
	uint64_t ticks[MOST_NEIGHBOURS];
};

static struct neighbour *neighbours;
static unsigned int neighbour_count;
static struct loss loss[ARMS];

static void take_note(struct neighbour *neighbour, uint64_t pause)
{
	uint64_t bound = neighbour->gap_ticks * 4;
	int bucket = 0;

	while (bucket < BUCKETS - 1 && pause >= bound) {
		bound *= 4;
		bucket++;
	}
	atomic_fetch_add_explicit(&neighbour->gaps[bucket], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&neighbour->lost_ticks, pause, memory_order_relaxed);
}

/* Reads the counter without a break; what lies between two readings beyond GAP_NS is lost. */
static void watch(struct neighbour *neighbour)
{
	const struct timespec nap = { .tv_nsec = 1000000 };
	uint64_t last = arch_counter();

	while (!atomic_load_explicit(&neighbour->end, memory_order_relaxed)) {
		uint64_t now = arch_counter();

		if (now - last > neighbour->gap_ticks)
			take_note(neighbour, now - last);
		last = now;
		atomic_fetch_add_explicit(&neighbour->beats, 1, memory_order_relaxed);
		if (!atomic_load_explicit(&neighbour->rest, memory_order_relaxed))
			continue;
		nanosleep(&nap, NULL);
		last = arch_counter();
	}
}

/* Returns -1 with run->failure where it is not what is to be watched. */
static int neighbour_ready(struct run *run, const struct neighbour *neighbour)
{
	while (!atomic_load(&neighbour->ready)) {
		if (waitpid(neighbour->pid, NULL, WNOHANG))
			return run_failed(run, "the neighbour on CPU %u ended", neighbour->cpu);
		usleep(100);
	}
	if (!neighbour->pinned)
		return run_refused(run,
				   "the neighbour cannot be pinned to CPU %u: allow "
				   "sched_setaffinity (a sandbox may forbid it)",
				   neighbour->cpu);
	if (!neighbour->realtime)
		return run_refused(run,
				   "the neighbour on CPU %u has no real-time scheduling, so that "
				   "what others take from it would be counted as well: run as root "
				   "or grant CAP_SYS_NICE",
				   neighbour->cpu);
	return 0;
}

static int start_neighbour(struct run *run, struct neighbour *neighbour)
{
	pid_t parent = getpid();

	neighbour->gap_ticks = (uint64_t)(GAP_NS * ticks_per_ns());
	neighbour->pid = fork();
	if (neighbour->pid < 0)
		return run_failed(run, "cannot start the neighbour: %s", strerror(errno));
	if (!neighbour->pid) {
		parent_follow_fork(parent);
		neighbour->pinned = realtime_pin(neighbour->cpu);
		neighbour->realtime = !realtime_take();
		atomic_store(&neighbour->ready, true);
		watch(neighbour);
		_exit(0);
	}
	return neighbour_ready(run, neighbour);
}

static int start(struct run *run)
{
	uint64_t first = cell_number(run->cell, "neighbour"), others = allowed_count() - first;
	uint64_t most = cell_number(run->cell, "neighbours");

	neighbour_count = (unsigned int)(others < most ? others : most);
	neighbours = mmap(NULL, neighbour_count * sizeof(*neighbours), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (neighbours == MAP_FAILED) {
		neighbour_count = 0;
		return run_failed(run, "no memory to share with the neighbours");
	}
	for (unsigned int i = 0; i < neighbour_count; i++) {
		neighbours[i].cpu = allowed_after(run->cpu, (unsigned int)first + i);
		if (start_neighbour(run, &neighbours[i]))
			return -1;
	}
	return 0;
}

static void end(void)
{
	for (unsigned int i = 0; i < neighbour_count; i++) {
		atomic_store(&neighbours[i].end, true);
		if (neighbours[i].pid > 0)
			waitpid(neighbours[i].pid, NULL, 0);
	}
}

static int live(struct arm *arm)
{
	int err = region_obtain(arm->mode, &arm->region, SECRET_BYTES);

	if (err)
		return err;
	memset(arm->region.base, 's', SECRET_BYTES);
	explicit_bzero(arm->region.base, SECRET_BYTES);
	region_release(arm->mode, &arm->region);
	return 0;
}

static int use_secrets(struct arm *arm, uint64_t count)
{
	struct timespec next;

	clock_gettime(CLOCK_MONOTONIC, &next);
	for (uint64_t i = 0; i < count; i++) {
		int err = live(arm);

		if (err)
			return err;
		next.tv_nsec += SECRET_PERIOD_NS;
		if (next.tv_nsec >= 1000000000) {
			next.tv_nsec -= 1000000000;
			next.tv_sec++;
		}
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
	}
	return 0;
}

static int work(struct run *run, struct arm *arm, uint64_t count)
{
	if (cell_is(run->cell, "use", "secrets"))
		return use_secrets(arm, count);
	for (uint64_t i = 0; i < count; i++)
		*(volatile char *)(arm->region.base + i * mode_page_bytes(arm->mode)) = 1;
	return 0;
}

/* What the neighbours have lost so far, in all. */
static struct loss read_loss(void)
{
	struct loss now = { 0 };

	for (unsigned int i = 0; i < neighbour_count; i++) {
		now.ticks[i] = neighbours[i].lost_ticks;
		for (int b = 0; b < BUCKETS; b++)
			now.gaps[b] += neighbours[i].gaps[b];
	}
	return now;
}

/* A value is what one neighbour lost per operation, over all that were watched. */
static void account(struct arm *arm, struct loss *sum, const struct loss *before, uint64_t count)
{
	struct loss now = read_loss();
	uint64_t ticks = 0;

	for (unsigned int i = 0; i < neighbour_count; i++) {
		sum->ticks[i] += now.ticks[i] - before->ticks[i];
		ticks += now.ticks[i] - before->ticks[i];
	}
	for (int b = 0; b < BUCKETS; b++)
		sum->gaps[b] += now.gaps[b] - before->gaps[b];
	sum->operations += count;
	sum_add(arm, ticks, count * neighbour_count);
}

/* The neighbours keep the duty too; wait until they read the counter again. */
static void rest(struct run *run)
{
	for (unsigned int i = 0; i < neighbour_count; i++)
		atomic_store(&neighbours[i].rest, true);
	duty(run);
	for (unsigned int i = 0; i < neighbour_count; i++) {
		uint64_t beats;

		atomic_store(&neighbours[i].rest, false);
		beats = neighbours[i].beats;
		while (neighbours[i].beats < beats + 100)
			;
	}
}

static int slice(struct run *run, struct arm *arm)
{
	uint64_t count = cell_number(run->cell, "pages"), start_ticks;
	struct loss *sum = &loss[arm - run->arm], before;
	bool faults = cell_is(run->cell, "use", "faults");
	int err = faults ? region_obtain(arm->mode, &arm->region,
					 count * mode_page_bytes(arm->mode)) :
			   0;

	if (err)
		return run_without(run, arm, err);
	before = read_loss();
	start_ticks = arch_counter();
	err = work(run, arm, count);
	sum->window_ticks += arch_counter() - start_ticks;
	account(arm, sum, &before, count);
	if (faults)
		region_release(arm->mode, &arm->region);
	rest(run);
	return err ? run_without(run, arm, err) : 0;
}

static void append(char *text, size_t room, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(text + strlen(text), room - strlen(text), format, args);
	va_end(args);
}

static void note(struct run *run, const struct loss *sum, const char *share, const char *histogram)
{
	char text[160] = "";
	uint64_t bound_ns = GAP_NS, ticks = 0;

	for (unsigned int i = 0; i < neighbour_count; i++)
		ticks += sum->ticks[i];
	for (int b = 0; b < BUCKETS; b++, bound_ns *= 4)
		append(text, sizeof(text), "%s%llu ns: %llu", b ? ", " : "",
		       (unsigned long long)bound_ns, (unsigned long long)sum->gaps[b]);
	run_note(run, share, "%.6f",
		 (double)ticks / (double)sum->window_ticks / (double)neighbour_count);
	run_note(run, histogram, "\"%s\"", text);
}

/* Per CPU, what each operation took from it, in ns; no digit that was not measured. */
static void note_each(struct run *run)
{
	const struct loss *sum = &loss[TREATMENT];
	char text[16 * MOST_NEIGHBOURS] = "";

	for (unsigned int i = 0; i < neighbour_count; i++)
		append(text, sizeof(text), "%s%u: %.0f", i ? ", " : "", neighbours[i].cpu,
		       (double)sum->ticks[i] / ticks_per_ns() / (double)sum->operations);
	run_note(run, "lost_ns_by_cpu", "\"%s\"", text);
}

static int measure(struct run *run)
{
	int err = start(run) || duet_slices(run, cell_number(run->cell, "slices"), slice) ? -1 : 0;

	end();
	if (err)
		return err;
	note_each(run);
	note(run, &loss[TREATMENT], "share_lost", "gaps");
	if (run->arms > 1)
		note(run, &loss[CONTROL], "share_lost_control", "gaps_control");
	return 0;
}

static const char *refuse(const struct cell *cell, enum arm_id arm)
{
	if (cell->mode[arm]->populated && cell_is(cell, "use", "faults"))
		return "the pages of this mode are there when it is mapped: it has no first touch";
	if (allowed_count() <= cell_number(cell, "neighbour"))
		return "there is no such other CPU: a neighbour needs one of its own";
	return NULL;
}

static struct need need(const struct cell *cell, const struct mode *mode)
{
	uint64_t pages = cell_number(cell, "pages"), page_bytes = mode_page_bytes(mode);
	uint64_t held = cell_is(cell, "use", "faults") ? pages * page_bytes : page_bytes;

	return (struct need){ held, pages * cell_number(cell, "slices") * page_bytes };
}

METRIC(neighbour_loss) = {
	.name = "neighbour-loss",
	.about = "CPU time that a spinning process on another CPU loses per first touch, or per secret; "
		 "the effect is the difference between the arms, since the control may take none",
	.question = "everyone",
	.unit = "s",
	.better = "lower",
	.assume = "nothing",
	.effect = "difference",
	.needs = NEEDS_CPU | NEEDS_OTHER_CPU | NEEDS_REALTIME,
	.duet = true,
	PARAMS(params),
	.refuse = refuse,
	.need = need,
	.run = measure,
};
