/* SPDX-License-Identifier: MIT */
/* Small files of the kernel in /proc and /sys that hold a line of text. */
#ifndef SETTING_H
#define SETTING_H

#include <stddef.h>

/* 0, or -1 with errno. */
int setting_write(const char *path, const char *text);
/* The first line without its end, or what of it fits; 0, or -1 with errno. */
int setting_read(const char *path, char *text, size_t room);

#endif
