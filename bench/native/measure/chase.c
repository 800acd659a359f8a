// SPDX-License-Identifier: MIT
/*
 * Pointer chases. A random order of visit, linked into a ring, is one cycle by
 * construction and covers the whole working set; a random table of successors
 * would cover a median of 55 % of it.
 */
#include "measure/chase.h"
#include "measure/arch.h"
#include "measure/random.h"
#include "measure/realtime.h"
#include "memory/page.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define REST_LINES 65536u	/* between two looks at the duty */
#define PAGE_LINES 64u	/* lines that one 4 KiB page holds */

struct visit {
	uint32_t *order; /* line visited at each step */
	uint32_t count;
	uint32_t *where; /* each line lies, in lines; NULL: one behind the other */
	uint64_t random[4];
};

/* Large sets take seconds to link. */
static void rest_at(uint32_t i)
{
	if (i % REST_LINES == REST_LINES - 1)
		duty(NULL);
}

static void shuffle(struct visit *visit, uint32_t *items, uint32_t count)
{
	for (uint32_t i = count; i > 1; i--) {
		uint32_t j = (uint32_t)random_below(visit->random, i);
		uint32_t kept = items[i - 1];

		items[i - 1] = items[j];
		items[j] = kept;
		rest_at(i);
	}
}

static void line_random(struct visit *visit)
{
	for (uint32_t i = 0; i < visit->count; i++) {
		visit->order[i] = i;
		rest_at(i);
	}
	shuffle(visit, visit->order, visit->count);
}

/* All lines of a page in random order, then the next page, pages in random order. */
static void page_local(struct visit *visit, uint32_t *pages, uint32_t page_count)
{
	uint32_t at = 0;

	shuffle(visit, pages, page_count);
	for (uint32_t p = 0; p < page_count; p++) {
		uint32_t first = pages[p] * PAGE_LINES;
		uint32_t start = at;

		for (uint32_t l = first; l < first + PAGE_LINES && l < visit->count; l++)
			visit->order[at++] = l;
		shuffle(visit, visit->order + start, at - start);
		rest_at(p * PAGE_LINES + PAGE_LINES - 1);
	}
}

/*
 * Another page at every step: in each of 64 rounds every page once, in a new
 * random order. Which line of the page comes in which round is random per page,
 * else all accesses of a round would fall into the same cache sets.
 */
static int page_random(struct visit *visit, uint32_t *pages, uint32_t page_count)
{
	unsigned char *lines = malloc(visit->count);
	uint32_t one[PAGE_LINES];
	uint32_t at = 0;

	if (!lines)
		return -ENOMEM;
	for (uint32_t p = 0; p < page_count; p++) {
		for (uint32_t l = 0; l < PAGE_LINES; l++)
			one[l] = l;
		shuffle(visit, one, PAGE_LINES);
		for (uint32_t l = 0; l < PAGE_LINES; l++)
			lines[p * PAGE_LINES + l] = (unsigned char)one[l];
		rest_at(p * PAGE_LINES + PAGE_LINES - 1);
	}
	for (uint32_t round = 0; round < PAGE_LINES; round++) {
		shuffle(visit, pages, page_count);
		if (at && page_count > 1 && visit->order[at - 1] / PAGE_LINES == pages[0]) {
			uint32_t kept = pages[0];

			pages[0] = pages[page_count - 1];
			pages[page_count - 1] = kept;
		}
		for (uint32_t p = 0; p < page_count; p++) {
			visit->order[at++] = pages[p] * PAGE_LINES +
					     lines[pages[p] * PAGE_LINES + round];
			rest_at(at);
		}
	}
	free(lines);
	return 0;
}

static int order_pages(struct visit *visit, bool local)
{
	uint32_t page_count = (visit->count + PAGE_LINES - 1) / PAGE_LINES;
	uint32_t *pages;
	int err = 0;

	if (!local && visit->count % PAGE_LINES)
		return -EINVAL;
	pages = malloc(page_count * sizeof(*pages));
	if (!pages)
		return -ENOMEM;
	for (uint32_t p = 0; p < page_count; p++)
		pages[p] = p;
	if (local)
		page_local(visit, pages, page_count);
	else
		err = page_random(visit, pages, page_count);
	free(pages);
	return err;
}

static char *line_at(char *base, const struct visit *visit, uint32_t line)
{
	return base + (size_t)(visit->where ? visit->where[line] : line) * LINE_BYTES;
}

/* Link through a table of successors, so that the region is written in address order. */
static int link_lines(char *base, const struct visit *visit)
{
	uint32_t *next = malloc(visit->count * sizeof(*next));

	if (!next)
		return -ENOMEM;
	for (uint32_t i = 0; i < visit->count; i++) {
		next[visit->order[i]] = visit->order[i + 1 < visit->count ? i + 1 : 0];
		rest_at(i);
	}
	for (uint32_t i = 0; i < visit->count; i++) {
		*(void **)line_at(base, visit, i) = line_at(base, visit, next[i]);
		rest_at(i);
	}
	free(next);
	return 0;
}

/*
 * One line in each page. In every group of as many pages as a page has lines each
 * offset comes once, in random order: at equal offsets all lines would share a few
 * cache sets, and their misses would pass for those of the TLB.
 */
static void spread(struct visit *visit, uint32_t page_lines)
{
	uint32_t *where = visit->where;

	for (uint32_t first = 0; first < visit->count; first += page_lines) {
		uint32_t rest = visit->count - first, group = rest < page_lines ? rest : page_lines;

		for (uint32_t i = 0; i < group; i++)
			where[first + i] = i;
		shuffle(visit, where + first, group);
	}
	/* The chase starts at the region's start. */
	for (uint32_t i = 0; i < visit->count && i < page_lines; i++)
		if (!where[i])
			where[i] = where[0];
	where[0] = 0;
	for (uint32_t i = 0; i < visit->count; i++)
		where[i] += i * page_lines;
}

int chase_build_spread(char *base, size_t pages, uint64_t seed)
{
	uint32_t page_lines = (uint32_t)(base_bytes() / LINE_BYTES);
	struct visit visit = { .count = (uint32_t)pages };
	int err = -ENOMEM;

	if (!pages || pages > UINT32_MAX / page_lines)
		return -EINVAL;
	visit.order = malloc(pages * sizeof(*visit.order));
	visit.where = malloc(pages * sizeof(*visit.where));
	if (visit.order && visit.where) {
		random_seed(visit.random, seed);
		spread(&visit, page_lines);
		line_random(&visit);
		err = link_lines(base, &visit);
	}
	free(visit.order);
	free(visit.where);
	return err;
}

#define TEN(x) x x x x x x x x x x

/* Unrolled a hundred times: a plain loop adds 0.2 ns to a hit in the first cache. */
void *chase_follow(void *at, uint64_t loads)
{
	for (uint64_t n = loads / 100; n; n--) {
		TEN(TEN(at = *(void *volatile *)at;))
	}
	return at;
}

int chase_build(char *base, size_t len_bytes, const char *order, uint64_t seed)
{
	struct visit visit = { .count = (uint32_t)(len_bytes / LINE_BYTES) };
	int err = 0;

	if (!visit.count || len_bytes / LINE_BYTES > UINT32_MAX)
		return -EINVAL;
	visit.order = malloc(visit.count * sizeof(*visit.order));
	if (!visit.order)
		return -ENOMEM;
	random_seed(visit.random, seed);
	if (!strcmp(order, "line-random"))
		line_random(&visit);
	else
		err = order_pages(&visit, !strcmp(order, "page-local"));
	if (!err)
		err = link_lines(base, &visit);
	free(visit.order);
	return err;
}
