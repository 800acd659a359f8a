/* SPDX-License-Identifier: MIT */
/*
 * Putting back what a way changed outside its own processes, last change first, when the run ends
 * in whatever way. See restore.c. Each 0, or -1 where nobody could be asked to do it.
 */
#ifndef RESTORE_H
#define RESTORE_H

/* Remove a file, or a folder with its files. */
int restore_remove(const char *path);
/* Write the value into a file of the kernel. */
int restore_setting(const char *path, const char *value);
/* swapoff(2). */
int restore_swapoff(const char *path);

/* In a child of the run: it is not the one to wait for. */
void restore_forget(void);
/* Put all back now. */
void restore_now(void);

#endif
