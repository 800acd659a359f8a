// SPDX-License-Identifier: MIT
#include "kernel/tally.h"
#include "measure/run.h"
#include "measure/table.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* The least and the most of a number. */
struct span {
	uint64_t least, most;
};

void tally_make(struct tally *tally, const char *of, size_t room)
{
	*tally = (struct tally){ .of = of, .room = room };
	tally->stretches = malloc(room * sizeof(*tally->stretches));
	if (!tally->stretches)
		abort();
	memset(tally->stretches, 1, room * sizeof(*tally->stretches));
}

void tally_add(struct tally *tally, size_t piece, uint64_t operations)
{
	struct stretch *stretch;

	if (tally->count == tally->room)
		return;
	stretch = &tally->stretches[tally->count++];
	stretch->piece = piece;
	simulated_read(&stretch->counts);
	tally->operations[piece] = operations;
}

void tally_drop(struct tally *tally)
{
	free(tally->stretches);
	tally->stretches = NULL;
	tally->count = tally->room = 0;
}

static bool is_disturbed(const struct stretch *stretch)
{
	const uint64_t *events = stretch->counts.events;

	return events[TLB_INTERRUPTS] || events[TLB_CR4_WRITES];
}

static bool is_kept(const struct tally *tally, const struct stretch *stretch)
{
	if (!is_disturbed(stretch))
		return true;
	for (size_t i = 0; i < tally->count; i++)
		if (!is_disturbed(&tally->stretches[i]))
			return false;
	return true;
}

uint64_t tally_sum(const uint64_t number[TLB_AREAS])
{
	uint64_t all = 0;

	for (int area = 0; area < TLB_AREAS; area++)
		all += number[area];
	return all;
}

static void widen(struct span *span, uint64_t number)
{
	span->least = number < span->least ? number : span->least;
	span->most = number > span->most ? number : span->most;
}

static void tell_piece(struct run *run, const struct tally *tally, size_t piece, unsigned int model)
{
	struct span accesses = { UINT64_MAX, 0 }, misses = accesses, walks = accesses,
		    trips = accesses;
	size_t kept = 0;

	for (size_t i = 0; i < tally->count; i++) {
		const struct stretch *stretch = &tally->stretches[i];

		if (stretch->piece != piece || !is_kept(tally, stretch))
			continue;
		kept++;
		widen(&accesses, tally_sum(stretch->counts.accesses));
		widen(&misses, tally_sum(stretch->counts.model[model].misses));
		widen(&walks, tally_sum(stretch->counts.model[model].walks));
		widen(&trips, tally_sum(stretch->counts.model[model].trips));
	}
	if (!kept)
		return;
	table_row(run, "pieces",
		  "\"of\", \"piece\", \"model\", \"kept\", \"operations\", \"accesses_least\", "
		  "\"accesses_most\", \"misses_least\", \"misses_most\", \"walks_least\", "
		  "\"walks_most\", \"trips_least\", \"trips_most\"",
		  "\"%s\", %zu, \"%s\", %zu, %" PRIu64 ", %" PRIu64 ", %" PRIu64 ", %" PRIu64
		  ", %" PRIu64 ", %" PRIu64 ", %" PRIu64 ", %" PRIu64 ", %" PRIu64,
		  tally->of, piece, simulated_name(model), kept, tally->operations[piece],
		  accesses.least, accesses.most, misses.least, misses.most, walks.least, walks.most,
		  trips.least, trips.most);
}

static void tell_events(struct run *run, const struct tally *tally)
{
	uint64_t events[2][TLB_EVENTS] = { { 0 } };
	size_t stretches[2] = { 0, 0 };

	for (size_t i = 0; i < tally->count; i++) {
		bool kept = is_kept(tally, &tally->stretches[i]);

		stretches[kept]++;
		for (int event = 0; event < TLB_EVENTS; event++)
			events[kept][event] += tally->stretches[i].counts.events[event];
	}
	for (int kept = 0; kept < 2; kept++)
		table_row(run, "events",
			  "\"of\", \"kept\", \"stretches\", \"cr3_writes\", \"cr4_writes\", "
			  "\"invlpgs\", \"interrupts\"",
			  "\"%s\", %d, %zu, %" PRIu64 ", %" PRIu64 ", %" PRIu64 ", %" PRIu64,
			  tally->of, kept, stretches[kept], events[kept][TLB_CR3_WRITES],
			  events[kept][TLB_CR4_WRITES], events[kept][TLB_INVLPGS],
			  events[kept][TLB_INTERRUPTS]);
}

static bool is_told(const struct tally *tally, unsigned int model)
{
	return !tally->caches || simulated_has_caches(model);
}

/* Numbers of the one added to those of the other, one by one. */
static void add(struct tlb_counts *sums, const struct tlb_counts *counts)
{
	const uint64_t *from = (const uint64_t *)counts;
	uint64_t *to = (uint64_t *)sums;

	for (size_t i = 0; i < sizeof(*sums) / sizeof(*to); i++)
		to[i] += from[i];
}

static void tell_areas(struct run *run, const struct tally *tally, const struct tlb_counts *sums,
		       uint64_t operations)
{
	for (unsigned int model = 0; model < simulated_models(); model++)
		for (int area = 0; area < TLB_AREAS; area++)
			if (is_told(tally, model) && sums->accesses[area])
				table_row(run, "tlb",
					  "\"of\", \"model\", \"area\", \"operations\", "
					  "\"accesses\", \"misses\", \"walks\", \"uncached\", "
					  "\"trips\"",
					  "\"%s\", \"%s\", \"%s\", %" PRIu64 ", %" PRIu64
					  ", %" PRIu64 ", %" PRIu64 ", %" PRIu64 ", %" PRIu64,
					  tally->of, simulated_name(model), simulated_area[area],
					  operations, sums->accesses[area],
					  sums->model[model].misses[area],
					  sums->model[model].walks[area], sums->uncached[area],
					  sums->model[model].trips[area]);
}

struct tlb_counts tally_tell(struct run *run, const struct tally *tally, uint64_t *operations)
{
	struct tlb_counts sums = { .accesses = { 0 } };

	*operations = 0;
	for (size_t i = 0; i < tally->count; i++) {
		const struct stretch *stretch = &tally->stretches[i];

		if (!is_kept(tally, stretch))
			continue;
		*operations += tally->operations[stretch->piece];
		add(&sums, &stretch->counts);
	}
	tell_areas(run, tally, &sums, *operations);
	for (size_t piece = 0; piece < TALLY_PIECES; piece++)
		for (unsigned int model = 0; model < simulated_models(); model++)
			if (tally->operations[piece] && is_told(tally, model))
				tell_piece(run, tally, piece, model);
	tell_events(run, tally);
	return sums;
}
