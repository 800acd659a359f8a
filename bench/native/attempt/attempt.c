// SPDX-License-Identifier: MIT
/* What an attempt comes to, and on what evidence. */
#include "attempt/attempt.h"
#include "attempt/marker.h"
#include "measure/run.h"
#include "memory/mode.h"
#include "memory/page.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

size_t way_bytes(const struct way *way)
{
	return (way->pages ? way->pages : 1) * base_bytes();
}

enum outcome found_in(struct attempt *a, const void *copy, size_t len_bytes)
{
	size_t found = marker_found(&a->marker, copy, len_bytes);
	char secret[SECRET_BYTES];

	if (!found && a->mode->recover && a->mode->recover(copy, len_bytes, secret)) {
		found = marker_found(&a->marker, secret, sizeof(secret));
		if (found)
			snprintf(
				a->evidence, sizeof(a->evidence),
				"%zu of %u bytes of the marker, deciphered with the key that was read "
				"with it",
				found, MARKER_BYTES);
	} else {
		snprintf(a->evidence, sizeof(a->evidence),
			 "%zu of %u bytes of the marker in %zu bytes read", found, MARKER_BYTES,
			 len_bytes);
	}
	return found ? OPEN : CLOSED;
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

enum outcome nothing_by(struct attempt *a, const char *call)
{
	a->error = errno;
	if (errno == EBADF && a->region.fd < 0)
		snprintf(a->evidence, sizeof(a->evidence), "%s: the memory has none", call);
	else
		snprintf(a->evidence, sizeof(a->evidence), "%s: %s", call,
			 errno ? strerrorname_np(errno) : "nothing read");
	return CLOSED;
}

enum outcome not_tried(struct attempt *a, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(a->run->failure, sizeof(a->run->failure), format, args);
	va_end(args);
	a->run->unsupported = true;
	return NOT_TRIED;
}
