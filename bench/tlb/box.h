/* SPDX-License-Identifier: MIT */
/*
 * How a program in the guest and the plugin outside talk, without a channel between them: the
 * program executes marks (no-ops whose displacement is known by its bytes) and stores a question
 * into a page of its own, the box. The plugin sees both, and writes its answer into that page.
 * The native core has it as kernel/tlb_box.h.
 */
#ifndef TLB_BOX_H
#define TLB_BOX_H

#include <stdint.h>

#define TLB_BOX_VERSION 1
#define TLB_BOX_BYTES 4096
/* `nopl TLB_MARK + mark(%rax,%rax,1)`, an instruction of eight bytes. */
#define TLB_MARK 0x5ec7e700u
/* What the box's question holds: this and what is asked. */
#define TLB_QUESTION 0x5ec7e7007e1b0000ull

enum tlb_mark {
	TLB_MARK_ARM,	 /* watch from now on; once in a boot */
	TLB_MARK_ASK,	 /* a store into the box follows */
	TLB_MARK_RUN,	 /* the models begin, empty */
	TLB_MARK_CACHES, /* the same, with the data caches of those that have some */
	TLB_MARK_BEGIN,	 /* count */
	TLB_MARK_END,	 /* do not count, but go on */
	TLB_MARK_REST,	 /* the models stop */
	TLB_MARK_EVICT,	 /* the line of the access just before leaves all caches */
	TLB_MARKS,
};

enum tlb_question {
	TLB_HELLO,  /* find the tables of whoever asks */
	TLB_COUNTS, /* of the last stretch */
	TLB_MODEL,  /* text: the line of model `argument`; number[0]: its levels of caches */
	TLB_CENSUS, /* number: how the kernel maps memory, by enum tlb_census */
	TLB_PAGE,   /* number: how the page at `argument` is mapped, by enum tlb_page */
	TLB_FRAME,  /* number[0]: 1, 2, 3 for 4K, 2M, 1G of the direct map for frame `argument` */
	TLB_QUESTIONS,
};

/* Where an access went; the names are in bench/native/kernel/simulated.c. */
enum tlb_area {
	TLB_DIRECT_4K, /* the direct map, by the page that maps it */
	TLB_DIRECT_2M,
	TLB_DIRECT_1G,
	TLB_VMALLOC,
	TLB_VMEMMAP,
	TLB_IMAGE,	    /* of the kernel and its modules */
	TLB_OTHER,	    /* elsewhere in the kernel's half */
	TLB_USER_BY_KERNEL, /* a process's memory, by the kernel's instructions */
	TLB_USER,	    /* by its own */
	TLB_AREAS,
};

enum tlb_event {
	TLB_CR3_WRITES,
	TLB_CR4_WRITES,
	TLB_INVLPGS,
	TLB_INTERRUPTS, /* returns from interrupts and exceptions */
	TLB_EVENTS,
};

enum tlb_census {
	TLB_CENSUS_4K, /* pages of the direct map that are present */
	TLB_CENSUS_2M,
	TLB_CENSUS_1G,
	TLB_CENSUS_LOCAL,	 /* of those of 4K, those that are not global */
	TLB_CENSUS_ABSENT,	 /* pages of 4K of memory that are not present */
	TLB_CENSUS_IMAGE_TABLES, /* spans of 2M of the kernel's image that are mapped by 4K */
	TLB_CENSUS_NUMBERS,
};

enum tlb_page {
	TLB_PAGE_MAPPED,     /* 1 if it is */
	TLB_PAGE_TYPE,	     /* memory type: 0 WB, 1 WC, 2 UC-, 3 UC, 4 WB, 5 WP, 6 UC-, 7 WT */
	TLB_PAGE_DIRECT_MAP, /* 1 if the direct map has its frame, too */
	TLB_PAGE_NUMBERS,
};

#define TLB_MODELS 8
#define TLB_TEXT_BYTES 1024

struct tlb_counts {
	uint64_t accesses[TLB_AREAS];
	uint64_t uncached[TLB_AREAS]; /* of these, to pages that are not cached */
	uint64_t events[TLB_EVENTS];
	uint64_t checked, wrong; /* walks against the emulator's own, since TLB_HELLO */
	struct {
		uint64_t misses[TLB_AREAS]; /* of the first level */
		uint64_t walks[TLB_AREAS];
		uint64_t trips[TLB_AREAS]; /* to memory, past all caches */
	} model[TLB_MODELS];
};

struct tlb_box {
	uint64_t question, argument; /* the program's; the store to `question` asks */
	uint64_t answered;	     /* the question again, when the rest is there */
	uint64_t version, models;
	uint64_t failed; /* text says why */
	char text[TLB_TEXT_BYTES];
	union {
		uint64_t number[TLB_CENSUS_NUMBERS];
		struct tlb_counts counts;
	};
};

_Static_assert(sizeof(struct tlb_box) <= TLB_BOX_BYTES, "the box is one page");

#endif
