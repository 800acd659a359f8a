// SPDX-License-Identifier: MIT
#include "attempt/descriptor.h"
#include "attempt/attempt.h"
#include "attempt/marker.h"
#include "memory/page.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

int take_pidfd(pid_t owner, const char *name)
{
	int pidfd = (int)syscall(SYS_pidfd_open, owner, 0), got, err;

	if (pidfd < 0)
		return -1;
	got = (int)syscall(SYS_pidfd_getfd, pidfd, atoi(name), 0);
	err = errno;
	close(pidfd);
	errno = err;
	return got;
}

static int open_anew(pid_t owner, const char *folder, const char *name)
{
	char path[320];

	snprintf(path, sizeof(path), "/proc/%d/%s/%s", owner, folder, name);
	return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

int take_file(pid_t owner, const char *name)
{
	return open_anew(owner, "fd", name);
}

int take_mapped_file(pid_t owner, const char *name)
{
	return open_anew(owner, "map_files", name);
}

int descriptor_close(struct attempt *a)
{
	if (a->region.fd >= 0)
		close(a->region.fd);
	a->region.fd = -1;
	return 0;
}

int descriptor_found(const struct marker *marker, int fd)
{
	char *mapped = mmap(NULL, base_bytes(), PROT_READ, MAP_SHARED, fd, 0);
	int found;

	if (mapped == MAP_FAILED)
		return -1;
	found = (int)marker_found(marker, mapped, base_bytes());
	munmap(mapped, base_bytes());
	return found;
}

/* What became of them, for the evidence. */
struct tally {
	int held, taken, mapped, found, error;
};

static void look(struct attempt *a, const char *name, take_fn take, struct tally *tally)
{
	int mine = take(a->owner, name), found;

	tally->held++;
	if (mine < 0) {
		tally->error = errno;
		return;
	}
	tally->taken++;
	found = descriptor_found(&a->marker, mine);
	tally->mapped += found >= 0;
	tally->found = found > tally->found ? found : tally->found;
	close(mine);
}

enum outcome descriptors_take(struct attempt *a, const char *folder, take_fn take)
{
	struct tally tally = { 0 };
	struct dirent *entry;
	char path[64];
	DIR *names;

	snprintf(path, sizeof(path), "/proc/%d/%s", a->owner, folder);
	names = opendir(path);
	if (!names)
		return nothing_by(a, "opendir");
	while ((entry = readdir(names)))
		if (entry->d_name[0] != '.')
			look(a, entry->d_name, take, &tally);
	closedir(names);
	if (!tally.taken && tally.error) {
		errno = tally.error;
		nothing_by(a, "each");
	}
	snprintf(a->evidence, sizeof(a->evidence),
		 "%d of %u bytes of the marker in %d mapped of %d taken of %d in /proc/PID/%s%s%s",
		 tally.found, MARKER_BYTES, tally.mapped, tally.taken, tally.held, folder,
		 tally.error ? "; last refusal: " : "",
		 tally.error ? strerrorname_np(tally.error) : "");
	return tally.found ? OPEN : CLOSED;
}
