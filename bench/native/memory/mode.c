// SPDX-License-Identifier: MIT
/* The modes that there are, and a region of each. */
#include "memory/mode.h"
#include "memory/page.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

size_t mode_page_bytes(const struct mode *mode)
{
	return mode->huge ? huge_bytes() : base_bytes();
}

const struct mode *mode_find(const char *name)
{
	for_each_mode(m)
		if (!strcmp((*m)->name, name))
			return *m;
	return NULL;
}

static int can_obtain(const struct mode *mode)
{
	struct region region;
	int err = region_obtain(mode, &region, 1);

	if (!err)
		region_release(mode, &region);
	return err;
}

/*
 * In a child: what a library sets up for the whole process, locks among them, has to
 * be set up in the process that is measured, which may be a child without those locks.
 */
static int can_obtain_elsewhere(const struct mode *mode)
{
	pid_t child = fork();
	int status;

	if (!child)
		_exit(-can_obtain(mode));
	if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
		return -ECHILD;
	return -WEXITSTATUS(status);
}

const char *mode_unsupported(const struct mode *mode)
{
	static char reason[400];
	int err = mode->library ? can_obtain_elsewhere(mode) : can_obtain(mode);
	const char *why;

	if (err) {
		snprintf(reason, sizeof(reason), "%s: %s%s%s", mode->name, strerror(-err),
			 mode->hint ? "; " : "", mode->hint ? mode->hint : "");
		return reason;
	}
	why = mode->refuse ? mode->refuse() : NULL;
	if (!why)
		return NULL;
	snprintf(reason, sizeof(reason), "%s: %s", mode->name, why);
	return reason;
}

int region_obtain(const struct mode *mode, struct region *region, size_t len_bytes)
{
	size_t page_bytes = mode_page_bytes(mode);

	memset(region, 0, sizeof(*region));
	region->fd = -1;
	/* A vault places what it was asked for as it likes. */
	if (mode->vault)
		region->len_bytes = len_bytes;
	else
		region->len_bytes = (len_bytes + page_bytes - 1) / page_bytes * page_bytes;
	return mode->obtain(region);
}

void region_release(const struct mode *mode, struct region *region)
{
	if (mode->release)
		mode->release(region);
	else
		region_unmap(region);
	region->base = NULL;
}

int region_open(const struct mode *mode, struct region *region)
{
	return mode->open ? mode->open(region) : 0;
}

int region_close(const struct mode *mode, struct region *region)
{
	return mode->close ? mode->close(region) : 0;
}
