// SPDX-License-Identifier: MIT
/* `core need`: what a cell will take. */
#include "measure/metric.h"
#include "memory/mode.h"
#include "verb/options.h"
#include "verb/verb.h"

#include <stdio.h>

int verb_need(int argc, char **argv)
{
	struct options options;
	const struct cell *cell = &options.cell;
	unsigned long long held = 0, secret = 0, secret_held = 0;
	struct boot_use boot_use = { 0 };
	int err = options_parse(&options, argc, argv);

	if (err)
		return err;
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
	if (cell->metric->beside)
		held += cell->metric->beside(cell);
	printf("{\"bytes\": %llu, \"secret_bytes\": %llu, \"secret_held_bytes\": %llu, "
	       "\"ballast_bytes\": %llu, \"growth_bytes\": %llu, \"splits\": %llu}\n",
	       held, secret + boot_use.secret_bytes, secret_held + boot_use.secret_bytes,
	       (unsigned long long)boot_use.ballast_bytes,
	       (unsigned long long)boot_use.growth_bytes, (unsigned long long)boot_use.splits);
	return 0;
}
