// SPDX-License-Identifier: MIT
/*
 * Runs in a guest, with the module loaded. `wrap CHAPTER` tries a part of what
 * secretmem_wrap.h promises and prints one line per check; the other verbs do there what
 * a shell would, if a guest had one.
 */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TRACING "/sys/kernel/tracing/"
#define MODULE "secretmem_wrap"

static void set_lock_limit(rlim_t bytes)
{
	const struct rlimit limit = { bytes, bytes };

	setrlimit(RLIMIT_MEMLOCK, &limit);
}

static int chapter(const char *name)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} chapters[] = {
		{ "semantics", semantics }, { "page-tables", page_tables },
		{ "owner", owner },	    { "reads", reads },
		{ "returned", returned },   { "lock-rule", lock_rule },
	};

	/* Where it is counted at the fault, root's memory is too. */
	set_lock_limit(RLIM_INFINITY);
	for (size_t i = 0; i < sizeof(chapters) / sizeof(chapters[0]); i++)
		if (!strcmp(name, chapters[i].name)) {
			chapters[i].run();
			return 0;
		}
	return 2;
}

static int put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	ssize_t done = write(fd, text, strlen(text));

	close(fd);
	return done == (ssize_t)strlen(text) ? 0 : 1;
}

/* Touch that many pages while a kprobe counts the kernel's faults on secret memory. */
static int count(size_t pages)
{
	char *memory = wrapped(MFD_SECRET_UNCACHED, pages * PAGE, NULL), line[256];
	FILE *profile;

	if (put(TRACING "kprobe_events", "p:secret secretmem_fault") ||
	    put(TRACING "events/kprobes/secret/enable", "1"))
		return 1;
	for (size_t i = 0; i < pages; i++)
		memory[i * PAGE] = 1;
	put(TRACING "events/kprobes/secret/enable", "0");
	profile = fopen(TRACING "kprobe_profile", "r");
	while (profile && fgets(line, sizeof(line), profile))
		fputs(line, stdout);
	return 0;
}

/* Unload the module, which must wait for the device to be closed, and load it again. */
static int reload(const char *file)
{
	int device = device_fd(), image = open(file, O_RDONLY);

	refused(syscall(SYS_delete_module, MODULE, O_NONBLOCK), EAGAIN, "unload-while-open");
	close(device);
	refused(syscall(SYS_delete_module, MODULE, O_NONBLOCK), 0, "unload");
	check(access("/dev/secretmem", F_OK) != 0, "device-is-gone", "%s", strerror(errno));
	refused(syscall(SYS_finit_module, image, "", 0), 0, "load-again");
	close(image);
	return 0;
}

static int kernel_log(void)
{
	static char text[1 << 20];
	int len = klogctl(3, text, sizeof(text)); /* SYSLOG_ACTION_READ_ALL */

	return len <= 0 || fwrite(text, 1, (size_t)len, stdout) != (size_t)len;
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "log"))
		return kernel_log();
	if (argc == 2)
		return chapter(argv[1]);
	if (argc == 3 && !strcmp(argv[1], "count"))
		return count(strtoul(argv[2], NULL, 10));
	if (argc == 3 && !strcmp(argv[1], "reload"))
		return reload(argv[2]);
	if (argc > 3 && !strcmp(argv[1], "limited")) {
		set_lock_limit(strtoul(argv[2], NULL, 10));
		execv(argv[3], argv + 3);
	}
	fprintf(stderr, "wrap: CHAPTER, log, count PAGES, reload FILE, limited BYTES PROGRAM\n");
	return 2;
}
