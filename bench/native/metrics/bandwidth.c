// SPDX-License-Identifier: MIT
#include "measure/arch.h"
#include "measure/ballast.h"
#include "measure/duet.h"
#include "measure/metric.h"
#include "measure/run.h"
#include "memory/mode.h"

#include <stdlib.h>
#include <string.h>

static const struct param params[] = {
	{ "op", "sequential read, write, copy into the region or out of it", "",
	  "read|write|copy-in|copy-out", "read", 0, 0 },
	{ "len_bytes", "working set", "B", NULL, "1048576", 4096, 1ull << 37 },
	{ "slices", "slices per arm", "1", NULL, "200", 1, 100000 },
};

#define CHUNK_BYTES (1u << 20)	/* most that is passed over in one go */
#define SLICE_BYTES (1u << 18)	/* least per slice */

typedef uint64_t vector __attribute__((vector_size(16), may_alias));

static char *ordinary; /* the other side of a copy: plain memory, touched */
static vector sink;

static void read_chunk(const char *base, size_t bytes)
{
	vector sum[4] = { sink };

	for (const char *at = base; at < base + bytes; at += 64)
		for (int i = 0; i < 4; i++)
			sum[i] += ((const volatile vector *)at)[i];
	sink = sum[0] + sum[1] + sum[2] + sum[3];
}

static void write_chunk(char *base, size_t bytes)
{
	for (char *at = base; at < base + bytes; at += 64)
		for (int i = 0; i < 4; i++)
			((volatile vector *)at)[i] = sink;
}

static void pass(const struct cell *cell, char *at, size_t bytes)
{
	if (cell_is(cell, "op", "read"))
		read_chunk(at, bytes);
	else if (cell_is(cell, "op", "write"))
		write_chunk(at, bytes);
	else if (cell_is(cell, "op", "copy-in"))
		memcpy(at, ordinary, bytes);
	else
		memcpy(ordinary, at, bytes);
	__asm__ volatile("" : : : "memory");
}

/*
 * Each slice goes on where the arm's last one stopped, chunk after chunk, round and round; a set of
 * one chunk is warmed first.
 */
static int slice(struct run *run, struct arm *arm)
{
	size_t len_bytes = cell_number(run->cell, "len_bytes");
	char *base = arm->region.base, *end = base + len_bytes;
	char *at = arm->cursor ? arm->cursor : base;
	uint64_t bytes = 0, start;

	if (len_bytes <= CHUNK_BYTES)
		pass(run->cell, base, len_bytes);
	start = arch_counter();
	while (bytes < arm->slice_operations) {
		size_t chunk;

		at = at == end ? base : at;
		chunk = end - at < CHUNK_BYTES ? (size_t)(end - at) : CHUNK_BYTES;
		pass(run->cell, at, chunk);
		bytes += chunk;
		at += chunk;
	}
	value_add(arm, arch_counter() - start, bytes);
	arm->cursor = at;
	return 0;
}

static const char *wrong(const struct cell *cell)
{
	return cell_number(cell, "len_bytes") % LINE_BYTES ?
		       "len_bytes must be whole lines of 64 bytes" :
		       NULL;
}

static struct need need(const struct cell *cell, const struct mode *mode)
{
	uint64_t bytes = mode_region_bytes(mode, cell_number(cell, "len_bytes"));

	return (struct need){ bytes, bytes };
}

static uint64_t beside(const struct cell *cell)
{
	return ballast_most_bytes(cell, cell_number(cell, "len_bytes")) + CHUNK_BYTES;
}

static int measure(struct run *run)
{
	int err;

	ordinary = aligned_alloc(4096, CHUNK_BYTES);
	if (!ordinary)
		return run_failed(run, "no memory for the other side of the copy");
	memset(ordinary, 1, CHUNK_BYTES);
	if (duet_regions(run, cell_number(run->cell, "len_bytes")))
		return -1;
	err = duet_lengthen(run, 0, SLICE_BYTES, slice) ||
	      duet_slices(run, cell_number(run->cell, "slices"), slice);
	free(ordinary);
	return err ? -1 : 0;
}

METRIC(bandwidth) = {
	.name = "bandwidth",
	.about = "bytes per second of sequential passes: 16-byte loads or stores, or memcpy from and "
		 "to ordinary memory (bytes are counted once per copy)",
	.question = "owner",
	.unit = "B/s",
	.better = "higher",
	.assume = "nothing",
	.duet = true,
	.paired = true,
	.procedure = 2,
	PARAMS(params),
	.wrong = wrong,
	.need = need,
	.beside = beside,
	.run = measure,
};
