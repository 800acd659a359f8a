// SPDX-License-Identifier: MIT
/* What is refused, and with which errno. */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static long map(int fd, int prot, int flags)
{
	void *memory = mmap(NULL, PAGE, prot, flags, fd, 0);

	if (memory == MAP_FAILED)
		return -1;
	munmap(memory, PAGE);
	return 0;
}

static long map_rw(int fd)
{
	return map(fd, PROT_READ | PROT_WRITE, MAP_SHARED);
}

static void what_is_taken(void)
{
	int plain = memfd_create("plain", 0), secret = secret_fd(PAGE), fd = device_fd();
	char *memory;

	refused(map_rw(fd), EINVAL, "mmap-before-mode");
	refused(ioctl(fd, MFD_SECRET_UNCACHED, -1), EBADF, "mode-without-descriptor");
	refused(ioctl(fd, MFD_SECRET_UNCACHED, plain), EINVAL, "mode-with-plain-memfd");
	refused(ioctl(fd, MFD_SECRET_UNCACHED, fd), EINVAL, "mode-with-the-device-itself");
	memory = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, secret, 0);
	refused(ioctl(fd, MFD_SECRET_UNCACHED, secret), EBUSY, "mode-with-mapped-secret");
	*memory = 1;
	munmap(memory, PAGE);
	refused(ioctl(fd, MFD_SECRET_EXCLUSIVE, secret), EBUSY, "mode-with-populated-secret");
	refused(map_rw(fd), EINVAL, "mmap-after-refused-mode");
	refused(ioctl(fd, _IO(MFD_SECRET_IOCTL, 0x77)), ENOTTY, "unknown-request");
	close(plain);
	close(secret);
	close(fd);
}

static void mode_is_set_once(unsigned long mode, unsigned long other, const char *name)
{
	int first = secret_fd(PAGE), second = secret_fd(PAGE), fd = device_fd();
	char text[64];

	stpcpy(stpcpy(text, name), "-is-taken");
	refused(ioctl(fd, mode, first), 0, text);
	stpcpy(stpcpy(text, name), "-then-same-mode");
	refused(ioctl(fd, mode, second), EINVAL, text);
	stpcpy(stpcpy(text, name), "-then-other-mode");
	refused(ioctl(fd, other, second), EINVAL, text);
	close(first);
	stpcpy(stpcpy(text, name), "-shared");
	refused(map_rw(fd), 0, text);
	stpcpy(stpcpy(text, name), "-private");
	refused(map(fd, PROT_READ | PROT_WRITE, MAP_PRIVATE), EINVAL, text);
	stpcpy(stpcpy(text, name), "-executable");
	refused(map(fd, PROT_READ | PROT_EXEC, MAP_SHARED), EPERM, text);
	close(second);
	close(fd);
}

static int map_as_child(void *arg)
{
	return map_rw(*(int *)arg) ? errno : 0;
}

/* Beside our own mapping the memfd is not mapped, by whoever holds it; ours may be many. */
static void memory_is_ours(void)
{
	int secret = secret_fd(2 * PAGE), fd = device_fd(), other = device_fd(), child;
	char *memory, *again;

	refused(ioctl(fd, MFD_SECRET_UNCACHED, secret), 0, "memory-is-taken");
	refused(map_rw(secret), EPERM, "memfd-mapped-later");
	refused(map(secret, PROT_READ, MAP_SHARED), EPERM, "memfd-mapped-later-to-be-read");
	refused(ioctl(other, MFD_SECRET_EXCLUSIVE, secret), EBUSY, "mode-through-another-file");
	memory = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	again = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	memory[0] = 'x';
	check(again[0] == 'x', "device-mapped-twice", "%c", again[0]);
	refused(map_rw(secret), EPERM, "memfd-mapped-beside-ours");
	child = in_child(map_as_child, &secret);
	check(child == EPERM, "memfd-mapped-by-a-child", "%s", strerror(child));
	munmap(memory, PAGE);
	munmap(memory + PAGE, PAGE);
	munmap(again, 2 * PAGE);
	close(fd);
	refused(map_rw(secret), EPERM, "memfd-mapped-after-ours");
	close(other);
	close(secret);
}

