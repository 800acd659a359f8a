// SPDX-License-Identifier: MIT
/* A folder of the run's own, and small files of the kernel. */
#include "attempt/scratch.h"
#include "attempt/restore.h"
#include "memory/array.h"

#include <errno.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

	if (!in) {
		errno = ENOENT;
		return -1;
	}
	snprintf(path, 64, "%s/secretmem-XXXXXX", in);
	return mkdtemp(path) ? restore_remove(path) : -1;
}
