// SPDX-License-Identifier: MIT
#include "testbed/victim.h"

#include <errno.h>
#include <sys/uio.h>
#include <unistd.h>

/* Pages read by one call: many, so that entering the kernel hardly counts. */
#define CALL_PAGES 512u

static const struct param params[] = {
	VICTIM_PARAMS("3584", "448"),
	{ "read_bytes", "read from each page", "B", NULL, "8", 8, 4096 },
};

static int work(const struct cell *cell, const uint64_t *handles, size_t count)
{
	static char buffer[CALL_PAGES * 4096];
	static struct iovec remote[CALL_PAGES];
	size_t read_bytes = victim_number(cell, "read_bytes", 8);
	pid_t self = getpid();

	for (size_t at = 0; at < count; at += CALL_PAGES) {
		size_t pages = count - at < CALL_PAGES ? count - at : CALL_PAGES;
		struct iovec local = { buffer, pages * read_bytes };

		for (size_t i = 0; i < pages; i++) {
			/* Another line of each page, else all lie in a few sets of the caches. */
			size_t line = read_bytes < 4096 ? (at + i) * 64 % (4096 - read_bytes) : 0;

			remote[i] = (struct iovec){
				(char *)(uintptr_t)handles[at + i] + line / 64 * 64, read_bytes
			};
		}
		if (process_vm_readv(self, &local, 1, remote, pages, 0) != (ssize_t)local.iov_len)
			return errno ? -errno : -EIO;
	}
	return 0;
}

VICTIM(packet_ring, "packet-ring", params,
       "time of the kernel to read from one page of its own, by process_vm_readv of 512 "
       "ring pages per call: pages inside against outside 2M blocks that secret memory split",
       .sight = SIGHT_MAPPED, .ring_pages = 480, .work = work);
