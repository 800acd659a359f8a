/* SPDX-License-Identifier: MIT */
/* Tables of a run: findings that are more than a number. They go into the record as they are. */
#ifndef TABLE_H
#define TABLE_H

struct run;

/* One row, as the inside of a JSON array; the columns as well, said once with the first row. */
void table_row(struct run *run, const char *table, const char *columns, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* All of them on stdout, as the inside of a JSON object; then they are gone. */
void tables_print(struct run *run);

#endif
