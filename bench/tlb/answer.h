/* SPDX-License-Identifier: MIT */
/* Questions that a program in the guest stores into its box, and what is written there: box.h. */
#ifndef ANSWER_H
#define ANSWER_H

#include "box.h"
#include "model.h"
#include "qemu_api.h"

#include <stddef.h>

/* What there is to tell. */
struct watched {
	const struct tlb_counts *counts;
	const struct model *models;
	size_t model_count;
};

enum answered {
	ANSWER_NONE, /* the store was no question */
	ANSWER_GIVEN,
	ANSWER_GATHER, /* given, and answer_gather() is to see what comes */
};

/* Bytes of the guest's memory below 4 GiB at most: see ram.h. */
void answer_memory(uint64_t below);
/* A store, just done: look whether it is a question, and answer it. */
enum answered answer(uint64_t vaddr, qemu_plugin_meminfo_t info, const struct watched *watched);
/* An access by which the kernel's tables may be known. */
void answer_gather(uint64_t vaddr, qemu_plugin_meminfo_t info);

#endif
