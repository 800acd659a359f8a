/* SPDX-License-Identifier: MIT */
/*
 * Putting back what a run changed outside its own processes, last change first, when the run ends in
 * whatever way. Each is told before the change is made, so that there is no moment at which the run
 * may be killed and nobody knows. See restore.c. Each 0, or -1 where nobody could be asked to do it.
 */
#ifndef RESTORE_H
#define RESTORE_H

#include <stddef.h>

/* Remove a file, or a folder with its files; it need not be there yet, nor ever. */
int restore_remove(const char *path);
/*
 * Write `value` into a file of the kernel that holds `before` now; put that back if it still holds
 * `value` then. Makes the change itself.
 */
int restore_change(const char *path, const char *before, const char *value);
/* When the run ends, write the value into a file of the kernel. */
int restore_write(const char *path, const char *value);
/* swapoff(2). */
int restore_swapoff(const char *path);
/*
 * Read a file of the kernel of which each read makes something and tells its number (hot_add of
 * zram); when the run ends, write that number into `remove`. It is the restorer that reads, so that
 * whoever can take it away knows of it first.
 */
int restore_make(const char *make, const char *remove, char *number, size_t room);

/* In a child of the run: it is not the one to wait for. */
void restore_forget(void);
/* Put all back now. */
void restore_now(void);

#endif
