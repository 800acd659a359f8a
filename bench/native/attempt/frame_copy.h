/* SPDX-License-Identifier: MIT */
/* A copy of the owner's region by the frames that it lies in, whatever the owner's own tables say. */
#ifndef FRAME_COPY_H
#define FRAME_COPY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct attempt;

/* Get the page of that frame, out of the file if there is one; false with errno. */
typedef bool (*frame_fn)(int fd, uint64_t frame, char *page);

/*
 * Frame by frame: what is contiguous for the owner is not in memory. The file is opened for get(),
 * NULL for none. How much up to the last page that was got, or -1 with the errno of the last that
 * was not.
 */
ssize_t frame_copy(struct attempt *attempt, char *copy, size_t len_bytes, const char *path,
		   frame_fn get);

#endif
