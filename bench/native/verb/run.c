// SPDX-License-Identifier: MIT
/* `core run`: one cell, once, as JSON lines. */
#include "kernel/counter.h"
#include "measure/arch.h"
#include "measure/exit_code.h"
#include "measure/metric.h"
#include "measure/others.h"
#include "measure/random.h"
#include "measure/realtime.h"
#include "measure/run.h"
#include "measure/table.h"
#include "measure/timer.h"
#include "memory/mode.h"
#include "verb/digits.h"
#include "verb/obtained.h"
#include "verb/options.h"
#include "verb/unsupported.h"
#include "verb/verb.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static const char *const arm_names[ARMS] = { "treatment", "control" };

static void print_value(const struct run *run, const struct value *value, double tick)
{
	double step = (double)(timer_step_ticks() ? timer_step_ticks() : 1);
	double ticks = net_ticks(run, value->ticks, value->readings), number;

	if (!value->ticks && value->per) {
		printf("%.12g", (double)value->operations / (double)value->per);
		return;
	}
	/* Less than nothing cannot have passed: it was not a step. */
	if (value->readings && ticks < step)
		ticks = step;
	if (value->per)
		number = ticks / net_ticks(run, value->per, value->readings);
	else
		number = ticks * tick / (double)value->operations;
	if (!strcmp(run->cell->metric->unit, "B/s"))
		number = 1 / number;
	print_measured(number, number * step / ticks);
}

static void print_values(const struct run *run, enum arm_id id, double tick)
{
	const struct arm *arm = &run->arm[id];

	printf("{\"line\": \"values\", \"arm\": \"%s\", \"values\": [", arm_names[id]);
	for (size_t i = 0; i < arm->value_count; i++) {
		printf(i ? "," : "");
		print_value(run, &arm->values[i], tick);
	}
	if (run->classes) {
		printf("], \"classes\": [");
		for (size_t i = 0; i < arm->value_count; i++)
			printf("%s%llu", i ? "," : "",
			       (unsigned long long)arm->values[i].split_class);
	}
	printf("]}\n");
}

static void print_per_arm(const struct run *run, double tick)
{
	printf("\"arm_s\": {");
	for (unsigned int a = 0; a < run->arms; a++)
		printf("%s\"%s\": %.6g", a ? ", " : "", arm_names[a],
		       net_ticks(run, run->arm[a].ticks, run->arm[a].readings) * tick);
	printf("}, \"operations\": {");
	for (unsigned int a = 0; a < run->arms; a++)
		printf("%s\"%s\": %llu", a ? ", " : "", arm_names[a],
		       (unsigned long long)run->arm[a].operations);
	printf("}, \"placement\": {");
	for (unsigned int a = 0, printed = 0; a < run->arms; a++) {
		const struct arm *arm = &run->arm[a];

		if (!arm->placed)
			continue;
		printf("%s\"%s\": {\"pages\": %llu, \"blocks_2m\": %llu, \"next_follows\": %.4f}",
		       printed++ ? ", " : "", arm_names[a], (unsigned long long)arm->pages,
		       (unsigned long long)arm->blocks_2m,
		       (double)arm->follows / (double)(arm->pages > 1 ? arm->pages - 1 : 1));
	}
	printf("}, ");
}

static void print_counters(const struct counters *before)
{
	static const char *const names[] = { "DirectMap4k_kb", "DirectMap2M_kb", "DirectMap1G_kb" };
	struct counters after = counters_read();
	const char *separator = "";

	printf("\"counters\": {");
	for (int i = 0; i < 3; i++) {
		if (before->direct_map_kb[i] < 0 || after.direct_map_kb[i] < 0)
			continue;
		printf("%s\"%s\": %lld", separator, names[i],
		       after.direct_map_kb[i] - before->direct_map_kb[i]);
		separator = ", ";
	}
	for (int i = 0; i < 2; i++) {
		if (before->splits[i] < 0)
			continue;
		printf("%s\"direct_map_level%d_splits\": %lld", separator, i + 2,
		       after.splits[i] - before->splits[i]);
		separator = ", ";
	}
	printf("}, ");
}

static void print_start(const struct run *run)
{
	struct rlimit limit = { 0 };

	getrlimit(RLIMIT_MEMLOCK, &limit);
	printf("{\"line\": \"start\", \"obtained\": {\"scheduler\": \"%s\", \"cpu\": %u, "
	       "\"pinned\": %s, \"cpus\": %ld, \"memlock_bytes\": %lld}, \"warnings\": [%s]}\n",
	       realtime_scheduler(), run->cpu, run->pinned ? "true" : "false",
	       sysconf(_SC_NPROCESSORS_ONLN),
	       limit.rlim_cur == RLIM_INFINITY ? -1ll : (long long)limit.rlim_cur, run->warnings);
	fflush(stdout);
}

