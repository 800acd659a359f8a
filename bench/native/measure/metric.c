// SPDX-License-Identifier: MIT
#include "measure/metric.h"

#include <stdio.h>
#include <string.h>

#define LEAST_PAGE_BYTES 4096u	/* of any kernel; larger pages are said by the run */

const struct metric *metric_find(const char *name)
{
	for_each_metric(m)
		if (!strcmp((*m)->name, name))
			return *m;
	return NULL;
}

size_t metric_param(const struct metric *metric, const char *name, size_t len)
{
	for (size_t i = 0; i < metric->param_count; i++)
		if (strlen(metric->params[i].name) == len &&
		    !strncmp(metric->params[i].name, name, len))
			return i;
	return metric->param_count;
}

static size_t param_of(const struct cell *cell, const char *name)
{
	return metric_param(cell->metric, name, strlen(name));
}

bool cell_has(const struct cell *cell, const char *param)
{
	return param_of(cell, param) < cell->metric->param_count;
}

uint64_t cell_number(const struct cell *cell, const char *param)
{
	return cell->numbers[param_of(cell, param)];
}

const char *cell_word(const struct cell *cell, const char *param)
{
	return cell->words[param_of(cell, param)];
}

bool cell_is(const struct cell *cell, const char *param, const char *word)
{
	return !strcmp(cell_word(cell, param), word);
}

const char *whole_pages(const struct cell *cell, const char *param)
{
	static char why[100];

	if (!(cell_number(cell, param) % LEAST_PAGE_BYTES))
		return NULL;
	snprintf(why, sizeof(why), "%s must be whole pages of %u bytes", param, LEAST_PAGE_BYTES);
	return why;
}

const char *doses_wrong(const struct cell *cell)
{
	uint64_t dose = cell_number(cell, "first_bytes"), last = cell_number(cell, "last_bytes");

	if (whole_pages(cell, "first_bytes"))
		return whole_pages(cell, "first_bytes");
	if (dose > last)
		return "first_bytes must be at most last_bytes";
	while (dose < last)
		dose *= cell_number(cell, "factor");
	return dose == last ?
		       NULL :
		       "last_bytes must be first_bytes times factor, or that again and again";
}
