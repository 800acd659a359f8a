// SPDX-License-Identifier: MIT
#include "testbed/work.h"

#include <stdio.h>
#include <string.h>

char work_words[256];

/* As the program starts: whoever reads the parameter finds them there. */
__attribute__((constructor)) static void list_works(void)
{
	for_each_work(w)
	{
		size_t used = strlen(work_words);

		snprintf(work_words + used, sizeof(work_words) - used, "%s%s", used ? "|" : "",
			 (*w)->name);
	}
}

const struct work *work_find(const char *name)
{
	for_each_work(w) if (!strcmp((*w)->name, name)) return *w;
	return NULL;
}
