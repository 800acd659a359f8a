// SPDX-License-Identifier: MIT
/* The native core: its verbs. What it prints is written down in PROTOCOL.md. */
#include "backing/library.h"
#include "guest/guest.h"
#include "measure/exit_code.h"
#include "measure/lock_rule.h"
#include "measure/parent.h"
#include "memory/array.h"
#include "verb/verb.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static const struct verb {
	const char *name;
	int (*call)(int argc, char **argv);
	int most; /* words behind the name */
} verbs[] = {
	{ "list", verb_list, 0 },	{ "run", verb_run, INT_MAX },
	{ "need", verb_need, INT_MAX }, { "verify", verb_verify, 1 },
	{ "pmu", verb_pmu, 3 },		{ "pmu-decode", verb_pmu_decode, 0 },
	{ "touch", verb_touch, 2 },	{ "find-marker", verb_find_marker, 1 },
};

static int call(const struct verb *verb, int argc, char **argv)
{
	if (argc <= verb->most)
		return verb->call(argc, argv);
	fprintf(stderr, "core: %s '%s': it takes no such word\n", verb->name, argv[verb->most]);
	return EXIT_USAGE;
}

int main(int argc, char **argv)
{
	/* A parent that ignores them hands that down; here children and alarms are waited for. */
	signal(SIGCHLD, SIG_DFL);
	signal(SIGALRM, SIG_DFL);
	lock_limit_raise();
	/* A name, not a verb: the kernel puts words that it does not know before a verb. */
	if (argc && !strcmp(argv[0], GUEST_INIT))
		return guest_main();
	parent_follow();
	library_hand_over(argc, argv);
	for (size_t i = 0; argc >= 2 && i < COUNT(verbs); i++)
		if (!strcmp(argv[1], verbs[i].name))
			return call(&verbs[i], argc - 2, argv + 2);
	fprintf(stderr, "core: verbs are");
	for (size_t i = 0; i < COUNT(verbs); i++)
		fprintf(stderr, "%s %s", i ? "," : "", verbs[i].name);
	fprintf(stderr, "\n");
	return EXIT_USAGE;
}
