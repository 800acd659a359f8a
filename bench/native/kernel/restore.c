// SPDX-License-Identifier: MIT
/*
 * The restorer: a process that outlives a run and puts back what the run changed
 * outside itself, in the order last change first, when the run ends in whatever
 * way. It has a process group of its own, since a run is killed with its whole group.
 */
#include "kernel/restore.h"
#include "kernel/setting.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/swap.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MOST 16
/* What is still in use is free once the run's processes are dead, which takes them a CPU. */
#define PATIENCE_MS 60000

struct change {
	enum { REMOVE, WRITE, SWAPOFF, MAKE } what;
	char path[128];
	char value[256];
	char only_if[256]; /* of WRITE: what it must hold then; empty for anything */
};

static int changes = -1;
static pid_t restorer;
static unsigned int told;

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

static int put_back(const struct change *change)
{
	char now[256];

	if (change->only_if[0] &&
	    (setting_read(change->path, now, sizeof(now)) || strcmp(now, change->only_if) != 0))
		return 0;
	return setting_write(change->path, change->value);
}

static int undo(const struct change *change)
{
	if (change->what == WRITE)
		return put_back(change);
	if (change->what == SWAPOFF)
		return swapoff(change->path);
	if (!unlink(change->path) || errno == ENOENT)
		return 0;
	empty(change->path);
	return rmdir(change->path);
}

static void undo_patiently(const struct change *change)
{
	const struct timespec pause = { .tv_nsec = 10000000 };

	for (int ms = 0; ms < PATIENCE_MS && undo(change); ms += 10) {
		if (errno != EBUSY && errno != EAGAIN && errno != ENOTEMPTY && errno != EINTR)
			return;
		nanosleep(&pause, NULL);
	}
}

/* What is made is a change like any other from then on: its number is to be written into `value`. */
static void make(int line, struct change *change)
{
	struct change answer = { .what = MAKE };
	char remove[sizeof(change->path)];

	if (setting_read(change->path, answer.value, sizeof(answer.value)))
		snprintf(answer.path, sizeof(answer.path), "%s", strerror(errno));
	snprintf(remove, sizeof(remove), "%.127s", change->value);
	memcpy(change->path, remove, sizeof(remove));
	memcpy(change->value, answer.value, sizeof(change->value));
	change->what = WRITE;
	send(line, &answer, sizeof(answer), MSG_NOSIGNAL);
}

static void wait_and_undo(int line)
{
	struct change change[MOST];
	int count = 0, null = open("/dev/null", O_RDWR);
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	/* Whoever reads the run's output waits for the last one to hold it. */
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	while (count < MOST && recv(line, &change[count], sizeof(change[count]), 0) ==
				       (ssize_t)sizeof(change[count])) {
		if (change[count].what == MAKE)
			make(line, &change[count]);
		count++;
	}
	while (count--)
		if (change[count].what != WRITE || change[count].value[0])
			undo_patiently(&change[count]);
	_exit(0);
}

static int start(void)
{
	int ends[2];

	if (restorer)
		return 0;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
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

static int tell(const struct change *change)
{
	if (start() || told == MOST)
		return -1;
	told++;
	return send(changes, change, sizeof(*change), MSG_NOSIGNAL) == sizeof(*change) ? 0 : -1;
}

static int restore_later(int what, const char *path, const char *value, const char *only_if)
{
	struct change change = { .what = what };

	snprintf(change.path, sizeof(change.path), "%s", path);
	snprintf(change.value, sizeof(change.value), "%s", value);
	snprintf(change.only_if, sizeof(change.only_if), "%s", only_if);
	return tell(&change);
}

int restore_remove(const char *path)
{
	return restore_later(REMOVE, path, "", "");
}

int restore_write(const char *path, const char *value)
{
	return restore_later(WRITE, path, value, "");
}

int restore_change(const char *path, const char *before, const char *value)
{
	/* Another run may have changed it already, and puts it back itself. */
	if (!strcmp(before, value))
		return 0;
	return restore_later(WRITE, path, before, value) || setting_write(path, value) ? -1 : 0;
}

int restore_swapoff(const char *path)
{
	return restore_later(SWAPOFF, path, "", "");
}

int restore_make(const char *make, const char *remove, char *number, size_t room)
{
	struct change answer;

	if (restore_later(MAKE, make, remove, "") ||
	    recv(changes, &answer, sizeof(answer), 0) != (ssize_t)sizeof(answer) ||
	    !answer.value[0])
		return -1;
	snprintf(number, room, "%s", answer.value);
	return 0;
}

void restore_forget(void)
{
	if (changes >= 0)
		close(changes);
	changes = -1;
	restorer = 0;
	told = 0;
}

void restore_now(void)
{
	pid_t child = restorer;

	restore_forget();
	if (child > 0)
		waitpid(child, NULL, 0);
}
