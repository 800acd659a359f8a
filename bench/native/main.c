// SPDX-License-Identifier: MIT
/* The native core: its verbs. What it prints is written down in PROTOCOL.md. */
#include "verb/options.h"
#include "guest/guest.h"
#include "backing/library.h"
#include "kernel/pmu.h"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>

static int with_cell(int argc, char **argv, int (*verb)(const struct options *options))
{
	struct options options;
	int err = options_parse(&options, argc, argv);

	return err ? err : verb(&options);
}

static int list(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return list_print();
}

static int verify(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return verify_print();
}

/* A run must not go on, in real time, when whoever started it has been killed. */
static int run(int argc, char **argv)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	return with_cell(argc, argv, run_print);
}

static int touch(int argc, char **argv)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	return touch_print(argc, argv);
}

static int need(int argc, char **argv)
{
	return with_cell(argc, argv, need_print);
}

static int decode(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return pmu_decode_print();
}

static const struct verb {
	const char *name;
	int (*call)(int argc, char **argv);
} verbs[] = {
	{ "list", list },     { "run", run },		{ "need", need },   { "verify", verify },
	{ "pmu", pmu_print }, { "pmu-decode", decode }, { "touch", touch },
	{ "find-marker", find_marker },
};

int main(int argc, char **argv)
{
	/* A parent that ignores them hands that down; here children and alarms are waited for. */
	signal(SIGCHLD, SIG_DFL);
	signal(SIGALRM, SIG_DFL);
	lock_limit_raise();
	/* A name, not a verb: the kernel puts words that it does not know before a verb. */
	if (argc && !strcmp(argv[0], GUEST_INIT))
		return guest_main();
	library_hand_over(argc, argv);
	for (size_t i = 0; argc >= 2 && i < COUNT(verbs); i++)
		if (!strcmp(argv[1], verbs[i].name))
			return verbs[i].call(argc - 2, argv + 2);
	fprintf(stderr, "core: verbs are");
	for (size_t i = 0; i < COUNT(verbs); i++)
		fprintf(stderr, "%s %s", i ? "," : "", verbs[i].name);
	fprintf(stderr, "\n");
	return EXIT_USAGE;
}
