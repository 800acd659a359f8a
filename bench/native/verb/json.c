// SPDX-License-Identifier: MIT
#include "verb/json.h"

#include <stdio.h>

void json_string(const char *text)
{
	putchar('"');
	for (const char *at = text; *at; at++) {
		if (*at == '"' || *at == '\\')
			printf("\\%c", *at);
		else if ((unsigned char)*at < 0x20)
			printf("\\u%04x", (unsigned int)*at);
		else
			putchar(*at);
	}
	putchar('"');
}
