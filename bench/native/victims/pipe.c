// SPDX-License-Identifier: MIT
#include "testbed/victim.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define WRITE_BYTES 64

static const struct param params[] = {
	VICTIM_PARAMS("1024", "128"),
	{ "write_bytes", "written to each pipe and read back", "B", NULL, "64", 1, 4096 },
};

struct ends {
	int read, write;
};

static struct ends ends_of(uint64_t handle)
{
	return (struct ends){ (int)(handle >> 32), (int)(uint32_t)handle };
}

static int once(struct ends ends, size_t write_bytes)
{
	static char buffer[4096];

	if (write(ends.write, buffer, write_bytes) != (ssize_t)write_bytes ||
	    read(ends.read, buffer, write_bytes) != (ssize_t)write_bytes)
		return errno ? -errno : -EIO;
	return 0;
}

/*
 * A pipe keeps the page of what was written and read for its next write (tmp_page
 * in fs/pipe.c): so each has one page of its own, beside its objects in the slab.
 */
static int make(const struct cell *cell, uint64_t *handle)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	*handle = (uint64_t)fds[0] << 32 | (uint32_t)fds[1];
	return once(ends_of(*handle), victim_number(cell, "write_bytes", WRITE_BYTES));
}

static void drop(uint64_t handle)
{
	close(ends_of(handle).read);
	close(ends_of(handle).write);
}

static int work(const struct cell *cell, const uint64_t *handles, size_t count)
{
	size_t write_bytes = victim_number(cell, "write_bytes", WRITE_BYTES);

	for (size_t i = 0; i < count; i++) {
		int err = once(ends_of(handles[i]), write_bytes);

		if (err)
			return err;
	}
	return 0;
}

VICTIM(pipe, "pipe", params,
       "time to write into a pipe and read it back, each pipe in turn: its page and its "
       "objects lie inside against outside 2M blocks that secret memory split; witnessed by "
       "the pages around, not proved",
       .step_items = 64, .make = make, .drop = drop, .work = work);
