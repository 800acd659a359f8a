// SPDX-License-Identifier: MIT
#include "measure/together.h"
#include "measure/realtime.h"
#include "measure/run.h"
#include "memory/cause.h"

#include <pthread.h>
#include <semaphore.h>

/* None goes before all are there, and none at all if one is not. */
static struct {
	sem_t all_there;
	bool go;
	pthread_barrier_t at_once;
} start;

static struct worker {
	const struct run *run;
	void (*work)(void *item);
	void *item;
	unsigned int cpu;
	bool pinned;
	pthread_t id;
} workers[MOST_TOGETHER];

static void *live(void *arg)
{
	struct worker *worker = arg;

	worker->pinned = realtime_pin(worker->cpu);
	if (worker->run->realtime)
		realtime_take();
	sem_wait(&start.all_there);
	if (start.go) {
		pthread_barrier_wait(&start.at_once);
		worker->work(worker->item);
	}
	return NULL;
}

/* How many could be started; all have ended. */
static size_t live_all(size_t count)
{
	size_t started = 0;

	sem_init(&start.all_there, 0, 0);
	pthread_barrier_init(&start.at_once, NULL, (unsigned int)count);
	while (started < count &&
	       !pthread_create(&workers[started].id, NULL, live, &workers[started]))
		started++;
	start.go = started == count;
	for (size_t i = 0; i < started; i++)
		sem_post(&start.all_there);
	for (size_t i = 0; i < started; i++)
		pthread_join(workers[i].id, NULL);
	pthread_barrier_destroy(&start.at_once);
	sem_destroy(&start.all_there);
	return started;
}

int together(struct run *run, void (*work)(void *item), void *items, size_t item_bytes,
	     size_t count)
{
	size_t started, unpinned = 0;

	if (count == 1) {
		work(items);
		return 0;
	}
	for (size_t i = 0; i < count; i++)
		workers[i] = (struct worker){ .run = run,
					      .work = work,
					      .item = (char *)items + i * item_bytes,
					      .cpu = allowed_after(run->cpu, (unsigned int)i) };
	started = live_all(count);
	if (started < count)
		return run_refused(
			run,
			"%zu of %zu threads could be started: %sraise ulimit -u, or take "
			"fewer",
			started, count, cause_filter());
	for (size_t i = 0; i < count; i++)
		unpinned += !workers[i].pinned;
	return unpinned ? run_refused(run,
				      "%zu of %zu threads could not be pinned to a CPU of their "
				      "own: allow sched_setaffinity, or take one thread",
				      unpinned, count) :
			  0;
}
