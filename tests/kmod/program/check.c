// SPDX-License-Identifier: MIT
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SYS_memfd_secret
#define SYS_memfd_secret 447
#endif

void check(bool ok, const char *name, const char *format, ...)
{
	va_list args;

	printf("%s %s: ", ok ? "ok" : "FAILED", name);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
}

void refused(long result, int expected, const char *name)
{
	int error = result == -1 ? errno : 0;

	check(error == expected, name, "%s, expected %s", strerror(error), strerror(expected));
}

static int must(int fd, const char *what)
{
	if (fd >= 0)
		return fd;
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(1);
}

int secret_fd(size_t bytes)
{
	int fd = must((int)syscall(SYS_memfd_secret, 0), "memfd_secret");

	must(ftruncate(fd, (off_t)bytes), "ftruncate");
	return fd;
}

int device_fd(void)
{
	return must(open("/dev/secretmem", O_RDWR | O_CLOEXEC), "/dev/secretmem");
}

int wrapped_fd(unsigned long mode, size_t bytes)
{
	int memfd = secret_fd(bytes), fd = device_fd();

	must(ioctl(fd, mode, memfd), "mode");
	close(memfd);
	return fd;
}

char *wrapped(unsigned long mode, size_t bytes, int *fd)
{
	int device = wrapped_fd(mode, bytes);
	char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, device, 0);

	must(memory == MAP_FAILED ? -1 : 0, "mmap");
	if (fd)
		*fd = device;
	else
		close(device);
	return memory;
}

int in_child(int (*work)(void *arg), void *arg)
{
	int status;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (!child)
		_exit(work(arg));
	must(child < 0 || waitpid(child, &status, 0) != child ? -1 : 0, "child");
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

struct secretmem_probe probe(int fd, const void *addr)
{
	struct secretmem_probe probe = { .addr = (unsigned long)addr };

	must(ioctl(fd, MFD_SECRET_PROBE, &probe), "probe");
	return probe;
}

const char *memory_type(unsigned long long pte)
{
	static const char *const types[] = { "WB", "WC", "UC-", "UC", "WB", "WP", "UC-", "WT" };

	return types[(pte >> 7 & 1) << 2 | (pte >> 3 & 3)];
}
