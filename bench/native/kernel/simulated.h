/* SPDX-License-Identifier: MIT */
/*
 * Simulated TLBs and caches, where this kernel runs in an emulator that has the plugin of bench/tlb:
 * a PMU that counts what models of CPUs would have done. See tlb_box.h for how it is asked.
 */
#ifndef SIMULATED_H
#define SIMULATED_H

#include "kernel/tlb_box.h"

#include <stdbool.h>

struct run;

/* Why there is nothing to ask here, in words; NULL when there is. Found out once in a process. */
const char *simulated_refuse(void);
/* How many models there are; the name of one; why there is none of that number, or NULL. */
unsigned int simulated_models(void);
const char *simulated_no_model(uint64_t model);
/* Whether it has data caches. */
bool simulated_has_caches(unsigned int model);
const char *simulated_name(unsigned int model);
/* As the areas are called in tables. */
extern const char *const simulated_area[TLB_AREAS];

/* Models begin, empty, with their data caches or without; and rest. */
void simulated_run(bool caches);
void simulated_rest(void);
/* Count what lies between, and what it came to. */
void simulated_begin(void);
void simulated_end(void);
void simulated_read(struct tlb_counts *counts);
/* Take the line at that address out of the models' caches: no CLFLUSH is seen from outside. */
void simulated_evict(const void *at);
/*
 * Note how many look-ups agreed with the emulator's; -1 with run->failure where 1 of 10,000 and more
 * did not.
 */
int simulated_check(struct run *run);
/* How the page at an address of this process is mapped: number[] by enum tlb_page. */
void simulated_page(const void *at, uint64_t number[TLB_PAGE_NUMBERS]);
/*
 * Note how the direct map is mapped by the plugin's own walk, beside DirectMap* of /proc/meminfo, and
 * whether they agree; a warning where they do not.
 */
void simulated_census(struct run *run);

#endif
