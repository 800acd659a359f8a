// SPDX-License-Identifier: MIT
#include "kernel/simulated.h"
#include "kernel/counter.h"
#include "kernel/map_level.h"
#include "measure/run.h"
#include "memory/page.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NEEDS                                                                                \
	"counts of simulated TLBs need an emulated guest that has them: bench run PLAN --kernel " \
	"debian:6.12 --tlb zen3 (apt-get install qemu-system-x86 gcc)"
#define TRIES 100     /* until the emulator has taken notice of the mark */
#define GATHERED 200u /* system calls, by which the kernel's tables are known */
#define WRONG_MOST 10000u

const char *const simulated_area[TLB_AREAS] = {
	[TLB_DIRECT_4K] = "direct-4k", [TLB_DIRECT_2M] = "direct-2m",
	[TLB_DIRECT_1G] = "direct-1g", [TLB_VMALLOC] = "vmalloc",
	[TLB_VMEMMAP] = "vmemmap",     [TLB_IMAGE] = "image",
	[TLB_OTHER] = "other",	       [TLB_USER_BY_KERNEL] = "user-by-kernel",
	[TLB_USER] = "user",
};

static struct tlb_box *box;

#ifdef __x86_64__
/* A no-op of eight bytes everywhere else: nopl TLB_MARK + mark(%rax,%rax,1). */
#define MARK(mark)                                                                           \
	__asm__ volatile(".byte 0x0f, 0x1f, 0x84, 0x00; .long %c0"                           \
			 :                                                                   \
			 : "i"(TLB_MARK + (mark))                                            \
			 : "memory")
#else
#define MARK(mark) __asm__ volatile("" : : "i"(mark) : "memory")
#endif

/* 0, or -1 where nobody answers. */
static int ask(enum tlb_question question, uint64_t argument)
{
	volatile struct tlb_box *asked = box;

	asked->argument = argument;
	asked->answered = 0;
	MARK(TLB_MARK_ASK);
	asked->question = TLB_QUESTION + question;
	__asm__ volatile("" : : : "memory");
	return asked->answered == TLB_QUESTION + question ? 0 : -1;
}

static void call_the_kernel(void)
{
	struct stat stat;

	for (unsigned int i = 0; i < GATHERED; i++) {
		fstat(STDIN_FILENO, &stat);
		getppid();
	}
}

static const char *meet(void)
{
	int left = TRIES;

	box = (struct tlb_box *)pages_zeroed(TLB_BOX_BYTES);
	if (!box)
		return "no memory for the page by which simulated TLBs are asked";
	MARK(TLB_MARK_ARM);
	while (ask(TLB_HELLO, 0) && --left)
		usleep(1000);
	if (!left)
		return NEEDS;
	call_the_kernel();
	if (box->version != TLB_BOX_VERSION)
		return "the plugin of bench/tlb is of another version than this core: build both";
	if (ask(TLB_HELLO, 1))
		return "the plugin of bench/tlb answers no more";
	return box->failed ? box->text : NULL;
}

static enum level level_by_plugin(uint64_t frame)
{
	ask(TLB_FRAME, frame);
	return (enum level)box->number[0];
}

const char *simulated_refuse(void)
{
	static const char *why;
	static bool met;

	if (met)
		return why;
	met = true;
	why = meet();
	/* By BPF each look costs half a million instructions of an emulated kernel. */
	if (!why)
		level_told_by(level_by_plugin);
	return why;
}

unsigned int simulated_models(void)
{
	return (unsigned int)box->models;
}

const char *simulated_no_model(uint64_t model)
{
	return model < box->models ? NULL :
				     "model is a number of those that --tlb named, from 0 on";
}

const char *simulated_name(unsigned int model)
{
	static char name[64];

	ask(TLB_MODEL, model);
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(box->text, ":"), box->text);
	return name;
}

bool simulated_has_caches(unsigned int model)
{
	ask(TLB_MODEL, model);
	return box->number[0];
}

