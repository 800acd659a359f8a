// SPDX-License-Identifier: MIT
/* The native core: its verbs. What it prints is written down in PROTOCOL.md. */
#include "cell.h"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>

static int with_cell(int argc, char **argv, int (*verb)(const struct options *options))
{
	struct options options;
	int err = options_parse(&options, argc, argv);

	return err ? err : verb(&options);
}

int main(int argc, char **argv)
{
	if (argc >= 2 && !strcmp(argv[1], "list"))
		return list_print();
	if (argc >= 2 && !strcmp(argv[1], "verify"))
		return verify_print();
	/* A run must not go on, in real time, when whoever started it has been killed. */
	if (argc >= 2 && !strcmp(argv[1], "run"))
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (argc >= 2 && !strcmp(argv[1], "run"))
		return with_cell(argc - 2, argv + 2, run_print);
	if (argc >= 2 && !strcmp(argv[1], "need"))
		return with_cell(argc - 2, argv + 2, need_print);
	fprintf(stderr, "core: verbs are list, run, need, verify\n");
	return EXIT_USAGE;
}
