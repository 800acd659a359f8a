// SPDX-License-Identifier: MIT
/* `core pmu` and `core pmu-decode`: the choice of events and the decoding, to be looked at. */
#include "kernel/pmu.h"
#include "kernel/pmu_table.h"
#include "measure/exit_code.h"
#include "verb/json.h"
#include "verb/verb.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_scope(const char *name, enum pmu_scope scope)
{
	const char *why = pmu_unsupported(scope);

	printf(", \"%s\": {\"supported\": %s, \"reason\": ", name, why ? "false" : "true");
	json_string(why ? why : "");
	putchar('}');
}

static int print_table(const struct pmu_cpu *cpu, bool here)
{
	const struct pmu_table *table = pmu_table(cpu);

	printf("{\"vendor\": ");
	json_string(cpu->vendor);
	printf(", \"family\": %u, \"model\": %u, \"table\": \"%s\", \"generic\": %s, \"events\": [",
	       cpu->family, cpu->model, table->name, table->generic ? "true" : "false");
	for (size_t i = 0; i < table->count; i++)
		printf("%s{\"name\": \"%s\", \"of\": \"%s\", \"config\": \"0x%llx\"}",
		       i ? ", " : "", table->events[i].name, table->events[i].of,
		       (unsigned long long)table->events[i].config);
	printf("]");
	if (here) {
		print_scope("user", PMU_USER);
		print_scope("kernel", PMU_KERNEL);
	}
	printf("}\n");
	return 0;
}

static bool number(const char *text, unsigned int *value)
{
	unsigned long parsed;
	char *end;

	errno = 0;
	parsed = strtoul(text, &end, 0);
	*value = (unsigned int)parsed;
	return !errno && end != text && !*end && isdigit((unsigned char)*text) && parsed < 4096;
}

int verb_pmu(int argc, char **argv)
{
	struct pmu_cpu cpu = pmu_cpu();

	if (!argc)
		return print_table(&cpu, true);
	if (argc != 3 || strlen(argv[0]) >= sizeof(cpu.vendor) || !number(argv[1], &cpu.family) ||
	    !number(argv[2], &cpu.model)) {
		fprintf(stderr,
			"core: pmu takes nothing, or VENDOR FAMILY MODEL as in /proc/cpuinfo "
			"(arm64 0 0 for any arm64)\n");
		return EXIT_USAGE;
	}
	strcpy(cpu.vendor, argv[0]);
	return print_table(&cpu, false);
}

enum { NO_LINE = -1, NO_DIGITS = -2 };

/* One line of hex digits, the bytes of one read(2). Returns their number, or why there is none. */
static int read_line(uint64_t *words, size_t room)
{
	unsigned char *bytes = (unsigned char *)words;
	char line[256];
	size_t count = 0;

	if (!fgets(line, sizeof(line), stdin))
		return NO_LINE;
	for (const char *at = line; !isspace((unsigned char)*at); at += 2, count++) {
		unsigned int byte;

		if (count == room || !isxdigit((unsigned char)at[0]) ||
		    !isxdigit((unsigned char)at[1]) || sscanf(at, "%2x", &byte) != 1)
			return NO_DIGITS;
		bytes[count] = (unsigned char)byte;
	}
	return (int)count;
}

static void print_reading(const struct pmu_reading *reading)
{
	printf("{\"state\": \"%s\", \"share\": %.6g, \"counts\": [", pmu_state_name(reading->state),
	       reading->share);
	for (size_t i = 0; reading->state <= PMU_SCALED && i < reading->count; i++)
		printf("%s%.17g", i ? ", " : "", reading->counts[i]);
	printf("]}\n");
}

int verb_pmu_decode(int argc, char **argv)
{
	uint64_t words[2][PMU_WORDS] = { { 0 } };
	struct pmu_reading reading;
	int first = read_line(words[0], sizeof(words[0])), second = NO_LINE, err;

	(void)argc;
	(void)argv;
	if (first > 0)
		second = read_line(words[1], sizeof(words[1]));
	err = first < 0 || second == NO_DIGITS;
	if (!err && second == NO_LINE)
		err = pmu_decode(words[0], (size_t)first, NULL, &reading);
	else if (!err)
		err = pmu_decode(words[1], (size_t)second, words[0], &reading);
	if (err) {
		fprintf(stderr,
			"core: pmu-decode reads one group reading in hex digits from stdin, "
			"or an earlier one and a later one, a line each\n");
		return EXIT_USAGE;
	}
	print_reading(&reading);
	return 0;
}
