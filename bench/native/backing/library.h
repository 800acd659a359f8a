/* SPDX-License-Identifier: MIT */
/*
 * Modes that are another library's work, loaded when they are used, so that the core
 * needs none of them. A static executable cannot load a shared library: it hands over
 * to `core-dynamic`, the same core linked dynamically, beside it.
 */
#ifndef LIBRARY_H
#define LIBRARY_H

#include <stddef.h>

struct function {
	const char *name;
	void **at;
};

/*
 * Load the first of the NULL-terminated file names that is there and fill in the
 * functions. 0, -ELIBACC if there is none, -ELIBBAD if it lacks one of them.
 */
int library_load(const char *const *names, const struct function *functions, size_t count);

/* Go on as core-dynamic if these arguments need it and it is there. */
void library_hand_over(int argc, char **argv);

#endif
