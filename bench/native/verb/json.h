/* SPDX-License-Identifier: MIT */
/* Strings as JSON has them. */
#ifndef JSON_H
#define JSON_H

/* On stdout, in quotes. */
void json_string(const char *text);

#endif
