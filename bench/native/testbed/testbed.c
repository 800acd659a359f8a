// SPDX-License-Identifier: MIT
#include "testbed/testbed.h"
#include "kernel/map_level.h"
#include "measure/metric.h"
#include "measure/realtime.h"
#include "measure/run.h"
#include "memory/frame.h"
#include "memory/mode.h"

#define SAMPLE_BLOCKS 2u	/* split in A/A to see that they were not, where tables cannot be read */

size_t sample_blocks(void)
{
	return level_find() ? SAMPLE_BLOCKS : 0;
}

bool testbed_splits(const struct run *run)
{
	return run->arm[TREATMENT].mode->secret;
}

size_t set_blocks(const struct cell *cell)
{
	return cell_number(cell, "pages") / cell_number(cell, "block_pages");
}

double set_mapped(const struct set *set, enum level level)
{
	size_t count = 0;

	for (size_t i = 0; i < set->count; i++) {
		count += level_of(set->blocks[i] * BLOCK_FRAMES) == level;
		if (i % 256 == 255)
			duty(NULL);
	}
	return set->count ? (double)count / (double)set->count : 0;
}
