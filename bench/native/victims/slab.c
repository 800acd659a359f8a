// SPDX-License-Identifier: MIT
#include "testbed/victim.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#define LOCKS 32u	/* of a file, each an object of some 200 bytes */
#define GROUP 16u	/* files whose locks are made in turn: those of one lie pages apart */

static const struct param params[] = {
	VICTIM_PARAMS("1024", "128"),
};

static int lock(int fd, int command, off_t at)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = at, .l_len = 1 };

	/* Every other byte, else locks that touch become one. */
	return fcntl(fd, command, &lock) ? -errno : 0;
}

static int make_group(int files[GROUP])
{
	for (unsigned int i = 0; i < GROUP; i++) {
		files[i] = memfd_create("victim", MFD_CLOEXEC);
		if (files[i] < 0)
			return -errno;
	}
	for (unsigned int i = 0; i < LOCKS * GROUP; i++) {
		int err = lock(files[i % GROUP], F_SETLK, i / GROUP * 2);

		if (err)
			return err;
	}
	return 0;
}

/* No limit of the user's counts locks, as there is one for files. */
static int make(const struct cell *cell, uint64_t *handle)
{
	static int files[GROUP];
	static unsigned int made;
	int err = made % GROUP ? 0 : make_group(files);

	(void)cell;
	*handle = (uint64_t)files[made++ % GROUP];
	return err;
}

static void drop(uint64_t handle)
{
	close((int)handle);
}

/* The kernel walks the list of a file's locks to find one of another owner: there is none. */
static int work(const struct cell *cell, const uint64_t *handles, size_t count)
{
	(void)cell;
	for (size_t i = 0; i < count; i++) {
		int err = lock((int)handles[i], F_GETLK, LOCKS * 2);

		if (err)
			return err;
	}
	return 0;
}

VICTIM(slab, "slab", params,
       "time to look through the 32 locks of one file (F_GETLK), each file in turn: the locks "
       "are objects in the slab, inside against outside 2M blocks that secret memory split; "
       "witnessed by the pages around, not proved",
       .step_items = GROUP * 2, .lead_in = GROUP * 16, .make = make, .drop = drop, .work = work);
