// SPDX-License-Identifier: MIT
#include "attempt/way.h"
#include "memory/page.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef UFFD_USER_MODE_ONLY
#define UFFD_USER_MODE_ONLY 1	/* 37cd0575b8510 ("userfaultfd: add UFFD_USER_MODE_ONLY"), 5.11 */
#endif

static int slip_in(int fd, struct attempt *a, char *page)
{
	const uint64_t at = (uint64_t)(uintptr_t)a->region.base, page_bytes = base_bytes();
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = {
		.range = { at, page_bytes },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	struct uffdio_copy copy = { .dst = at,
				    .src = (uint64_t)(uintptr_t)page,
				    .len = page_bytes };

	return ioctl(fd, UFFDIO_API, &api) || ioctl(fd, UFFDIO_REGISTER, &range) ||
			       ioctl(fd, UFFDIO_COPY, &copy) ?
		       -1 :
		       0;
}

static ssize_t put(struct attempt *a, char *page, size_t len_bytes)
{
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY), failed, err;

	(void)len_bytes;
	if (fd < 0)
		return -1;
	failed = slip_in(fd, a, page);
	err = errno;
	close(fd);
	errno = err;
	return failed ? -1 : (ssize_t)base_bytes();
}

WAY(userfaultfd, "userfaultfd", KERNELS_HANDS,
    "whoever serves the owner's page faults stops it at its first touch and slips in a page of his "
    "own (userfaultfd)",
    .write = put, .untouched = true, .call = "UFFDIO_REGISTER and UFFDIO_COPY", .own = true,
    .hint = "the kernel needs CONFIG_USERFAULTFD; a sandbox (seccomp) may forbid it too");
