// SPDX-License-Identifier: MIT
#include "testbed/work.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_BYTES (8u << 20)
#define CHUNK_BYTES (64u << 10)
#define PAGE_BYTES 4096u

static char chunk[CHUNK_BYTES];
static char path[] = "/tmp/copy-XXXXXX";
static int source = -1;

static int begin(void)
{
	source = mkostemp(path, O_CLOEXEC);
	if (source < 0)
		return -errno;
	memset(chunk, 'c', sizeof(chunk));
	for (size_t at = 0; at < FILE_BYTES; at += sizeof(chunk))
		if (write(source, chunk, sizeof(chunk)) != sizeof(chunk))
			return errno ? -errno : -EIO;
	return 0;
}

static void end(void)
{
	close(source);
	unlink(path);
	snprintf(path, sizeof(path), "/tmp/copy-XXXXXX");
}

static int copy_to(int target)
{
	for (size_t at = 0; at < FILE_BYTES; at += sizeof(chunk))
		if (pread(source, chunk, sizeof(chunk), (off_t)at) != sizeof(chunk) ||
		    write(target, chunk, sizeof(chunk)) != sizeof(chunk))
			return errno ? -errno : -EIO;
	return 0;
}

static int64_t pages(void)
{
	char copy[sizeof(path) + 2];
	int target, err;

	snprintf(copy, sizeof(copy), "%s-2", path);
	target = open(copy, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
	if (target < 0)
		return -errno;
	err = copy_to(target);
	close(target);
	unlink(copy);
	return err ? err : (int64_t)(FILE_BYTES / PAGE_BYTES);
}

WORK(copy) = {
	.name = "copy",
	.operation = "4 KiB of a file of 8 MiB in tmpfs, copied by read and write of 64 KiB",
	.begin = begin,
	.end = end,
	.round = pages,
};