static void give_back(struct run *run)
{
	for (unsigned int a = 0; a < run->arms; a++) {
		struct arm *arm = &run->arm[a];

		if (arm->region.base)
			region_release(arm->mode, &arm->region);
		for (size_t i = 0; i < arm->held_count; i++)
			region_release(arm->mode, &arm->held[i]);
		free(arm->held);
		free(arm->values);
	}
}

static void print_end(struct run *run, const struct counters *before, double core_s, double tick)
{
	double timed_s = 0;

	for (unsigned int a = 0; a < run->arms; a++) {
		print_values(run, (enum arm_id)a, tick);
		timed_s += (double)run->arm[a].ticks * tick;
	}
	printf("{\"line\": \"end\", \"core_s\": %.6g, \"timed_s\": %.6g, ", core_s, timed_s);
	print_per_arm(run, tick);
	print_counters(before);
	printf("\"dropped\": %llu, \"tables\": {", (unsigned long long)run->dropped);
	tables_print(run);
	printf("}, \"notes\": {%s}, \"warnings\": [%s]}\n", run->notes, run->warnings);
}

static char no_page_words[300];

/*
 * A page that could not be had when it was touched: kernels that count secret memory at the fault
 * answer so beyond RLIMIT_MEMLOCK, and huge pages whose pool is empty.
 */
static void no_page(int signal)
{
	(void)signal;
	_exit(write(STDERR_FILENO, no_page_words, strlen(no_page_words)) < 0 ? EXIT_FAILED :
									       EXIT_UNSUPPORTED);
}

/* What is said then is made now. */
static void await_no_page(void)
{
	struct rlimit limit = { 0 };

	getrlimit(RLIMIT_MEMLOCK, &limit);
	snprintf(
		no_page_words, sizeof(no_page_words),
		"a page could not be had at its first touch (SIGBUS): beyond RLIMIT_MEMLOCK (%lld bytes; "
		"-1: unlimited) where the kernel counts secret memory there, or no memory, or no huge "
		"page is left: ulimit -l, or take less\n",
		limit.rlim_cur == RLIM_INFINITY ? -1ll : (long long)limit.rlim_cur);
	signal(SIGBUS, no_page);
}

static void begin(struct run *run, const struct options *options)
{
	*run = (struct run){ .cell = &options->cell,
			     .seed = options->seed,
			     .started_ticks = arch_counter(),
			     .started_ns = now_ns(),
			     .flush_opt = arch_has_clflushopt() };
	random_seed(run->random, options->seed);
	for (enum arm_id arm = TREATMENT; arm < ARMS && options->cell.mode[arm]; arm++)
		run->arm[run->arms++].mode = options->cell.mode[arm];
}

/* The metric itself, beside what the other CPUs are to do. Returns why it failed, or NULL. */
static const char *take(struct run *run)
{
	int err = others_start(run) || run->cell->metric->run(run) || others_note(run);

	others_stop();
	return err ? run->failure : NULL;
}

static int measure(struct run *run, const struct options *options)
{
	struct counters before = counters_read();
	const char *why;
	double tick;

	why = realtime_start(run, options->cpu, options->realtime) ? run->failure :
								     obtained_missing(run);
	if (why) {
		fprintf(stderr, "%s\n", why);
		return EXIT_UNSUPPORTED;
	}
	run->reading_ticks = timer_cost_ticks();
	timer_step_ticks();
	print_start(run);
	run->warnings[0] = '\0';
	for (unsigned int a = 0; a < run->arms; a++)
		if (run->arm[a].mode->note)
			run->arm[a].mode->note(run);
	why = take(run);
	if (why) {
		fprintf(stderr, "%s\n", why);
		return run->unsupported ? EXIT_UNSUPPORTED : EXIT_FAILED;
	}
	realtime_rest(run);
	tick = tick_s(run->started_ticks, run->started_ns);
	print_end(run, &before, (double)(arch_counter() - run->started_ticks) * tick, tick);
	return fflush(stdout) ? EXIT_FAILED : 0;
}

int verb_run(int argc, char **argv)
{
	struct options options;
	struct run run;
	const char *why;
	int err;

	err = options_parse(&options, argc, argv);
	if (err)
		return err;
	await_no_page();
	begin(&run, &options);
	why = cell_unsupported(&options.cell);
	if (why) {
		fprintf(stderr, "%s\n", why);
		return EXIT_UNSUPPORTED;
	}
	err = measure(&run, &options);
	give_back(&run);
	return err;
}
