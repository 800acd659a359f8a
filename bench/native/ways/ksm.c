// SPDX-License-Identifier: MIT
#include "attempt/owner.h"
#include "attempt/plant.h"
#include "kernel/restore.h"
#include "attempt/way.h"
#include "kernel/setting.h"
#include "measure/run.h"
#include "memory/frame.h"
#include "memory/page.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define KSM "/sys/kernel/mm/ksm/"
#define PATIENCE_MS 3000
/* A page is merged in the second scan that finds it unchanged. */
#define SCANS 10

static long scans(void)
{
	char text[24];

	return setting_read(KSM "full_scans", text, sizeof(text)) ? -1 : atol(text);
}

/* Set for the length of the run. 0 or -1. */
static int set(const char *path, const char *value)
{
	char before[24];

	return setting_read(path, before, sizeof(before)) || restore_change(path, before, value) ?
		       -1 :
		       0;
}

/* It was off: what it merged is taken apart again before it is off again. */
static int run_scanner(void)
{
	char before[8];

	if (setting_read(KSM "run", before, sizeof(before)))
		return -1;
	if (before[0] == '1')
		return 0;
	return restore_write(KSM "run", "0") || restore_write(KSM "run", "2") ||
			       setting_write(KSM "run", "1") ?
		       -1 :
		       0;
}

static int start_scanning(void)
{
	static bool started;

	if (started)
		return 0;
	started = true;
	/* 5e924ff54d088 ("mm/ksm: add "smart" page scanning mode"), Linux 6.7, leaves scans out. */
	if (!access(KSM "smart_scan", W_OK) && set(KSM "smart_scan", "0"))
		return -1;
	return set(KSM "sleep_millisecs", "1") || set(KSM "pages_to_scan", "10000") ||
			       run_scanner() ?
		       -1 :
		       0;
}

/* Whether somebody else has offered memory, which would be scanned too: virtual machines do. */
static bool others_offer(void)
{
	DIR *processes = opendir("/proc");
	struct dirent *entry;
	bool any = false;

	while (processes && !any && (entry = readdir(processes))) {
		char path[280], text[1024];
		FILE *file;

		snprintf(path, sizeof(path), "/proc/%s/ksm_stat", entry->d_name);
		file = entry->d_name[0] >= '1' && entry->d_name[0] <= '9' ? fopen(path, "re") :
									    NULL;
		while (file && fgets(text, sizeof(text), file))
			any = any || !strcmp(text, "ksm_mergeable: yes\n");
		if (file)
			fclose(file);
	}
	if (processes)
		closedir(processes);
	return any;
}

static int offer(struct attempt *a)
{
	madvise(a->region.base, a->region.len_bytes, MADV_MERGEABLE);
	return 0;
}

/* The frame that both share, or 0 once the scanner had its chances. */
static uint64_t shared_frame(const struct attempt *a, const char *guess, long first)
{
	const struct timespec pause = { .tv_nsec = 5000000 };

	for (int ms = 0; ms < PATIENCE_MS && scans() < first + SCANS; ms += 5) {
		uint64_t frame = frame_of(a->owner, a->region.base);

		if (frame && frame == frame_of(getpid(), guess))
			return frame;
		nanosleep(&pause, NULL);
	}
	return 0;
}

/* A page as the owner's is while it is open, with all that the mode fills it with. */
static char *guess_of(const struct attempt *a)
{
	char *page = mmap(NULL, base_bytes(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);
	struct attempt open = *a;
	char *copy;

	open.in_use = true;
	if (page == MAP_FAILED) {
		run_failed(a->run, "no memory for a page");
		return NULL;
	}
	copy = twin_copy(&open);
	if (!copy)
		return NULL;
	memcpy(page, copy, base_bytes());
	free(copy);
	return page;
}

static enum outcome attempt(struct attempt *a)
{
	uint64_t frame;
	char *guess;
	long first;

	if (start_scanning())
		return not_tried(
			a, "not tried: the scanner for equal pages cannot be started: needs root");
	if (plant_in_owner(a))
		return NOT_TRIED;
	owner_do(a, offer);
	guess = guess_of(a);
	if (!guess)
		return NOT_TRIED;
	madvise(guess, base_bytes(), MADV_MERGEABLE);
	first = scans();
	frame = shared_frame(a, guess, first);
	munmap(guess, base_bytes());
	snprintf(a->evidence, sizeof(a->evidence), "after MADV_MERGEABLE and %d scans, %s", SCANS,
		 frame ? "the owner's page and the guess are one frame" :
			 "the owner's page and the guess are frames of their own");
	if (!frame && scans() < SCANS + first)
		return not_tried(
			a,
			"not tried: the scanner does not come round in %d ms: others have much "
			"memory to merge",
			PATIENCE_MS);
	return frame ? OPEN : CLOSED;
}

static const char *refuse(const struct cell *cell, enum arm_id arm)
{
	(void)cell;
	if (access(KSM "run", W_OK))
		return "not tried: equal pages are not merged here, or not at our word: needs root and "
		       "CONFIG_KSM";
	if (arm == TREATMENT && others_offer())
		return "not tried: other processes have offered memory for merging (virtual machines do), "
		       "which would be scanned too: end them first";
	return frame_of(getpid(), &cell) ?
		       NULL :
		       "not tried: no frame numbers: needs root (CAP_SYS_ADMIN)";
}

WAY(ksm, "ksm", REST,
    "equal pages are merged (KSM): another process that guesses the content sees by a write's time "
    "that it was right",
    .attempt = attempt, .tries = 2, .needs = NEEDS_FRAMES, .refuse = refuse);
