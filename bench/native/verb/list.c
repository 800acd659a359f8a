// SPDX-License-Identifier: MIT
/* `core list`: the modes and metrics that there are. */
#include "measure/arch.h"
#include "measure/metric.h"
#include "measure/timer.h"
#include "memory/cause.h"
#include "memory/mode.h"
#include "verb/json.h"
#include "verb/obtained.h"
#include "verb/verb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CORE_VERSION "0.1.0"

static void field(const char *name, const char *text)
{
	printf("\"%s\": ", name);
	json_string(text);
	printf(", ");
}

static const char *flag(bool value)
{
	return value ? "true" : "false";
}

static void print_support(const char *reason)
{
	printf("\"supported\": %s, \"reason\": ", flag(!reason));
	json_string(reason ? reason : "");
	putchar('}');
}

static void print_mode(const struct mode *mode)
{
	printf("{");
	field("name", mode->name);
	field("about", mode->about);
	printf("\"shared\": %s, \"secret\": %s, \"page_bytes\": %zu, ", flag(mode->shared),
	       flag(mode->secret), mode_page_bytes(mode));
	printf("\"order\": %u, \"promise\": %u, ", mode->order, mode->promise);
	field("hue", mode->hue ? mode->hue : "");
	field("marker", mode->marker ? mode->marker : "");
	field("line", mode->line ? mode->line : "");
	printf("\"hollow\": %s, ", flag(mode->hollow));
	print_support(mode_unsupported(mode));
}

static void print_words(const char *words)
{
	printf("\"choices\": [\"");
	for (const char *at = words; *at; at++) {
		if (*at == '|')
			printf("\", \"");
		else
			putchar(*at);
	}
	printf("\"], \"min\": null, \"max\": null");
}

static void print_param(const struct param *param)
{
	printf("{");
	field("name", param->name);
	field("about", param->about);
	field("unit", param->unit);
	printf(param->words ? "\"default\": \"%s\", " : "\"default\": %s, ", param->usual);
	if (param->words)
		print_words(param->words);
	else
		printf("\"choices\": null, \"min\": %llu, \"max\": %llu",
		       (unsigned long long)param->min, (unsigned long long)param->max);
	printf("}");
}

static void print_metric(const struct metric *metric)
{
	printf("{");
	field("name", metric->name);
	field("about", metric->about);
	field("question", metric->question);
	field("unit", metric->unit);
	field("better", metric->better);
	field("assume", metric->assume);
	field("effect", metric->effect ? metric->effect : "ratio");
	printf("\"procedure\": %u, \"needs\": [", metric->procedure ? metric->procedure : 1);
	obtained_print_needs(metric);
	printf("], \"paired\": %s, \"duet\": %s, \"params\": [", flag(metric->paired),
	       flag(metric->duet));
	for (size_t i = 0; i < metric->param_count; i++) {
		printf(i ? ", " : "");
		print_param(&metric->params[i]);
	}
	printf("], ");
	print_support(NULL);
}

/* Ways in behind all others, else by name: wherever their files lie. */
static int by_name(const void *a, const void *b)
{
	const struct metric *x = *(const struct metric *const *)a,
			    *y = *(const struct metric *const *)b;

	return !x->way != !y->way ? (x->way ? 1 : -1) : strcmp(x->name, y->name);
}

static void print_metrics(void)
{
	size_t count = (size_t)(__stop_metric_list - __start_metric_list);
	const struct metric **metrics = malloc(count * sizeof(*metrics));

	if (!metrics)
		abort();
	memcpy(metrics, __start_metric_list, count * sizeof(*metrics));
	qsort(metrics, count, sizeof(*metrics), by_name);
	for (size_t i = 0; i < count; i++) {
		printf("%s", i ? ", " : "");
		print_metric(metrics[i]);
	}
	free(metrics);
}

int verb_list(int argc, char **argv)
{
	const char *separator = "";

	(void)argc;
	(void)argv;
	printf("{\"core\": {\"version\": \"%s\", \"arch\": \"%s\", \"timer\": \"%s\", "
	       "\"timer_resolution_s\": %.3g, \"timer_cost_s\": %.3g",
	       CORE_VERSION, ARCH_NAME, ARCH_TIMER, timer_resolution_s(), timer_cost_s());
	if (timer_step_ticks())
		printf(", \"timer_step_s\": %.3g", timer_step_s());
	printf("}, \"modes\": [");
	for_each_mode(m) {
		printf("%s", separator);
		print_mode(*m);
		separator = ", ";
	}
	printf("], \"metrics\": [");
	print_metrics();
	printf("]}\n");
	return 0;
}
