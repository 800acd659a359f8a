// SPDX-License-Identifier: MIT
/*
 * The keeper: a process that outlives a run and puts back what the run changed
 * outside itself, in the order last change first, when the run ends in whatever
 * way. It has a process group of its own, since a run is killed with its whole group.
 */
#include "attempt/way.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/swap.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MOST 8
#define PATIENCE_MS 2000

struct deed {
	enum { REMOVE, WRITE, SWAPOFF } what;
	char path[128];
	char value[256];
};

static int deeds = -1;
static pid_t keeper;

static void empty(const char *path)
{
	DIR *folder = opendir(path);
	struct dirent *entry;

	if (!folder)
		return;
	while ((entry = readdir(folder)))
		unlinkat(dirfd(folder), entry->d_name, 0);
	closedir(folder);
}

static int undo(const struct deed *deed)
{
	if (deed->what == WRITE)
		return write_text(deed->path, deed->value);
	if (deed->what == SWAPOFF)
		return swapoff(deed->path);
	if (!unlink(deed->path) || errno == ENOENT)
		return 0;
	empty(deed->path);
	return rmdir(deed->path);
}

/* What is still in use is free soon: the run's processes are dying. */
static void undo_patiently(const struct deed *deed)
{
	const struct timespec pause = { .tv_nsec = 10000000 };

	for (int ms = 0; ms < PATIENCE_MS && undo(deed); ms += 10) {
		if (errno != EBUSY && errno != EAGAIN)
			return;
		nanosleep(&pause, NULL);
	}
}

static void keep(int from)
{
	struct deed deed[MOST];
	int count = 0, null = open("/dev/null", O_RDWR);
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	/* Whoever reads the run's output waits for the last one to hold it. */
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	while (count < MOST && read(from, &deed[count], sizeof(deed[count])) == sizeof(deed[count]))
		count++;
	while (count--)
		undo_patiently(&deed[count]);
	_exit(0);
}

static int start(void)
{
	int ends[2];

	if (keeper)
		return 0;
	if (pipe2(ends, O_CLOEXEC))
		return -1;
	keeper = fork();
	if (!keeper) {
		close(ends[1]);
		keep(ends[0]);
	}
	/* Not by the keeper itself: the run might be killed before that gets a CPU. */
	setpgid(keeper, keeper);
	close(ends[0]);
	deeds = ends[1];
	return keeper < 0 ? -1 : 0;
}

static int keeper_do(int what, const char *path, const char *value)
{
	struct deed deed = { .what = what };

	if (start())
		return -1;
	snprintf(deed.path, sizeof(deed.path), "%s", path);
	snprintf(deed.value, sizeof(deed.value), "%s", value);
	return write(deeds, &deed, sizeof(deed)) == sizeof(deed) ? 0 : -1;
}

int keeper_remove(const char *path)
{
	return keeper_do(REMOVE, path, "");
}

int keeper_write(const char *path, const char *value)
{
	return keeper_do(WRITE, path, value);
}

int keeper_swapoff(const char *path)
{
	return keeper_do(SWAPOFF, path, "");
}

void keeper_forget(void)
{
	if (deeds >= 0)
		close(deeds);
	deeds = -1;
	keeper = 0;
}

void keeper_end(void)
{
	pid_t child = keeper;

	keeper_forget();
	if (child > 0)
		waitpid(child, NULL, 0);
}
