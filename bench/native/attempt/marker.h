/* SPDX-License-Identifier: MIT */
/* The marker: a random secret that is nowhere but where it was planted. See marker.c. */
#ifndef MARKER_H
#define MARKER_H

#include <stddef.h>
#include <stdint.h>

#define MARKER_WORDS 4u
#define MARKER_BYTES (8u * MARKER_WORDS)

struct marker {
	uint64_t seed; /* its words are computed from it */
};

/* A new one. */
void marker_draw(struct marker *marker);
/* Write its MARKER_BYTES there. */
void marker_plant(const struct marker *marker, char *at);
/* How many of the marker's bytes are in there, by words of 8 bytes at any offset. */
size_t marker_found(const struct marker *marker, const void *copy, size_t len_bytes);

#endif
