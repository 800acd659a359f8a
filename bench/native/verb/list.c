// SPDX-License-Identifier: MIT
/* `core list` and `core need`: what there is, and what a cell will take. */
#include "measure/arch.h"
#include "verb/options.h"

#include <string.h>

void json_string(FILE *out, const char *text)
{
	fputc('"', out);
	for (const char *at = text; *at; at++) {
		if (*at == '"' || *at == '\\')
			fprintf(out, "\\%c", *at);
		else if ((unsigned char)*at < 0x20)
			fprintf(out, "\\u%04x", (unsigned int)*at);
		else
			fputc(*at, out);
	}
	fputc('"', out);
}

static void field(const char *name, const char *text)
{
	printf("\"%s\": ", name);
	json_string(stdout, text);
	printf(", ");
}

static const char *flag(bool value)
{
	return value ? "true" : "false";
}

static void print_support(const char *reason)
{
	printf("\"supported\": %s, \"reason\": ", flag(!reason));
	json_string(stdout, reason ? reason : "");
	putchar('}');
}

static void print_mode(const struct mode *mode)
{
	printf("{");
	field("name", mode->name);
	field("about", mode->about);
	printf("\"shared\": %s, \"secret\": %s, \"page_bytes\": %zu, ", flag(mode->shared),
	       flag(mode->secret), mode_page_bytes(mode));
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
	printf("\"paired\": %s, \"duet\": %s, \"params\": [", flag(metric->paired),
	       flag(metric->duet));
	for (size_t i = 0; i < metric->param_count; i++) {
		printf(i ? ", " : "");
		print_param(&metric->params[i]);
	}
	printf("], ");
	print_support(NULL);
}

int list_print(void)
{
	const char *separator = "";

	printf("{\"core\": {\"version\": \"%s\", \"arch\": \"%s\", \"timer\": \"%s\", "
	       "\"timer_resolution_s\": %.3g, \"timer_cost_s\": %.3g}, \"modes\": [",
	       CORE_VERSION, ARCH_NAME, ARCH_TIMER, timer_resolution_s(), timer_cost_s());
	for_each_mode(m) {
		printf("%s", separator);
		print_mode(*m);
		separator = ", ";
	}
	printf("], \"metrics\": [");
	separator = "";
	for_each_metric(m) {
		printf("%s", separator);
		print_metric(*m);
		separator = ", ";
	}
	printf("]}\n");
	return 0;
}

int need_print(const struct options *options)
{
	const struct cell *cell = &options->cell;
	unsigned long long held = 0, secret = 0, secret_held = 0;
	struct boot_use boot_use = { 0 };

	for (enum arm_id arm = TREATMENT; arm < ARMS; arm++) {
		struct need need;

		if (!cell->mode[arm])
			continue;
		need = cell->metric->need(cell, cell->mode[arm]);
		held += need.held_bytes;
		if (cell->mode[arm]->secret) {
			secret += need.touched_bytes;
			secret_held += need.held_bytes;
		}
	}
	if (cell->metric->boot_use)
		boot_use = cell->metric->boot_use(cell);
	printf("{\"bytes\": %llu, \"secret_bytes\": %llu, \"secret_held_bytes\": %llu, "
	       "\"ballast_bytes\": %llu, \"growth_bytes\": %llu, \"splits\": %llu}\n", held,
	       secret + boot_use.secret_bytes, secret_held + boot_use.secret_bytes,
	       (unsigned long long)boot_use.ballast_bytes, (unsigned long long)boot_use.growth_bytes,
	       (unsigned long long)boot_use.splits);
	return 0;
}
