// SPDX-License-Identifier: MIT
#include "attempt/pipe.h"
#include "attempt/way.h"

#include <errno.h>
#include <linux/io_uring.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

struct rings {
	int fd;
	struct io_uring_params params;
	char *submit, *complete;
	struct io_uring_sqe *entries;
};

static void *map(const struct rings *rings, size_t len_bytes, off_t what)
{
	return mmap(NULL, len_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, rings->fd,
		    what);
}

static int rings_open(struct rings *rings)
{
	struct io_uring_params *p = &rings->params;

	memset(rings, 0, sizeof(*rings));
	rings->fd = (int)syscall(SYS_io_uring_setup, 1, p);
	if (rings->fd < 0)
		return -1;
	rings->submit = map(rings, p->sq_off.array + p->sq_entries * 4, IORING_OFF_SQ_RING);
	rings->complete = map(rings, p->cq_off.cqes + p->cq_entries * sizeof(struct io_uring_cqe),
			      IORING_OFF_CQ_RING);
	rings->entries = map(rings, p->sq_entries * sizeof(*rings->entries), IORING_OFF_SQES);
	return rings->submit == MAP_FAILED || rings->complete == MAP_FAILED ||
			       rings->entries == MAP_FAILED ?
		       -1 :
		       0;
}

/* One write from registered buffer 0; bytes written, or -1 with errno. */
static int write_fixed(struct rings *rings, int fd, const struct iovec *buffer)
{
	const struct io_uring_params *p = &rings->params;
	struct io_uring_cqe *done;

	rings->entries[0] = (struct io_uring_sqe){
		.opcode = IORING_OP_WRITE_FIXED,
		.fd = fd,
		.off = ~0ull,
		.addr = (uint64_t)(uintptr_t)buffer->iov_base,
		.len = (uint32_t)buffer->iov_len,
	};
	*(uint32_t *)(rings->submit + p->sq_off.array) = 0;
	__atomic_store_n((uint32_t *)(rings->submit + p->sq_off.tail), 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, rings->fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) != 1)
		return -1;
	done = (struct io_uring_cqe *)(rings->complete + p->cq_off.cqes);
	errno = done->res < 0 ? -done->res : 0;
	return done->res < 0 ? -1 : done->res;
}

static ssize_t put(struct attempt *a, int end, size_t len_bytes)
{
	const struct iovec buffer = { a->region.base, len_bytes };
	struct rings rings;
	ssize_t written = -1;
	int err;

	if (!rings_open(&rings) &&
	    !syscall(SYS_io_uring_register, rings.fd, IORING_REGISTER_BUFFERS, &buffer, 1))
		written = write_fixed(&rings, end, &buffer);
	err = errno;
	if (rings.fd >= 0)
		close(rings.fd);
	errno = err;
	return written;
}

static ssize_t take(struct attempt *a, char *copy, size_t len_bytes)
{
	return through_pipe(a, copy, len_bytes, put);
}

WAY(io_uring, "io-uring", KERNELS_HANDS,
    "the kernel pins the owner's pages and works on them later, by a thread of its own (io_uring's "
    "registered buffers)",
    .read = take, .call = "a write from a registered buffer", .own = true,
    .hint = "sysctl kernel.io_uring_disabled=0; a sandbox (seccomp) may forbid it too");
