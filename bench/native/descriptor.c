// SPDX-License-Identifier: MIT
#include "descriptor.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

int take_pidfd(pid_t owner, int fd)
{
	int pidfd = (int)syscall(SYS_pidfd_open, owner, 0), got, err;

	if (pidfd < 0)
		return -1;
	got = (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);
	err = errno;
	close(pidfd);
	errno = err;
	return got;
}

int take_proc(pid_t owner, int fd)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", owner, fd);
	return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

int descriptor_found(const struct marker *marker, int fd)
{
	char *image = mmap(NULL, base_bytes(), PROT_READ, MAP_SHARED, fd, 0);
	int found;

	if (image == MAP_FAILED)
		return -1;
	found = (int)marker_found(marker, image, base_bytes());
	munmap(image, base_bytes());
	return found;
}

/* What became of them, for the evidence. */
struct tally {
	int held, taken, mapped, found, error;
};

static void look(struct attempt *a, int fd, int (*take)(pid_t owner, int fd), struct tally *tally)
{
	int mine = take(a->owner, fd), found;

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

enum outcome descriptors_take(struct attempt *a, int (*take)(pid_t owner, int fd))
{
	struct tally tally = { 0 };
	struct dirent *entry;
	char path[64];
	DIR *folder;

	snprintf(path, sizeof(path), "/proc/%d/fd", a->owner);
	folder = opendir(path);
	if (!folder)
		return nothing_by(a, "opendir of /proc/PID/fd");
	while ((entry = readdir(folder)))
		/* Its own standard streams and its orders come from this process. */
		if (entry->d_name[0] != '.' && atoi(entry->d_name) > 2)
			look(a, atoi(entry->d_name), take, &tally);
	closedir(folder);
	if (!tally.taken && tally.error) {
		errno = tally.error;
		nothing_by(a, "each descriptor");
	}
	snprintf(a->evidence, sizeof(a->evidence),
		 "%d of %u bytes of the marker in %d mapped of %d taken of %d descriptors%s%s",
		 tally.found, MARKER_BYTES, tally.mapped, tally.taken, tally.held,
		 tally.error ? "; last refusal: " : "", tally.error ? strerrorname_np(tally.error) : "");
	return tally.found ? OPEN : CLOSED;
}
