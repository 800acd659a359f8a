// SPDX-License-Identifier: MIT
#include "attempt/address_space.h"
#include "attempt/marker.h"
#include "attempt/owner.h"
#include "attempt/plant.h"
#include "attempt/way.h"
#include "measure/run.h"
#include "memory/array.h"
#include "memory/mode.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

#ifndef NT_X86_XSTATE
#define NT_X86_XSTATE 0x202
#endif

#define USES 3
#define REGISTER_BYTES 16384u

static char careless[SECRET_BYTES];

/* Use the secret as the mode intends; on the control with a copy that nobody wipes. */
static int use(struct attempt *a)
{
	for (int i = 0; i < USES; i++) {
		if (!a->in_use && region_open(a->mode, &a->region))
			return -1;
		for (size_t at = 0; at < SECRET_BYTES; at += sizeof(uint64_t)) {
			uint64_t word = *(volatile uint64_t *)(a->region.base + at);

			__asm__ volatile("" : : "r"(word));
		}
		if (a->is_control) {
			memcpy(careless, a->region.base, sizeof(careless));
			__asm__ volatile("" : : "r"(careless) : "memory");
		}
		if (!a->in_use && region_close(a->mode, &a->region))
			return -1;
	}
	return 0;
}

static size_t in_registers(const struct attempt *a)
{
	static const int sets[] = { NT_PRSTATUS, NT_PRFPREG, NT_X86_XSTATE };
	char *copy = calloc(1, REGISTER_BYTES);
	size_t most = 0;

	for (size_t i = 0; copy && i < COUNT(sets); i++) {
		struct iovec room = { copy, REGISTER_BYTES };
		size_t found = 0;

		if (!ptrace(PTRACE_GETREGSET, a->owner, (void *)(long)sets[i], &room))
			found = marker_found(&a->marker, copy, room.iov_len);
		most = found > most ? found : most;
	}
	free(copy);
	return most;
}

static enum outcome attempt(struct attempt *a)
{
	struct search search = { .writable_only = true, .but_region = true };
	size_t registers;

	if (plant_in_owner(a))
		return NOT_TRIED;
	if (owner_do(a, use))
		return owner_failed(a, "cannot use the secret");
	if (owner_stop(a) || address_space_search(a, &search))
		return nothing_by(a, "stopping and reading the owner");
	registers = in_registers(a);
	snprintf(
		a->evidence, sizeof(a->evidence),
		"beside the region, %zu of %u bytes of the marker in %zu bytes of memory%s%s, %zu in "
		"registers",
		search.found, MARKER_BYTES, search.bytes, search.found ? ", in " : "", search.where,
		registers);
	return search.found || registers ? OPEN : CLOSED;
}

WAY(copies, "copies", REST,
    "what the mode's own way of use leaves behind on the stack, in registers and elsewhere in the "
    "owner, where all other ways find it (the control keeps a careless copy)",
    .attempt = attempt, .hint = MAY_TRACE);
