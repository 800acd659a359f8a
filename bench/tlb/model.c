// SPDX-License-Identifier: MIT
#include "model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_CACHE_BYTES (1ull << 30)

static const char *const sizes[PAGE_SIZES] = { "4k", "2m", "1g" };

/* What is wrong, with the word that is. */
static const char *wrong(const char *what, const char *word)
{
	static char text[200];

	snprintf(text, sizeof(text), "%s: \"%.60s\"", what, word);
	return text;
}

static const char *parse_holds(struct tlb_array *array, const char *word)
{
	char copy[32], *rest = NULL;

	snprintf(copy, sizeof(copy), "%s", word);
	for (char *part = strtok_r(copy, "+", &rest); part; part = strtok_r(NULL, "+", &rest)) {
		int size = 0;

		while (size < PAGE_SIZES && strcmp(part, sizes[size]))
			size++;
		if (size == PAGE_SIZES)
			return wrong("pages are 4k, 2m, 1g, with + between", word);
		array->holds[size] = true;
	}
	return NULL;
}

static const char *parse_entries(struct tlb_array *array, const char *word)
{
	unsigned int entries, ways;
	char rest;

	if (sscanf(word, "%ux%u%c", &entries, &ways, &rest) != 2 || !ways || !entries ||
	    entries > TLB_ENTRIES || entries % ways)
		return wrong("write entries x ways, as in 2048x8", word);
	array->ways = ways;
	array->sets = entries / ways;
	return NULL;
}

static const char *parse_option(struct tlb_array *array, const char *word)
{
	if (!strcmp(word, "loads"))
		array->stores = false;
	else if (!strcmp(word, "stores"))
		array->loads = false;
	else if (!strcmp(word, "1g-as-2m"))
		array->form |= FORM_PIECES;
	else if (!strcmp(word, "4k-joined"))
		array->form |= FORM_JOINED;
	else
		return wrong("options are loads, stores, 1g-as-2m, 4k-joined", word);
	return NULL;
}

static const char *parse_array(struct tlb *tlb, unsigned int level, char *rest)
{
	struct tlb_array *array = &tlb->arrays[tlb->count];
	const char *holds = strtok_r(NULL, " ", &rest), *entries = strtok_r(NULL, " ", &rest),
		   *word, *why;

	if (tlb->count == TLB_ARRAYS)
		return "it has more than 12 arrays";
	if (!holds || !entries)
		return "an array needs its pages and entries x ways, as in l1 4k 64x4";
	*array = (struct tlb_array){ .level = level, .loads = true, .stores = true };
	why = parse_holds(array, holds);
	why = why ? why : parse_entries(array, entries);
	while (!why && (word = strtok_r(NULL, " ", &rest)))
		why = parse_option(array, word);
	tlb->count++;
	return why;
}

static const char *parse_cache(struct cache *cache, char *rest)
{
	char *word, unit, more;
	unsigned int ways;
	unsigned long long size;

	while ((word = strtok_r(NULL, " ", &rest))) {
		if (cache->count == CACHE_LEVELS)
			return "it has more than 4 levels of caches";
		if (sscanf(word, "%llu%c/%u%c", &size, &unit, &ways, &more) != 3 ||
		    !strchr("KM", unit) || size > MOST_CACHE_BYTES >> 10)
			return wrong("write bytes/ways of a cache, as in 32K/8 or 32M/16", word);
		size <<= unit == 'K' ? 10 : 20;
		if (size > MOST_CACHE_BYTES)
			return wrong("a cache has at most 1024M", word);
		cache->levels[cache->count++] = (struct cache_level){ .bytes = size, .ways = ways };
	}
	return NULL;
}

/* One part between semicolons. */
static const char *parse_part(struct model *model, char *part)
{
	char *rest = NULL;
	const char *word = strtok_r(part, " ", &rest);

	if (!word)
		return "a part between semicolons is empty";
	if (!strcmp(word, "l1") || !strcmp(word, "l2"))
		return parse_array(&model->tlb, (unsigned int)(word[1] - '1'), rest);
	if (!strcmp(word, "cache"))
		return parse_cache(&model->cache, rest);
	return wrong("a part begins with l1, l2 or cache", word);
}

static const char *parse_name(struct model *model, const char *line, const char *colon)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
	size_t len = colon ? (size_t)(colon - line) : 0;

	if (!len || len >= sizeof(model->name) || strspn(line, allowed) != len)
		return wrong("a model's line begins with its name (a-z, 0-9, -) and a colon", line);
	memcpy(model->name, line, len);
	return NULL;
}

const char *model_make(struct model *model, const char *line)
{
	const char *colon = strchr(line, ':'), *why;
	char copy[MODEL_LINE_BYTES], *rest = NULL;

	memset(model, 0, sizeof(*model));
	if (strlen(line) >= sizeof(model->line))
		return "a model's line has less than 960 bytes";
	strcpy(model->line, line);
	why = parse_name(model, line, colon);
	if (why)
		return why;
	strcpy(copy, colon + 1);
	for (char *part = strtok_r(copy, ";", &rest); part && !why;
	     part = strtok_r(NULL, ";", &rest))
		why = parse_part(model, part);
	why = why ? why : tlb_make(&model->tlb);
	return why ? why : cache_make(&model->cache);
}

void model_drop(struct model *model)
{
	tlb_drop(&model->tlb);
	cache_drop(&model->cache);
}
