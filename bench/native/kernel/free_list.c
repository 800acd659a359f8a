// SPDX-License-Identifier: MIT
#include "kernel/free_list.h"
#include "kernel/page_descriptor.h"
#include "measure/realtime.h"
#include "memory/array.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_ORDERS 16
#define MOST_TYPES 8
#define MOST_ZONES 32
#define MOST_HEADS (MOST_ZONES * MOST_ORDERS * MOST_TYPES)
#define LINK_WORD 1u		/* lru.next of a free piece, after the flags */
#define ORDER_WORD 5u		/* private */
#define HEAD_BYTES 16u		/* struct list_head */
#define MOST_STRIDE 512u
#define WRONG_SHARE 0.1		/* of a zone's pieces may be elsewhere than its counts say */

struct zone {
	int node;
	char name[16];
	uint64_t first, end; /* frames */
	int types, orders;
	long long count[MOST_TYPES][MOST_ORDERS];
};

struct head {
	uint64_t address;
	int zone;
	unsigned int order;
	long long count;
	enum free_type type;
};

static struct zone zones[MOST_ZONES];
static int zone_count;
static struct head heads[MOST_HEADS];
static int head_count;

uint64_t free_lists_meet(struct free_lists *lists, uint64_t frame)
{
	const uint64_t *words = page_descriptor_words(frame);

	if (!words || words[ORDER_WORD] >= MOST_ORDERS || frame % (1ull << words[ORDER_WORD]))
		return 1;
	GROW(lists->pieces, lists->count, lists->room);
	lists->pieces[lists->count++] = (struct free_piece){ frame, words[LINK_WORD],
							     (unsigned int)words[ORDER_WORD], -1 };
	return 1ull << words[ORDER_WORD];
}

static struct zone *zone_named(int node, const char *name)
{
	for (int i = 0; i < zone_count; i++)
		if (zones[i].node == node && !strcmp(zones[i].name, name))
			return &zones[i];
	return NULL;
}

static struct zone *zone_add(int node, const char *name)
{
	struct zone *zone = zone_count < MOST_ZONES ? &zones[zone_count++] : NULL;

	if (zone) {
		*zone = (struct zone){ .node = node };
		snprintf(zone->name, sizeof(zone->name), "%s", name);
	}
	return zone;
}

/* Where the zones lie: /proc/zoneinfo. */
static void read_zones(void)
{
	FILE *file = fopen("/proc/zoneinfo", "re");
	struct zone *zone = NULL;
	unsigned long long number;
	char line[256], name[16];
	int node;

	zone_count = 0;
	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "Node %d, zone %15s", &node, name) == 2) {
			zone = zone_add(node, name);
		} else if (zone && sscanf(line, " spanned %llu", &number) == 1) {
			zone->end = number;
		} else if (zone && sscanf(line, " start_pfn: %llu", &number) == 1) {
			zone->first = number;
			zone->end += number;
		}
	}
	if (file)
		fclose(file);
}

/* How many free pieces each list holds: /proc/pagetypeinfo, its types in the kernel's order. */
static void read_counts(void)
{
	FILE *file = fopen("/proc/pagetypeinfo", "re");
	char line[512], name[16];
	int node, at;

	while (file && fgets(line, sizeof(line), file)) {
		struct zone *zone;
		char *from, *end;
		int order = 0;

		at = 0;
		if (sscanf(line, "Node %d, zone %15[^,], type %*s %n", &node, name, &at) != 2 ||
		    !at)
			continue;
		zone = zone_named(node, name);
		if (!zone || zone->types == MOST_TYPES)
			continue;
		for (from = line + at; order < MOST_ORDERS; from = end, order++) {
			zone->count[zone->types][order] = strtoll(from, &end, 10);
			if (end == from)
				break;
		}
		zone->orders = order;
		zone->types++;
	}
	if (file)
		fclose(file);
}

static int zone_of(uint64_t frame)
{
	for (int i = 0; i < zone_count; i++)
		if (frame >= zones[i].first && frame < zones[i].end)
			return i;
	return -1;
}

static int head_at(uint64_t address, uint64_t frame, unsigned int order)
{
	for (int i = 0; i < head_count; i++)
		if (heads[i].address == address)
			return heads[i].order == order ? i : -1;
	if (head_count == MOST_HEADS || zone_of(frame) < 0)
		return -1;
	heads[head_count] = (struct head){ address, zone_of(frame), order, 0, FREE_OTHER };
	return head_count++;
}

static struct free_piece *piece_of(const struct free_lists *lists, uint64_t frame)
{
	size_t low = 0, high = lists->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (lists->pieces[middle].frame < frame)
			low = middle + 1;
		else
			high = middle;
	}
	return low < lists->count && lists->pieces[low].frame == frame ? &lists->pieces[low] : NULL;
}

