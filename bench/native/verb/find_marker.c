// SPDX-License-Identifier: MIT
/* `core find-marker SEED`: the program that way-exec starts. Exits with the bytes of the marker found. */
#include "attempt/descriptor.h"
#include "attempt/marker.h"
#include "verb/verb.h"

#include <stdlib.h>

#define MOST_DESCRIPTORS 256

int verb_find_marker(int argc, char **argv)
{
	struct marker marker = { argc ? strtoull(argv[0], NULL, 10) : 0 };
	int most = 0;

	for (int fd = 0; fd < MOST_DESCRIPTORS; fd++) {
		int found = descriptor_found(&marker, fd);

		most = found > most ? found : most;
	}
	return most;
}
