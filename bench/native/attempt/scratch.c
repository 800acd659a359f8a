// SPDX-License-Identifier: MIT
/* A folder of the run's own, and small files of the kernel. */
#include "attempt/scratch.h"
#include "kernel/restore.h"
#include "memory/array.h"

#include <errno.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdint.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* Memory takes O_DIRECT too and copies (e88e0d366f9c, "tmpfs: support O_DIRECT", Linux 6.6). */
static bool is_disk(const char *path)
{
	struct statfs info;

	return !statfs(path, &info) && info.f_type != TMPFS_MAGIC && info.f_type != RAMFS_MAGIC;
}

static const char *folder(bool on_disk)
{
	static const char *const folders[] = { "/var/tmp", "/tmp", "/root" };

	for (size_t i = 0; i < COUNT(folders); i++)
		if (!access(folders[i], W_OK | X_OK) && (!on_disk || is_disk(folders[i])))
			return folders[i];
	return NULL;
}

bool scratch_on_disk(void)
{
	return folder(true) != NULL;
}

int scratch_make(char path[64], bool on_disk)
{
	const char *in = folder(on_disk);
	uint64_t name;

	if (!in) {
		errno = ENOENT;
		return -1;
	}
	/* A name of one's own, so that whoever removes it knows it before it is there. */
	if (getrandom(&name, sizeof(name), 0) != sizeof(name))
		return -1;
	snprintf(path, 64, "%s/secretmem-%016llx", in, (unsigned long long)name);
	return restore_remove(path) || mkdir(path, 0700) ? -1 : 0;
}