void simulated_evict(const void *at)
{
#ifdef __x86_64__
	/* Nothing comes between the access that names the line and the mark. */
	__asm__ volatile("movb (%0), %%al; .byte 0x0f, 0x1f, 0x84, 0x00; .long %c1"
			 :
			 : "r"(at), "i"(TLB_MARK + TLB_MARK_EVICT)
			 : "al", "memory");
#else
	(void)at;
#endif
}

void simulated_run(bool caches)
{
	if (caches)
		MARK(TLB_MARK_CACHES);
	else
		MARK(TLB_MARK_RUN);
}

void simulated_rest(void)
{
	MARK(TLB_MARK_REST);
}

void simulated_begin(void)
{
	MARK(TLB_MARK_BEGIN);
}

void simulated_end(void)
{
	MARK(TLB_MARK_END);
}

void simulated_read(struct tlb_counts *counts)
{
	ask(TLB_COUNTS, 0);
	*counts = box->counts;
}

int simulated_check(struct run *run)
{
	struct tlb_counts counts;

	simulated_read(&counts);
	run_note(run, "walks_checked", "%" PRIu64, counts.checked);
	run_note(run, "walks_wrong", "%" PRIu64, counts.wrong);
	if (counts.wrong * WRONG_MOST < counts.checked || !counts.wrong)
		return 0;
	return run_failed(run,
			  "%" PRIu64 " of %" PRIu64 " pages were found elsewhere in the guest's "
			  "tables than the emulator found them: nothing that was counted holds",
			  counts.wrong, counts.checked);
}

void simulated_page(const void *at, uint64_t number[TLB_PAGE_NUMBERS])
{
	ask(TLB_PAGE, (uintptr_t)at);
	memcpy(number, box->number, TLB_PAGE_NUMBERS * sizeof(*number));
}

/* As the kernel counts its direct map, in pages of each size. */
static void count_direct_map(uint64_t pages[3])
{
	static const long long kb[3] = { 4, 2048, 1048576 };
	struct counters counters = counters_read();

	for (int size = 0; size < 3; size++)
		pages[size] = (uint64_t)(counters.direct_map_kb[size] / kb[size]);
}

/*
 * The kernel counts what it splits of its own image's mapping as if it were the direct map's
 * (__split_large_page() in arch/x86/mm/pat/set_memory.c: virt_addr_valid() holds for both), counts
 * pages that it has taken out itself, and counts a mapping of 1G again when it comes upon it while
 * memory is mapped at boot (phys_pud_init() in arch/x86/mm/init_64.c).
 */
static bool agrees(const uint64_t census[TLB_CENSUS_NUMBERS], const uint64_t pages[3])
{
	uint64_t image = census[TLB_CENSUS_IMAGE_TABLES],
		 small = census[TLB_CENSUS_4K] + image * 512;

	return pages[0] >= small && pages[0] <= small + census[TLB_CENSUS_ABSENT] &&
	       pages[1] == census[TLB_CENSUS_2M] - image && pages[2] >= census[TLB_CENSUS_1G];
}

void simulated_census(struct run *run)
{
	static const char *const names[TLB_CENSUS_NUMBERS] = {
		"census_4k",	"census_2m",	 "census_1g",
		"census_local", "census_absent", "census_image_tables",
	};
	uint64_t census[TLB_CENSUS_NUMBERS], pages[3];

	count_direct_map(pages);
	ask(TLB_CENSUS, 0);
	memcpy(census, box->number, sizeof(census));
	for (int i = 0; i < TLB_CENSUS_NUMBERS; i++)
		run_note(run, names[i], "%" PRIu64, census[i]);
	run_note(run, "direct_map_4k", "%" PRIu64, pages[0]);
	run_note(run, "direct_map_2m", "%" PRIu64, pages[1]);
	run_note(run, "direct_map_1g", "%" PRIu64, pages[2]);
	run_note(run, "census_agrees", agrees(census, pages) ? "true" : "false");
	if (!agrees(census, pages))
		run_warn(run, "the direct map by the plugin's walk is not what /proc/meminfo says");
}
