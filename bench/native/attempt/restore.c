// SPDX-License-Identifier: MIT
/*
 * The restorer: a process that outlives a run and puts back what the run changed
 * outside itself, in the order last change first, when the run ends in whatever
 * way. It has a process group of its own, since a run is killed with its whole group.
 */
#include "attempt/restore.h"
#include "kernel/setting.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/swap.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MOST 8
#define PATIENCE_MS 2000

struct change {
	enum { REMOVE, WRITE, SWAPOFF } what;
	char path[128];
	char value[256];
};

static int changes = -1;
static pid_t restorer;

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

static int undo(const struct change *change)
{
	if (change->what == WRITE)
		return setting_write(change->path, change->value);
	if (change->what == SWAPOFF)
		return swapoff(change->path);
	if (!unlink(change->path) || errno == ENOENT)
		return 0;
	empty(change->path);
	return rmdir(change->path);
}

/* What is still in use is free soon: the run's processes are dying. */
static void undo_patiently(const struct change *change)
{
	const struct timespec pause = { .tv_nsec = 10000000 };

	for (int ms = 0; ms < PATIENCE_MS && undo(change); ms += 10) {
		if (errno != EBUSY && errno != EAGAIN)
			return;
		nanosleep(&pause, NULL);
	}
}

static void wait_and_undo(int from)
{
	struct change change[MOST];
	int count = 0, null = open("/dev/null", O_RDWR);
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	/* Whoever reads the run's output waits for the last one to hold it. */
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	while (count < MOST &&
	       read(from, &change[count], sizeof(change[count])) == sizeof(change[count]))
		count++;
	while (count--)
		undo_patiently(&change[count]);
	_exit(0);
}

static int start(void)
{
	int ends[2];

	if (restorer)
		return 0;
	if (pipe2(ends, O_CLOEXEC))
		return -1;
	restorer = fork();
	if (!restorer) {
		close(ends[1]);
		wait_and_undo(ends[0]);
	}
	/* Not by the restorer itself: the run might be killed before that gets a CPU. */
	setpgid(restorer, restorer);
	close(ends[0]);
	changes = ends[1];
	return restorer < 0 ? -1 : 0;
}

static int restore_later(int what, const char *path, const char *value)
{
	struct change change = { .what = what };

	if (start())
		return -1;
	snprintf(change.path, sizeof(change.path), "%s", path);
	snprintf(change.value, sizeof(change.value), "%s", value);
	return write(changes, &change, sizeof(change)) == sizeof(change) ? 0 : -1;
}

int restore_remove(const char *path)
{
	return restore_later(REMOVE, path, "");
}

int restore_setting(const char *path, const char *value)
{
	return restore_later(WRITE, path, value);
}

int restore_swapoff(const char *path)
{
	return restore_later(SWAPOFF, path, "");
}

void restore_forget(void)
{
	if (changes >= 0)
		close(changes);
	changes = -1;
	restorer = 0;
}

void restore_now(void)
{
	pid_t child = restorer;

	restore_forget();
	if (child > 0)
		waitpid(child, NULL, 0);
}
