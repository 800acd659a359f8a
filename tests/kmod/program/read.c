// SPDX-License-Identifier: MIT
/*
 * Ways to have the kernel read or write the owner's memory. Each is tried on memory of
 * memfd_create(2) first, where it must work, else its refusal would say nothing.
 */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define DISK "/dev/ram0"

/* Each returns 0 when it got through, else the errno that stopped it. */
static int process_vm(char *memory, bool write)
{
	char buffer[64] = "stranger";
	struct iovec own = { buffer, sizeof(buffer) }, other = { memory, sizeof(buffer) };
	ssize_t done = write ? process_vm_writev(getpid(), &own, 1, &other, 1, 0) :
			       process_vm_readv(getpid(), &own, 1, &other, 1, 0);

	if (done < 0)
		return errno;
	return !write && strcmp(buffer, memory) ? ERANGE : 0;
}

static int vm_readv(char *memory)
{
	return process_vm(memory, false);
}

static int vm_writev(char *memory)
{
	return process_vm(memory, true);
}

static int mem_file(char *memory, bool write)
{
	char buffer[64] = "stranger";
	int fd = open("/proc/self/mem", O_RDWR), err = 0;
	off_t at = (off_t)(unsigned long)memory;
	ssize_t done = write ? pwrite(fd, buffer, sizeof(buffer), at) :
			       pread(fd, buffer, sizeof(buffer), at);

	if (done < 0)
		err = errno;
	else if (!write && strcmp(buffer, memory))
		err = ERANGE;
	close(fd);
	return err;
}

static int mem_read(char *memory)
{
	return mem_file(memory, false);
}

static int mem_write(char *memory)
{
	return mem_file(memory, true);
}

static int direct(char *memory, bool write)
{
	int fd = open(DISK, O_RDWR | O_DIRECT), err = 0;
	ssize_t done;

	if (fd < 0)
		return ENODEV;
	done = write ? pwrite(fd, memory, PAGE, 0) : pread(fd, memory, PAGE, 0);
	if (done != PAGE)
		err = done < 0 ? errno : EIO;
	close(fd);
	return err;
}

static int direct_write(char *memory)
{
	return direct(memory, true);
}

static int direct_read(char *memory)
{
	return direct(memory, false);
}

static int splice_out(char *memory)
{
	struct iovec own = { memory, PAGE };
	int ends[2], err = 0;

	if (pipe(ends))
		return errno;
	if (vmsplice(ends[1], &own, 1, 0) < 0)
		err = errno;
	close(ends[0]);
	close(ends[1]);
	return err;
}

/* A child that shares the memory is traced, so that nobody waits for itself. */
static int peek(char *memory)
{
	pid_t child = fork();
	int err = 0, status;

	if (!child) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		_exit(*(volatile char *)memory == 0);
	}
	waitpid(child, &status, 0);
	errno = 0;
	if (ptrace(PTRACE_PEEKDATA, child, memory, NULL) == -1)
		err = errno;
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	return err;
}

static const struct way {
	const char *name;
	int (*try)(char *memory);
	int refusal;
} ways[] = {
	{ "process_vm_readv", vm_readv, EFAULT },     { "process_vm_writev", vm_writev, EFAULT },
	{ "proc-mem-read", mem_read, EIO },	      { "proc-mem-write", mem_write, EIO },
	{ "o_direct-from-it", direct_write, EFAULT }, { "o_direct-into-it", direct_read, EFAULT },
	{ "vmsplice", splice_out, EFAULT },	      { "ptrace-peek", peek, EIO },
};

static void try(const struct way *way, const char *name, char *memory, int expected)
{
	char text[64];
	int err;

	strcpy(memory, "known");
	err = way->try(memory);
	snprintf(text, sizeof(text), "%s-%s", name, way->name);
	check(err == expected, text, "%s, expected %s", strerror(err), strerror(expected));
}

void reads(void)
{
	int plain = memfd_create("plain", 0);
	char *ordinary, *exclusive, *uncached;

	if (ftruncate(plain, PAGE))
		abort();
	ordinary = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, plain, 0);
	exclusive = wrapped(MFD_SECRET_EXCLUSIVE, PAGE, NULL);
	uncached = wrapped(MFD_SECRET_UNCACHED, PAGE, NULL);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		try(&ways[i], "memfd", ordinary, 0);
		try(&ways[i], "exclusive", exclusive, ways[i].refusal);
		try(&ways[i], "uncached", uncached, ways[i].refusal);
	}
	check(!strcmp(uncached, "known"), "uncached-is-as-it-was", "'%s'", uncached);
	munmap(ordinary, PAGE);
	munmap(exclusive, PAGE);
	munmap(uncached, PAGE);
	close(plain);
}
