// SPDX-License-Identifier: MIT
/* What the owner has of it: it reads what it wrote, a fork shares it, it starts as zeros. */
#include "check.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define BYTES (64u * PAGE)
#define DIRT (8u << 20)

static uint64_t mix(uint64_t i)
{
	return (i + 1) * 0x9e3779b97f4a7c15ull;
}

static void reads_what_it_wrote(const char *name, char *memory)
{
	volatile uint64_t *words = (volatile uint64_t *)memory;
	size_t wrong = 0;
	char text[64];

	for (size_t i = 0; i < BYTES / 8; i++)
		words[i] = mix(i);
	for (size_t i = 0; i < BYTES / 8; i++)
		wrong += words[i] != mix(i);
	memory[5] = 'x';
	wrong += memory[5] != 'x' || __atomic_add_fetch(memory + 5, 1, __ATOMIC_SEQ_CST) != 'y';
	snprintf(text, sizeof(text), "%s-reads-what-it-wrote", name);
	check(!wrong, text, "%zu of %u words wrong", wrong, BYTES / 8);
}

static int see_and_answer(void *arg)
{
	char *memory = arg;

	if (strcmp(memory, "from the parent"))
		return 1;
	/* A page that the parent has touched and one that nobody has. */
	strcpy(memory, "from the child");
	strcpy(memory + BYTES, "a new page");
	return 0;
}

static void fork_inherits(const char *name, unsigned long mode)
{
	char *memory = wrapped(mode, BYTES + PAGE, NULL), text[64];
	int child;

	strcpy(memory, "from the parent");
	child = in_child(see_and_answer, memory);
	snprintf(text, sizeof(text), "%s-is-shared-with-a-fork", name);
	check(!child && !strcmp(memory, "from the child") && !strcmp(memory + BYTES, "a new page"),
	      text, "child %d, parent reads '%s' and '%s'", child, memory, memory + BYTES);
	munmap(memory, BYTES + PAGE);
}

static size_t dirty_bytes(const char *memory, size_t bytes)
{
	size_t dirty = 0;

	for (size_t i = 0; i < bytes; i++)
		dirty += memory[i] != 0;
	return dirty;
}

/* Free memory is full of 0xa5 when the region is obtained, and so was its predecessor. */
static void starts_as_zeros(const char *name, unsigned long mode)
{
	size_t dirty = 0;
	char text[64];

	for (int i = 0; i < 2; i++) {
		char *dirt = mmap(NULL, DIRT, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
				  -1, 0),
		     *memory;

		memset(dirt, 0xa5, DIRT);
		munmap(dirt, DIRT);
		memory = wrapped(mode, BYTES, NULL);
		dirty += dirty_bytes(memory, BYTES);
		memset(memory, 0xa5, BYTES);
		munmap(memory, BYTES);
	}
	snprintf(text, sizeof(text), "%s-starts-as-zeros", name);
	check(!dirty, text, "%zu bytes are not zero", dirty);
}

static void each(const char *name, unsigned long mode)
{
	char *memory = wrapped(mode, BYTES, NULL);

	reads_what_it_wrote(name, memory);
	munmap(memory, BYTES);
	fork_inherits(name, mode);
	starts_as_zeros(name, mode);
}

void owner(void)
{
	each("exclusive", MFD_SECRET_EXCLUSIVE);
	each("uncached", MFD_SECRET_UNCACHED);
}
