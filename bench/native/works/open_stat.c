// SPDX-License-Identifier: MIT
#include "measure/random.h"
#include "testbed/work.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES 10000u
#define SEED 1u

/* In memory, where there is no disk. */
static char folder[] = "/tmp/work-XXXXXX";
static int folder_fd = -1;
static uint16_t order[FILES];

static void name_of(unsigned int number, char name[16])
{
	snprintf(name, 16, "f%05u", number);
}

static int make_file(unsigned int number)
{
	char name[16];
	int fd;

	name_of(number, name);
	fd = openat(folder_fd, name, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	return fd < 0 ? -errno : close(fd);
}

/* The same at each start, so that two boots do the same. */
static void shuffle(void)
{
	uint64_t state[4];

	random_seed(state, SEED);
	for (unsigned int i = 0; i < FILES; i++)
		order[i] = (uint16_t)i;
	for (unsigned int i = FILES; i > 1; i--) {
		unsigned int j = (unsigned int)random_below(state, i);
		uint16_t number = order[i - 1];

		order[i - 1] = order[j];
		order[j] = number;
	}
}

static int begin(void)
{
	int err = 0;

	if (!mkdtemp(folder))
		return -errno;
	folder_fd = open(folder, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
	if (folder_fd < 0)
		return -errno;
	shuffle();
	for (unsigned int i = 0; i < FILES && !err; i++)
		err = make_file(i);
	return err;
}

static void end(void)
{
	for (unsigned int i = 0; i < FILES; i++) {
		char name[16];

		name_of(i, name);
		unlinkat(folder_fd, name, 0);
	}
	close(folder_fd);
	rmdir(folder);
	snprintf(folder, sizeof(folder), "/tmp/work-XXXXXX");
}

static int64_t round_of_files(void)
{
	for (unsigned int i = 0; i < FILES; i++) {
		struct stat stat;
		char name[16];
		int fd;

		name_of(order[i], name);
		if (fstatat(folder_fd, name, &stat, 0))
			return -errno;
		fd = openat(folder_fd, name, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return -errno;
		close(fd);
	}
	return FILES;
}

WORK(open_stat) = {
	.name = "open-stat",
	.operation = "stat, open and close of one of 10,000 files in tmpfs, in random order",
	.begin = begin,
	.end = end,
	.round = round_of_files,
};
