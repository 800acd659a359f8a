/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * /dev/secretmem: secret memory with a memory type, after the ioctl interface that
 * was proposed for it in 2020 and of which mainline kept the exclusive mode alone.
 *
 *	secret = syscall(SYS_memfd_secret, 0);
 *	ftruncate(secret, len);
 *	fd = open("/dev/secretmem", O_RDWR | O_CLOEXEC);
 *	ioctl(fd, MFD_SECRET_UNCACHED, secret);
 *	close(secret);
 *	p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
 *
 * Once the mode is set the memfd itself cannot be mapped any more, by anybody (EPERM): it would be
 * mapped cached, and two memory types for one page are undefined on x86. Close it. The mapping
 * outlives fd.
 */
#ifndef _SECRETMEM_WRAP_H
#define _SECRETMEM_WRAP_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define MFD_SECRET_IOCTL	'-'

/*
 * The argument is the descriptor of a memfd_secret(2), by value. It sets the mode of
 * this open file, once:
 *
 *	EXCLUSIVE	write-back, as the memfd would be mapped itself
 *	UNCACHED	uncached (UC-)
 *
 * EBADF	the argument is no open descriptor
 * EINVAL	it is one, but not of secret memory; or this file has a mode already,
 *		be it the same one
 * EBUSY	the secret memory is mapped already, or has pages: they may be cached; or
 *		it has a mode already through another open file
 * ENOMEM	out of memory
 *
 * mmap(2) of the file then gives the secret memory:
 *
 * EINVAL	no mode yet; MAP_PRIVATE
 * EACCES	PROT_WRITE with a file that was opened for reading
 * EPERM	PROT_EXEC
 * EAGAIN	over RLIMIT_MEMLOCK, where the kernel counts it at mmap(2); kernels that
 *		count it at the fault send SIGBUS there
 *
 * All else (faults, what is refused to whom, limits, wiping) is the running kernel's.
 */
#define MFD_SECRET_EXCLUSIVE	_IOW(MFD_SECRET_IOCTL, 0x13, unsigned long)
#define MFD_SECRET_UNCACHED	_IOW(MFD_SECRET_IOCTL, 0x14, unsigned long)

/* What the page tables say of one page that the caller has touched. */
struct secretmem_probe {
	__u64 addr;		/* in: an address within a mapping of this file */
	__u64 pte;		/* the caller's page-table entry */
	__u64 direct_map;	/* the kernel's own entry for that page, 0 for none */
	__u32 direct_map_level; /* of that entry: 0 none, 1 4K, 2 2M, 3 1G */
	__s32 nofault;		/* what reading the kernel's alias gave: 0 or -errno */
};

/*
 * Frame numbers are zeroed for callers without CAP_SYS_ADMIN, as in /proc/PID/pagemap.
 *
 * EPERM	the caller is not the process that has set the mode
 * EINVAL	no mode yet; no mapping of this file is at that address
 * ENXIO	the page is not there: touch it first
 * EFAULT	the argument points nowhere
 * EINTR	a fatal signal came first
 *
 * Any other request: ENOTTY.
 */
#define MFD_SECRET_PROBE	_IOWR(MFD_SECRET_IOCTL, 0x15, struct secretmem_probe)

#endif /* _SECRETMEM_WRAP_H */
