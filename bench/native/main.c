// SPDX-License-Identifier: MIT
/* The native core: its verbs. What it prints is written down in PROTOCOL.md. */
#include "backing/library.h"
#include "guest/guest.h"
#include "measure/exit_code.h"
#include "measure/lock_rule.h"
#include "measure/parent.h"
#include "memory/array.h"
#include "verb/verb.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static const struct verb {
	const char *name;
	int (*call)(int argc, char **argv);
} verbs[] = {
	{ "list", verb_list },	 { "run", verb_run },
	{ "need", verb_need },	 { "verify", verb_verify },
	{ "pmu", verb_pmu },	 { "pmu-decode", verb_pmu_decode },
	{ "touch", verb_touch }, { "find-marker", verb_find_marker },
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
	parent_follow();
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
