/* SPDX-License-Identifier: MIT */
/*
 * A work is ordinary work of the kernel at large, such as programs ask for every day: it says nothing
 * of where its memory lies. Each lives in one file under works/ and is found by its name.
 */
#ifndef WORK_H
#define WORK_H

#include <stddef.h>
#include <stdint.h>

struct work {
	const char *name;
	const char *operation; /* what one is, in words */
	/* Once before all rounds, and once behind them; 0 or -errno. What begin() made, end() drops. */
	int (*begin)(void);
	void (*end)(void);
	/* One round: returns its operations, or -errno. */
	int64_t (*round)(void);
};

#define WORK(id)                                                              \
	static const struct work id##_work;                                   \
	static const struct work *const id##_entry                            \
		__attribute__((used, section("work_list"))) = &id##_work;     \
	static const struct work id##_work

extern const struct work *const __start_work_list[];
extern const struct work *const __stop_work_list[];

#define for_each_work(w)                                                      \
	for (const struct work *const *w = __start_work_list; w < __stop_work_list; w++)

/* The names of all, with a bar between two: choices of a parameter. */
extern char work_words[256];
/* The work of that name, or NULL. */
const struct work *work_find(const char *name);

#endif
