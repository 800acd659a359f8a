// SPDX-License-Identifier: MIT
/* What a run says and keeps: values, notes, warnings, and why it failed. */
#include "measure/run.h"
#include "memory/cause.h"
#include "memory/mode.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void append(char *text, size_t room, const char *format, va_list args)
{
	size_t used = strlen(text);

	vsnprintf(text + used, room - used, format, args);
}

int run_failed(struct run *run, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(run->failure, sizeof(run->failure), format, args);
	va_end(args);
	return -1;
}

int run_unobtained(struct run *run, const struct mode *mode, int err)
{
	run->unsupported = cause_lasts(mode, -err);
	return run_failed(run, "%s", cause_mode(mode, -err));
}

int run_without(struct run *run, const struct arm *arm, int err)
{
	return run_unobtained(run, arm->mode, err);
}

int run_refused(struct run *run, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(run->failure, sizeof(run->failure), format, args);
	va_end(args);
	run->unsupported = true;
	return -1;
}

/* Notes and warnings are the core's own words: no quote, backslash or newline in them. */
void run_note(struct run *run, const char *name, const char *format, ...)
{
	size_t used = strlen(run->notes);
	va_list args;

	snprintf(run->notes + used, sizeof(run->notes) - used, "%s\"%s\": ", used ? ", " : "",
		 name);
	va_start(args, format);
	append(run->notes, sizeof(run->notes), format, args);
	va_end(args);
}

void run_warn(struct run *run, const char *format, ...)
{
	char text[300];
	size_t used = strlen(run->warnings);
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	snprintf(run->warnings + used, sizeof(run->warnings) - used, "%s\"%s\"", used ? ", " : "",
		 text);
}

static struct value *value_room(struct arm *arm)
{
	if (arm->value_count == arm->value_room) {
		arm->value_room = arm->value_room ? arm->value_room * 2 : 1024;
		arm->values = realloc(arm->values, arm->value_room * sizeof(*arm->values));
		if (!arm->values)
			abort();
	}
	return &arm->values[arm->value_count++];
}

static void keep(struct arm *arm, struct value value)
{
	*value_room(arm) = value;
	arm->ticks += value.ticks;
	arm->readings += value.readings;
	arm->operations += value.operations;
}

void value_add(struct arm *arm, uint64_t ticks, uint64_t operations)
{
	keep(arm, (struct value){ .ticks = ticks, .operations = operations, .readings = 1 });
}

void sum_add(struct arm *arm, uint64_t ticks, uint64_t operations)
{
	keep(arm, (struct value){ .ticks = ticks, .operations = operations });
}

void count_add(struct arm *arm, uint64_t count, uint64_t per)
{
	keep(arm, (struct value){ .operations = count, .per = per });
}

void ratio_add(struct arm *arm, uint64_t ticks, uint64_t per_ticks)
{
	keep(arm, (struct value){ .ticks = ticks, .per = per_ticks, .readings = 1 });
}

double net_ticks(const struct run *run, uint64_t ticks, uint64_t readings)
{
	return (double)ticks - (double)readings * run->reading_ticks;
}

void values_forget(struct arm *arm)
{
	arm->value_count = 0;
	arm->ticks = arm->readings = arm->operations = 0;
}
