// SPDX-License-Identifier: MIT
#include "../arch.h"
#include "../metric.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const struct param params[] = {
	{ "use", "faults: first touches at full rate; secrets: one 32-byte secret lives per millisecond",
	  "", "faults|secrets", "faults", 0, 0 },
	{ "pages", "faults, or secrets, per slice", "1", NULL, "128", 1, 1u << 20 },
	{ "slices", "slices per arm", "1", NULL, "100", 1, 100000 },
	{ "neighbour", "which other CPU is watched, counting from the one that faults", "1", NULL, "1",
	  1, 4095 },
};

/* A pause of the neighbour's loop longer than this was taken from it, in ns. */
#define GAP_NS 200u
#define BUCKETS 8	/* of the gap histogram: from GAP_NS, each four times the last */
#define SECRET_BYTES 32
#define SECRET_PERIOD_NS 1000000

/* Shared with the neighbour, a process of its own: no munmap of ours flushes its TLB. */
struct neighbour {
	atomic_bool ready, rest, end;
	_Atomic uint64_t beats;		/* readings so far: it is awake while they grow */
	_Atomic uint64_t lost_ticks;
	_Atomic uint64_t gaps[BUCKETS];
	uint64_t gap_ticks;
	bool realtime;
};

static struct neighbour *neighbour;
static uint64_t window_ticks[ARMS], lost_ticks[ARMS], gaps[ARMS][BUCKETS];

static void take_note(uint64_t pause)
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
static void watch(void)
{
	const struct timespec nap = { .tv_nsec = 1000000 };
	uint64_t last = arch_counter();

	while (!atomic_load_explicit(&neighbour->end, memory_order_relaxed)) {
		uint64_t now = arch_counter();

		if (now - last > neighbour->gap_ticks)
			take_note(now - last);
		last = now;
		atomic_fetch_add_explicit(&neighbour->beats, 1, memory_order_relaxed);
		if (!atomic_load_explicit(&neighbour->rest, memory_order_relaxed))
			continue;
		nanosleep(&nap, NULL);
		last = arch_counter();
	}
}

static pid_t start_neighbour(unsigned int cpu)
{
	pid_t child = fork();

	if (child)
		return child;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	neighbour->realtime = !realtime_thread(cpu);
	atomic_store(&neighbour->ready, true);
	watch();
	_exit(0);
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
		*(volatile char *)(arm->region.base + i * base_bytes()) = 1;
	return 0;
}

static void account(struct arm *arm, enum arm_id id, const uint64_t *before, uint64_t ticks)
{
	window_ticks[id] += ticks;
	for (int b = 0; b < BUCKETS; b++)
		gaps[id][b] += neighbour->gaps[b] - before[b];
	lost_ticks[id] += arm->values[arm->value_count - 1].ticks;
}

/* The neighbour keeps the duty too; wait until it reads the counter again. */
static void rest(struct run *run)
{
	uint64_t beats;

	atomic_store(&neighbour->rest, true);
	duty(run);
	atomic_store(&neighbour->rest, false);
	beats = neighbour->beats;
	while (neighbour->beats < beats + 100)
		;
}

static int slice(struct run *run, struct arm *arm)
{
	uint64_t count = cell_number(run->cell, "pages"), before[BUCKETS], lost, start, ticks;
	bool faults = cell_is(run->cell, "use", "faults");
	int err = faults ? region_obtain(arm->mode, &arm->region, count * base_bytes()) : 0;

	if (err)
		return run_failed(run, "%s: cannot obtain a region: %s", arm->mode->name,
				  strerror(-err));
	for (int b = 0; b < BUCKETS; b++)
		before[b] = neighbour->gaps[b];
	lost = neighbour->lost_ticks;
	start = arch_counter();
	err = work(run, arm, count);
	ticks = arch_counter() - start;
	value_add(arm, neighbour->lost_ticks - lost, count);
	account(arm, (enum arm_id)(arm - run->arm), before, ticks);
	if (faults)
		region_release(arm->mode, &arm->region);
	rest(run);
	return err ? run_failed(run, "%s: cannot obtain a region: %s", arm->mode->name,
				strerror(-err)) : 0;
}

static void note(struct run *run, enum arm_id id, const char *share, const char *histogram)
{
	char text[160] = "";
	uint64_t bound_ns = GAP_NS;

	for (int b = 0; b < BUCKETS; b++, bound_ns *= 4)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%llu ns: %llu",
			 b ? ", " : "", (unsigned long long)bound_ns,
			 (unsigned long long)gaps[id][b]);
	run_note(run, share, "%.6f", (double)lost_ticks[id] / (double)window_ticks[id]);
	run_note(run, histogram, "\"%s\"", text);
}

static int measure(struct run *run)
{
	unsigned int cpu = allowed_after(run->cpu, (unsigned int)cell_number(run->cell, "neighbour"));
	pid_t child;
	int err;

	neighbour = mmap(NULL, sizeof(*neighbour), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			 -1, 0);
	if (neighbour == MAP_FAILED)
		return run_failed(run, "no memory to share with the neighbour");
	neighbour->gap_ticks = (uint64_t)(GAP_NS * ticks_per_ns());
	child = start_neighbour(cpu);
	if (child < 0)
		return run_failed(run, "cannot start the neighbour: %s", strerror(errno));
	while (!atomic_load(&neighbour->ready))
		usleep(100);
	if (!neighbour->realtime)
		run_warn(run, "the neighbour has no real-time scheduling: what others took from it "
			      "is counted as well");
	err = duet_slices(run, cell_number(run->cell, "slices"), slice);
	atomic_store(&neighbour->end, true);
	waitpid(child, NULL, 0);
	run_note(run, "neighbour_cpu", "%u", cpu);
	note(run, TREATMENT, "share_lost", "gaps");
	if (run->arms > 1)
		note(run, CONTROL, "share_lost_control", "gaps_control");
	return err;
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
	uint64_t pages = cell_number(cell, "pages"), slices = cell_number(cell, "slices");
	uint64_t held = cell_is(cell, "use", "faults") ? pages * base_bytes() : mode_page_bytes(mode);

	return (struct need){ held, pages * slices * base_bytes() };
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
	.duet = true,
	PARAMS(params),
	.refuse = refuse,
	.need = need,
	.run = measure,
};
