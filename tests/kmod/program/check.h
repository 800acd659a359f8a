/* SPDX-License-Identifier: MIT */
/* What the programs that run in a guest share: one line per check, and one region. */
#ifndef CHECK_H
#define CHECK_H

#include "../../../bench/kmod/secretmem_wrap.h"

#include <stdbool.h>
#include <stddef.h>

#define PAGE 4096u

/* Prints "ok NAME: text" or "FAILED NAME: text". */
void check(bool ok, const char *name, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* The call must have failed with this errno. */
void refused(long result, int expected, const char *name);

/* A memfd_secret of that many bytes, or a device without a mode; aborts if there is none. */
int secret_fd(size_t bytes);
int device_fd(void);
/* A device in that mode, whose memfd is closed. */
int wrapped_fd(unsigned long mode, size_t bytes);
/* That device's memory, its descriptor in *fd unless fd is NULL. */
char *wrapped(unsigned long mode, size_t bytes, int *fd);

/* What work(arg) returned in a forked child, or minus the signal that ended it. */
int in_child(int (*work)(void *arg), void *arg);

struct secretmem_probe probe(int fd, const void *addr);
/* WB, WC, UC- or UC, by the bits PAT, PCD and PWT of an entry as Linux sets up the PAT. */
const char *memory_type(unsigned long long pte);

/* The chapters, one file each. */
void semantics(void);
void page_tables(void);
void owner(void);
void reads(void);
void returned(void);
void lock_rule(void);

#endif