/*
 * From a piece along its list to what is known or to the head, then back: pieces that lie between
 * get the same list. A list that changed meanwhile ends nowhere, and they stay unknown (-2).
 */
static void follow(const struct free_lists *lists, struct free_piece *from)
{
	struct free_piece *piece = from, *next;
	int list = -2;

	for (size_t steps = 0; steps <= lists->count; steps++) {
		uint64_t frame = page_descriptor_frame(piece->next);

		if (frame == UINT64_MAX) {
			list = head_at(piece->next, piece->frame, piece->order);
			list = list < 0 ? -2 : list;
			break;
		}
		next = piece_of(lists, frame);
		if (!next || next->order != from->order)
			break;
		piece = next;
		if (piece->list != -1) {
			list = piece->list;
			break;
		}
	}
	for (piece = from; piece && piece->list == -1;) {
		uint64_t frame = page_descriptor_frame(piece->next);

		piece->list = list;
		piece = frame == UINT64_MAX ? NULL : piece_of(lists, frame);
	}
}

/* Where a zone's heads would stand: the first one, and from one order to the next. */
struct layout {
	uint64_t base, stride;
};

/* Type of a head; -1 where none can stand there. */
static int type_at(const struct zone *zone, const struct head *head, struct layout layout)
{
	uint64_t at = head->address - layout.base - head->order * layout.stride;

	return at % HEAD_BYTES || at >= (uint64_t)zone->types * HEAD_BYTES ? -1 :
									     (int)(at / HEAD_BYTES);
}

/* Pieces that are not where the counts say; -1 where the layout is impossible. */
static long long wrong_at(int index, struct layout layout)
{
	const struct zone *zone = &zones[index];
	long long seen[MOST_TYPES][MOST_ORDERS] = { { 0 } }, wrong = 0;

	for (int i = 0; i < head_count; i++) {
		int type = heads[i].zone == index ? type_at(zone, &heads[i], layout) : 0;

		if (type < 0)
			return -1;
		if (heads[i].zone == index)
			seen[type][heads[i].order] += heads[i].count;
	}
	for (int type = 0; type < zone->types; type++)
		for (int order = 0; order < zone->orders; order++)
			wrong += llabs(seen[type][order] - zone->count[type][order]);
	return wrong;
}

/*
 * A head for each type and the number of its pieces make an order's struct free_area; kernels may
 * have put more into it. The layout that agrees best with the counts.
 */
static long long best_layout(int index, const struct head *first, struct layout *best)
{
	uint64_t types = (uint64_t)zones[index].types;
	long long least = -1;

	for (uint64_t stride = types * HEAD_BYTES + sizeof(long); stride <= MOST_STRIDE;
	     stride += sizeof(long)) {
		for (uint64_t type = 0; type < types; type++) {
			struct layout layout = {
				first->address - first->order * stride - type * HEAD_BYTES, stride
			};
			long long wrong = wrong_at(index, layout);

			if (wrong < 0 || (least >= 0 && wrong >= least))
				continue;
			least = wrong;
			*best = layout;
		}
	}
	return least;
}

static void name_heads(int index)
{
	const struct head *first = NULL;
	struct layout layout = { 0 };
	long long wrong, all = 0;

	for (int i = head_count - 1; i >= 0; i--) {
		if (heads[i].zone != index)
			continue;
		first = &heads[i];
		all += first->count;
	}
	wrong = first ? best_layout(index, first, &layout) : -1;
	if (wrong < 0 || (double)wrong > WRONG_SHARE * (double)all)
		return;
	for (int i = 0; i < head_count; i++) {
		int type = heads[i].zone == index ? type_at(&zones[index], &heads[i], layout) : -1;

		if (type >= 0 && type < FREE_OTHER)
			heads[i].type = (enum free_type)type;
	}
}

void free_lists_follow(struct free_lists *lists)
{
	head_count = 0;
	read_zones();
	for (size_t i = 0; i < lists->count; i++) {
		if (lists->pieces[i].list == -1)
			follow(lists, &lists->pieces[i]);
		if (i % 1024 == 1023)
			duty(NULL);
	}
	for (size_t i = 0; i < lists->count; i++)
		if (lists->pieces[i].list >= 0)
			heads[lists->pieces[i].list].count++;
	read_counts();
	for (int i = 0; i < zone_count; i++)
		name_heads(i);
}

enum free_type free_lists_type(const struct free_lists *lists, uint64_t frame, uint64_t *pages)
{
	const struct free_piece *piece = piece_of(lists, frame);

	*pages = piece ? 1ull << piece->order : 1;
	return piece && piece->list >= 0 ? heads[piece->list].type : FREE_OTHER;
}

void free_lists_release(struct free_lists *lists)
{
	free(lists->pieces);
	*lists = (struct free_lists){ .pieces = NULL };
}