static void protection(void)
{
	char *memory = wrapped(MFD_SECRET_UNCACHED, PAGE, NULL);
	int secret = secret_fd(PAGE), fd = open("/dev/secretmem", O_RDONLY);
	struct stat device;

	refused(mprotect(memory, PAGE, PROT_READ | PROT_EXEC), EACCES, "made-executable-later");
	munmap(memory, PAGE);
	ioctl(fd, MFD_SECRET_UNCACHED, secret);
	refused(map_rw(fd), EACCES, "writable-from-read-only-file");
	refused(map(fd, PROT_READ, MAP_SHARED), 0, "readable-from-read-only-file");
	close(secret);
	close(fd);
	stat("/dev/secretmem", &device);
	check((device.st_mode & 07777) == 0600 && !device.st_uid, "device-is-roots-alone",
	      "mode %o of user %u", device.st_mode & 07777u, device.st_uid);
}

static int touch_beyond(void *arg)
{
	char *memory = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, *(int *)arg, 0);

	memory[0] = 1;
	memory[PAGE] = 1;
	return 0;
}

static int probe_as_child(void *arg)
{
	struct secretmem_probe probe = *(struct secretmem_probe *)arg;

	return ioctl((int)probe.nofault, MFD_SECRET_PROBE, &probe) ? errno : 0;
}

/* As a user without rights, on its own memory. */
static int probe_without_rights(void *arg)
{
	struct secretmem_probe seen;
	int fd;
	char *memory = wrapped(MFD_SECRET_UNCACHED, PAGE, &fd);

	(void)arg;
	*memory = 1;
	if (setresuid(64321, 64321, 64321))
		return 1;
	seen = probe(fd, memory);
	if (strcmp(memory_type(seen.pte), "UC-"))
		return 2;
	return (seen.pte >> 12 & 0xffffffffff) || (seen.direct_map >> 12 & 0xffffffffff) ? 3 : 0;
}

static void probing(void)
{
	int none = device_fd(), fd, child;
	char *memory = wrapped(MFD_SECRET_UNCACHED, 2 * PAGE, &fd), here;
	struct secretmem_probe at = { .addr = (unsigned long)memory };

	refused(ioctl(none, MFD_SECRET_PROBE, &at), EINVAL, "probe-before-mode");
	refused(ioctl(fd, MFD_SECRET_PROBE, &at), ENXIO, "probe-untouched-page");
	memory[0] = 1;
	refused(ioctl(fd, MFD_SECRET_PROBE, &at), 0, "probe-touched-page");
	refused(ioctl(fd, MFD_SECRET_PROBE, NULL), EFAULT, "probe-with-bad-pointer");
	at.nofault = fd;
	child = in_child(probe_as_child, &at);
	check(child == EPERM, "probe-by-another-process", "%s", strerror(child));
	at.addr = (unsigned long)&here;
	refused(ioctl(fd, MFD_SECRET_PROBE, &at), EINVAL, "probe-other-memory");
	at.addr = ~0ul;
	refused(ioctl(fd, MFD_SECRET_PROBE, &at), EINVAL, "probe-no-address");
	munmap(memory, 2 * PAGE);
	close(fd);
	close(none);
	child = in_child(probe_without_rights, NULL);
	check(!child, "probe-hides-frames-from-the-unprivileged", "case %d", child);
}

void semantics(void)
{
	int fd = wrapped_fd(MFD_SECRET_UNCACHED, PAGE), signal;

	what_is_taken();
	mode_is_set_once(MFD_SECRET_EXCLUSIVE, MFD_SECRET_UNCACHED, "exclusive");
	mode_is_set_once(MFD_SECRET_UNCACHED, MFD_SECRET_EXCLUSIVE, "uncached");
	memory_is_ours();
	protection();
	probing();
	signal = in_child(touch_beyond, &fd);
	check(signal == -SIGBUS, "touch-beyond-the-end", "signal %d", -signal);
	close(fd);
}
