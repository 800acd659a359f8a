// SPDX-License-Identifier: MIT
#include "measure/metric.h"

#include <string.h>

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
