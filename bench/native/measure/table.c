// SPDX-License-Identifier: MIT
#include "measure/table.h"
#include "measure/run.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_TABLES 4

static struct table {
	const char *name, *columns;
	char *rows;
	size_t bytes;
	FILE *stream;
} tables[MOST_TABLES];

static struct table *table_named(const char *name, const char *columns)
{
	for (size_t i = 0; i < MOST_TABLES; i++) {
		struct table *table = &tables[i];

		if (!table->name) {
			*table = (struct table){ .name = name, .columns = columns };
			table->stream = open_memstream(&table->rows, &table->bytes);
			return table->stream ? table : NULL;
		}
		if (!strcmp(table->name, name))
			return table;
	}
	return NULL;
}

void table_row(struct run *run, const char *name, const char *columns, const char *format, ...)
{
	struct table *table = table_named(name, columns);
	va_list args;

	(void)run;
	if (!table)
		abort();
	fputs(ftell(table->stream) ? ", [" : "[", table->stream);
	va_start(args, format);
	vfprintf(table->stream, format, args);
	va_end(args);
	fputc(']', table->stream);
}

void tables_print(struct run *run)
{
	(void)run;
	for (size_t i = 0; i < MOST_TABLES && tables[i].name; i++) {
		fclose(tables[i].stream);
		printf("%s\"%s\": {\"columns\": [%s], \"rows\": [%s]}", i ? ", " : "",
		       tables[i].name, tables[i].columns, tables[i].rows);
		free(tables[i].rows);
		tables[i] = (struct table){ .name = NULL };
	}
}
