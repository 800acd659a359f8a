// SPDX-License-Identifier: MIT
/*
 * Speaks to the plugin by box.h alone, as a stranger would: for each number of pages it chases
 * pointers, one in each page, and prints what the first model counted of one pass.
 *
 *   chase PAGES...   `PAGES accesses misses walks` a line
 */
#include "box.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define MARK(mark)                                                                           \
	__asm__ volatile(".byte 0x0f, 0x1f, 0x84, 0x00; .long %c0"                           \
			 :                                                                   \
			 : "i"(TLB_MARK + (mark))                                            \
			 : "memory")
#define PAGE 4096u
#define PASSES 3 /* the last one is counted */

static volatile struct tlb_box *box;

static bool ask(enum tlb_question question, uint64_t argument)
{
	box->argument = argument;
	box->answered = 0;
	MARK(TLB_MARK_ASK);
	box->question = TLB_QUESTION + question;
	return box->answered == TLB_QUESTION + question;
}

static void *pages_of(size_t count)
{
	char *base = mmap(NULL, count * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);

	if (base == MAP_FAILED || madvise(base, count * PAGE, MADV_NOHUGEPAGE))
		exit(1);
	return base;
}

/* From each page to the next; offsets differ, as they would on a CPU with sets. */
static void *linked(char *base, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t next = (i + 1) % count;

		*(void **)(base + i * PAGE + i % 64 * 64) = base + next * PAGE + next % 64 * 64;
	}
	return base;
}

static void chase(size_t count)
{
	uint64_t accesses = 0, misses = 0, walks = 0;
	void *at = linked(pages_of(count), count);

	MARK(TLB_MARK_RUN);
	for (int pass = 0; pass < PASSES; pass++) {
		MARK(TLB_MARK_BEGIN);
		for (size_t i = 0; i < count; i++)
			at = *(void *volatile *)at;
		MARK(TLB_MARK_END);
	}
	MARK(TLB_MARK_REST);
	ask(TLB_COUNTS, 0);
	accesses = box->counts.accesses[TLB_USER];
	misses = box->counts.model[0].misses[TLB_USER];
	walks = box->counts.model[0].walks[TLB_USER];
	printf("%zu %llu %llu %llu\n", count, (unsigned long long)accesses,
	       (unsigned long long)misses, (unsigned long long)walks);
}

int main(int argc, char **argv)
{
	box = pages_of(1);
	MARK(TLB_MARK_ARM);
	for (int tries = 0; !ask(TLB_HELLO, 0); tries++) {
		if (tries == 100)
			return 77;
		usleep(1000);
	}
	for (int i = 0; i < 200; i++)
		getppid();
	if (!ask(TLB_HELLO, 1) || box->failed) {
		fprintf(stderr, "%s\n", (const char *)box->text);
		return 1;
	}
	for (int i = 1; i < argc; i++)
		chase(strtoull(argv[i], NULL, 10));
	return 0;
}
