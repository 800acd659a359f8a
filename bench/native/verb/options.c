// SPDX-License-Identifier: MIT
/* From the command line to a cell. */
#include "verb/options.h"
#include "measure/exit_code.h"
#include "measure/metric.h"
#include "memory/mode.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "line-random" within "line-random|page-random|page-local". */
static bool among(const char *words, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = words; at; at = strchr(at, '|') ? strchr(at, '|') + 1 : NULL)
		if (!strncmp(at, word, len) && (at[len] == '|' || !at[len]))
			return len > 0;
	return false;
}

static int usage(const char *what, const char *name, const char *next)
{
	fprintf(stderr, "core: %s '%s': %s\n", what, name, next);
	return EXIT_USAGE;
}

static int set_param(struct cell *cell, size_t i, const char *text)
{
	const struct param *param = &cell->metric->params[i];
	unsigned long long number;
	char *end;

	if (param->words) {
		if (!among(param->words, text))
			return usage(param->name, text, param->words);
		cell->words[i] = text;
		return 0;
	}
	errno = 0;
	number = strtoull(text, &end, 10);
	if (errno || *end || end == text || *text == '-')
		return usage(param->name, text, "give a whole number in base units");
	if (number < param->min || number > param->max) {
		fprintf(stderr, "core: %s '%s': allowed are %llu to %llu\n", param->name, text,
			(unsigned long long)param->min, (unsigned long long)param->max);
		return EXIT_USAGE;
	}
	cell->numbers[i] = number;
	return 0;
}

/* `given` has a bit for each parameter that was. */
static int parse_assignment(struct cell *cell, const char *argument, unsigned int *given)
{
	const char *equals = strchr(argument, '=');
	size_t i;

	if (!equals)
		return usage("argument", argument, "parameters are given as name=value");
	i = metric_param(cell->metric, argument, (size_t)(equals - argument));
	if (i == cell->metric->param_count)
		return usage("parameter", argument,
			     "the metric has none of that name, see core list");
	if (*given >> i & 1)
		return usage("parameter", argument, "given twice");
	*given |= 1u << i;
	return set_param(cell, i, equals + 1);
}

static int parse_number(const char *option, const char *text, unsigned long long *number)
{
	char *end;

	errno = 0;
	*number = text ? strtoull(text, &end, 10) : 0;
	if (!text || errno || *end || end == text || *text == '-')
		return usage("option", option, "needs a whole number");
	return 0;
}

static int parse_control(struct options *options, const char *name)
{
	if (options->cell.mode[CONTROL])
		return usage("control", name ? name : "", "given twice");
	options->cell.mode[CONTROL] = name ? mode_find(name) : NULL;
	if (!options->cell.mode[CONTROL])
		return usage("control", name ? name : "", "unknown mode, see core list");
	if (!options->cell.metric->duet)
		return usage("control", name, "this metric is measured alone");
	return 0;
}

static int parse_option(struct options *options, const char *option, const char *next)
{
	unsigned long long number;

	if (!strcmp(option, "--control"))
		return parse_control(options, next);
	if (strcmp(option, "--seed") && strcmp(option, "--cpu"))
		return usage("option", option, "known are --control, --seed, --cpu, --no-realtime");
	if (parse_number(option, next, &number))
		return EXIT_USAGE;
	if (!strcmp(option, "--seed"))
		options->seed = number;
	else if (number < 4096)
		options->cpu = (long)number;
	else
		return usage("--cpu", next, "no such CPU");
	return 0;
}

static int parse_rest(struct options *options, int argc, char **argv)
{
	unsigned int given = 0;

	for (int i = 0; i < argc; i++) {
		int err;

		if (!strcmp(argv[i], "--no-realtime")) {
			options->realtime = false;
		} else if (!strncmp(argv[i], "--", 2)) {
			err = parse_option(options, argv[i], i + 1 < argc ? argv[i + 1] : NULL);
			if (err)
				return err;
			i++;
		} else {
			err = parse_assignment(&options->cell, argv[i], &given);
			if (err)
				return err;
		}
	}
	return 0;
}

int options_parse(struct options *options, int argc, char **argv)
{
	const char *why = NULL;

	*options = (struct options){ .cpu = -1, .realtime = true };
	if (argc < 2)
		return usage("arguments", "", "METRIC MODE [--control MODE] [name=value ...]");
	options->cell.metric = metric_find(argv[0]);
	if (!options->cell.metric)
		return usage("metric", argv[0], "unknown, see core list");
	options->cell.mode[TREATMENT] = mode_find(argv[1]);
	if (!options->cell.mode[TREATMENT])
		return usage("mode", argv[1], "unknown, see core list");
	for (size_t i = 0; i < options->cell.metric->param_count; i++)
		if (set_param(&options->cell, i, options->cell.metric->params[i].usual))
			return EXIT_USAGE;
	if (parse_rest(options, argc - 2, argv + 2))
		return EXIT_USAGE;
	if (options->cell.metric->wrong)
		why = options->cell.metric->wrong(&options->cell);
	return why ? usage("cell of", argv[0], why) : 0;
}
