// SPDX-License-Identifier: MIT
/*
 * The models without a guest:
 *
 *   tlb-model check LINE    the line if it makes a model, else what is wrong with it, and exit 1
 *   tlb-model host          the line of this machine's CPU, as far as it tells
 *   tlb-model play LINE     what a list of accesses comes to, one a line on stdin:
 *                           `load VADDR 4k|2m|1g [joinable] [local]`, `store ...`, `flush`,
 *                           `flush-all`, `line PADDR` (through the caches), `evict PADDR`
 */
#include "host.h"
#include "model.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t misses, walks, trips;

static int refused(const char *why)
{
	fprintf(stderr, "tlb-model: %s\n", why);
	return 1;
}

static int host(void)
{
	char line[MODEL_LINE_BYTES];
	const char *why = host_line(host_cpuid, line, sizeof(line));

	if (why)
		return refused(why);
	puts(line);
	return 0;
}

static bool play_access(struct model *model, bool store, const char *words)
{
	static const char *const sizes[PAGE_SIZES] = { "4k", "2m", "1g" };
	uint64_t vaddr;
	uint16_t hint = 0;
	char name[8];
	int size = 0;

	if (sscanf(words, "%" SCNx64 " %7s", &vaddr, name) != 2)
		return false;
	while (size < PAGE_SIZES && strcmp(name, sizes[size]))
		size++;
	if (size < PAGE_SIZES) {
		struct translation page = translation_of(vaddr, (enum page_size)size,
							 !strstr(words, "local"),
							 strstr(words, "joinable"));
		enum tlb_found found = tlb_access(&model->tlb, &page, store, &hint);

		misses += found != TLB_FIRST;
		walks += found == TLB_WALK;
	}
	return size < PAGE_SIZES;
}

static bool play_line(struct model *model, const char *words)
{
	uint64_t physical;

	if (!strncmp(words, "load ", 5) || !strncmp(words, "store ", 6))
		return play_access(model, *words == 's', strchr(words, ' '));
	if (!strncmp(words, "flush", 5)) {
		tlb_flush(&model->tlb, !strncmp(words, "flush-all", 9));
		return true;
	}
	if (sscanf(words, "line %" SCNx64, &physical) == 1) {
		trips += cache_access(&model->cache, physical);
		return true;
	}
	if (sscanf(words, "evict %" SCNx64, &physical) != 1)
		return false;
	cache_evict(&model->cache, physical);
	return true;
}

static int play(struct model *model)
{
	char words[128];

	while (fgets(words, sizeof(words), stdin))
		if (!play_line(model, words))
			return refused("a line of stdin is no access");
	printf("misses %" PRIu64 " walks %" PRIu64 " trips %" PRIu64 "\n", misses, walks, trips);
	return 0;
}

int main(int argc, char **argv)
{
	static struct model model;
	const char *why;
	int err = 0;

	if (argc == 2 && !strcmp(argv[1], "host"))
		return host();
	if (argc != 3 || (strcmp(argv[1], "check") && strcmp(argv[1], "play"))) {
		fprintf(stderr, "tlb-model: verbs are check LINE, host, play LINE\n");
		return 2;
	}
	why = model_make(&model, argv[2]);
	if (why)
		err = refused(why);
	else if (*argv[1] == 'p')
		err = play(&model);
	else
		puts(model.line);
	model_drop(&model);
	return err;
}
