/* SPDX-License-Identifier: MIT */
/* What the plugin makes of the guest's accesses and of its marks. */
#ifndef WATCH_H
#define WATCH_H

#include "box.h"
#include "insn.h"
#include "model.h"
#include "qemu_api.h"

/* What is known of an access; all but the first when its instruction is translated. */
enum access {
	ACCESS_STORE = 1,
	ACCESS_BY_KERNEL = 2,
	ACCESS_VECTOR = 4,
};

/* Counts executions of instructions that QEMU may split into several accesses. */
extern uint64_t vector_executions;

/* One more model: NULL, or what is wrong with its line. */
const char *watch_add(const char *line);
/* `below`: see ram.h. */
void watch_memory(uint64_t below);

/* Callbacks: for each access; for marks and for what changes the tables or the caches. */
void watch_access(unsigned int vcpu, qemu_plugin_meminfo_t info, uint64_t vaddr, void *access);
void watch_mark(unsigned int vcpu, void *mark);
void watch_insn(unsigned int vcpu, void *kind);

#endif
