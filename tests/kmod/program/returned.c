// SPDX-License-Identifier: MIT
/* That all of it comes back: memory, the limit's charge, the kernel's count of secret files. */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#define PIECE (4u << 20)
#define ROUNDS 10
#define AT_HAND (16u << 20)
#define LIMIT_PAGES 16u

static void set_lock_limit(rlim_t bytes)
{
	const struct rlimit limit = { bytes, bytes };

	setrlimit(RLIMIT_MEMLOCK, &limit);
}

static void fill(unsigned long mode, size_t bytes)
{
	char *memory = wrapped(mode, bytes, NULL);

	for (size_t at = 0; at < bytes; at += PAGE)
		memory[at] = 1;
	munmap(memory, bytes);
}

/*
 * As much as was taken is free again, but for what each CPU keeps at hand for its next
 * allocation; and what is free is in the direct map: the kernel zeroes there what it hands
 * out next, and would fault on a page that had stayed absent.
 */
static void memory(void)
{
	struct sysinfo before, after;
	char *rest;

	sysinfo(&before);
	for (int i = 0; i < ROUNDS; i++)
		fill(i % 2 ? MFD_SECRET_UNCACHED : MFD_SECRET_EXCLUSIVE, PIECE);
	sysinfo(&after);
	check(after.freeram + AT_HAND > before.freeram, "memory-is-returned",
	      "%d times %u MiB taken and given back; free before %lu, after %lu MiB", ROUNDS,
	      PIECE >> 20, before.freeram >> 20, after.freeram >> 20);
	rest = mmap(NULL, ROUNDS * PIECE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		    0);
	memset(rest, 1, ROUNDS * PIECE);
	check(rest[5 * PIECE] == 1, "memory-is-used-again", "%u MiB", ROUNDS * PIECE >> 20);
	munmap(rest, ROUNDS * PIECE);
}

/* Hibernation is refused while there is a secret file: 9a436f8ff631, Linux 5.14. */
static bool hibernation_is_refused(void)
{
	char text[256] = "";
	int fd = open("/sys/power/disk", O_RDONLY);
	ssize_t got = read(fd, text, sizeof(text) - 1);

	close(fd);
	return got > 0 && strstr(text, "disabled");
}

static void files(void)
{
	bool before = hibernation_is_refused(), during, after;
	int fd = wrapped_fd(MFD_SECRET_UNCACHED, PAGE);

	during = hibernation_is_refused();
	close(fd);
	after = hibernation_is_refused();
	check(!before && during && !after, "secret-files-are-returned",
	      "hibernation refused before %d, during %d, after %d", before, during, after);
}

static void mapping_lasts(void)
{
	char *memory = wrapped(MFD_SECRET_UNCACHED, PAGE, NULL);
	char text[16] = "";
	int fd = open("/sys/module/secretmem_wrap/refcnt", O_RDONLY);
	ssize_t got = read(fd, text, sizeof(text) - 1);

	*memory = 'm';
	check(got > 0 && text[0] == '0' && *memory == 'm', "mapping-lasts-without-file-or-module",
	      "used by %c files, reads '%c'", text[0], *memory);
	munmap(memory, PAGE);
	close(fd);
}

/* As an unprivileged user, the limit over and over: what was charged comes back. */
static int charge(void *arg)
{
	char *memory;
	int devices[64];

	(void)arg;
	set_lock_limit(LIMIT_PAGES * PAGE);
	for (size_t i = 0; i < 64; i++)
		devices[i] = wrapped_fd(MFD_SECRET_UNCACHED, LIMIT_PAGES * PAGE);
	if (setresuid(64321, 64321, 64321))
		return 1;
	for (size_t i = 0; i < 64; i++) {
		memory = mmap(NULL, LIMIT_PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED,
			      devices[i], 0);
		if (memory == MAP_FAILED)
			return 2;
		for (size_t at = 0; at < LIMIT_PAGES * PAGE; at += PAGE)
			memory[at] = 1;
		munmap(memory, LIMIT_PAGES * PAGE);
		close(devices[i]);
	}
	return 0;
}

void returned(void)
{
	int child;

	memory();
	files();
	mapping_lasts();
	child = in_child(charge, NULL);
	check(!child, "charge-is-returned", "64 times the limit, one after the other: case %d",
	      child);
}

/* One page over the limit: 0 it can be used, 1 refused by mmap, -SIGBUS at the touch. */
struct over {
	int fd;
	bool root;
};

static int go_over(void *arg)
{
	const struct over *over = arg;
	size_t bytes = (LIMIT_PAGES + 1) * PAGE;
	char *memory;

	set_lock_limit(LIMIT_PAGES * PAGE);
	if (!over->root && setresuid(64321, 64321, 64321))
		return 2;
	memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, over->fd, 0);
	if (memory == MAP_FAILED)
		return errno == EAGAIN ? 1 : 3;
	for (size_t at = 0; at < bytes; at += PAGE)
		memory[at] = 1;
	return 0;
}

static const char *rule(int outcome)
{
	switch (outcome) {
	case 0:
		return "not charged";
	case 1:
		return "EAGAIN at mmap";
	case -SIGBUS:
		return "SIGBUS at the touch";
	default:
		return "neither rule";
	}
}

void lock_rule(void)
{
	size_t bytes = (LIMIT_PAGES + 1) * PAGE;

	for (int root = 0; root < 2; root++) {
		struct over plain = { secret_fd(bytes), root };
		struct over own = { wrapped_fd(MFD_SECRET_UNCACHED, bytes), root };
		int expected = in_child(go_over, &plain), outcome = in_child(go_over, &own);

		check(expected == outcome && expected <= 1 && (root || expected),
		      root ? "lock-rule-of-root-is-the-kernels" : "lock-rule-is-the-kernels",
		      "memfd_secret: %s, the module: %s", rule(expected), rule(outcome));
		close(plain.fd);
		close(own.fd);
	}
}
