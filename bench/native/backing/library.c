// SPDX-License-Identifier: MIT
#include "backing/library.h"
#include "memory/mode.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#ifdef CORE_STATIC

int library_load(const char *const *names, const struct function *functions, size_t count)
{
	(void)names;
	(void)functions;
	(void)count;
	return -ELIBACC;
}

/* A verb that is about every mode, or an argument that is one of these modes. */
static bool concerned(const char *argument)
{
	const struct mode *mode = mode_find(argument);

	return (mode && mode->library) || !strcmp(argument, "list") || !strcmp(argument, "verify");
}

void library_hand_over(int argc, char **argv)
{
	char path[4096];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - sizeof("-dynamic"));
	bool any = false;

	for (int i = 1; i < argc; i++)
		any = any || concerned(argv[i]);
	if (!any || len <= 0)
		return;
	memcpy(path + len, "-dynamic", sizeof("-dynamic"));
	execv(path, argv);
}

#else

#include <dlfcn.h>

int library_load(const char *const *names, const struct function *functions, size_t count)
{
	void *library = NULL;

	while (*names && !library)
		library = dlopen(*names++, RTLD_NOW | RTLD_LOCAL);
	if (!library)
		return -ELIBACC;
	for (size_t i = 0; i < count; i++) {
		*functions[i].at = dlsym(library, functions[i].name);
		if (!*functions[i].at)
			return -ELIBBAD;
	}
	return 0;
}

void library_hand_over(int argc, char **argv)
{
	(void)argc;
	(void)argv;
}

#endif
