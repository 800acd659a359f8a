// SPDX-License-Identifier: MIT
/* A folder of the run's own, and small files of the kernel. */
#include "attempt/way.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
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

int setting_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t put;

	if (fd < 0)
		return -1;
	put = write(fd, text, strlen(text));
	close(fd);
	return put < 0 ? -1 : 0;
}

int setting_read(const char *path, char *text, size_t room)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got;

	if (fd < 0)
		return -1;
	got = read(fd, text, room - 1);
	close(fd);
	if (got < 0)
		return -1;
	text[got] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return 0;
}

enum outcome found_in_file(struct attempt *a, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	enum outcome outcome;
	struct stat info;
	void *content;

	if (fd < 0 || fstat(fd, &info) || !info.st_size) {
		if (fd >= 0)
			close(fd);
		return nothing_by(a, "open");
	}
	content = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (content == MAP_FAILED)
		return nothing_by(a, "mmap of the file");
	outcome = found_in(a, content, (size_t)info.st_size);
	munmap(content, (size_t)info.st_size);
	return outcome;
}
