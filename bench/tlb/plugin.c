// SPDX-License-Identifier: MIT
/*
 * A TCG plugin of QEMU: it shows every data access of a guest to models of TLBs and caches. It
 * waits until a program in the guest executes the mark TLB_MARK_ARM (box.h); before that the guest
 * runs at its full speed. See docs/method/tlb.md.
 *
 *   -plugin FILE,below=BYTES,model=LINE[,model=LINE ...]
 */
#include "box.h"
#include "insn.h"
#include "qemu_api.h"
#include "watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

EXPORTED int qemu_plugin_version = API_VERSION;

static qemu_plugin_id_t own;

static void *as_data(uintptr_t number)
{
	return (void *)number;
}

static void watch_accesses(struct qemu_plugin_insn *insn, enum insn_kind kind)
{
	unsigned int access = qemu_plugin_insn_vaddr(insn) >> 63 ? ACCESS_BY_KERNEL : 0;

	if (kind == INSN_VECTOR) {
		access |= ACCESS_VECTOR;
		qemu_plugin_register_vcpu_insn_exec_inline(insn, QEMU_PLUGIN_INLINE_ADD_U64,
							   &vector_executions, 1);
	}
	/* One for both: of two, QEMU 7.2 calls the one for loads at stores as well. */
	qemu_plugin_register_vcpu_mem_cb(insn, watch_access, QEMU_PLUGIN_CB_NO_REGS,
					 QEMU_PLUGIN_MEM_RW, as_data(access));
}

static struct insn insn_at(struct qemu_plugin_insn *insn)
{
	return insn_of(qemu_plugin_insn_data(insn), qemu_plugin_insn_size(insn));
}

static void translate(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	(void)id;
	for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
		struct qemu_plugin_insn *at = qemu_plugin_tb_get_insn(tb, i);
		struct insn insn = insn_at(at);

		watch_accesses(at, insn.kind);
		if (insn.kind == INSN_MARK)
			qemu_plugin_register_vcpu_insn_exec_cb(
				at, watch_mark, QEMU_PLUGIN_CB_NO_REGS, as_data(insn.mark));
		else if (insn.kind > INSN_MARK)
			qemu_plugin_register_vcpu_insn_exec_cb(
				at, watch_insn, QEMU_PLUGIN_CB_NO_REGS, as_data(insn.kind));
	}
}

static void armed(qemu_plugin_id_t id)
{
	qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
}

/* Once in a boot: QEMU 7.2 aborts where this is done again. */
static void arm(unsigned int vcpu, void *data)
{
	static bool done;

	(void)vcpu;
	(void)data;
	if (!done)
		qemu_plugin_reset(own, armed);
	done = true;
}

static void await_arming(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	(void)id;
	for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
		struct qemu_plugin_insn *at = qemu_plugin_tb_get_insn(tb, i);
		struct insn insn = insn_at(at);

		if (insn.kind == INSN_MARK && insn.mark == TLB_MARK_ARM)
			qemu_plugin_register_vcpu_insn_exec_cb(at, arm, QEMU_PLUGIN_CB_NO_REGS,
							       NULL);
	}
}

static const char *take_argument(const char *argument)
{
	char *end;

	if (!strncmp(argument, "model=", 6))
		return watch_add(argument + 6);
	if (strncmp(argument, "below=", 6))
		return "arguments are below=BYTES and model=LINE";
	watch_memory(strtoull(argument + 6, &end, 10));
	return *end ? "below= is a number of bytes" : NULL;
}

static const char *unfit(const qemu_info_t *info)
{
	if (info->version.min > API_VERSION || info->version.cur < API_VERSION)
		return "this QEMU has another interface for plugins than version 1: QEMU 7.2 to "
		       "8.2 have it";
	if (!info->system_emulation || strcmp(info->target_name, "x86_64"))
		return "it is for qemu-system-x86_64";
	return info->system.smp_vcpus == 1 ? NULL : "it is for a guest with one CPU: -smp 1";
}

int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
	const char *why = unfit(info);

	for (int i = 0; i < argc && !why; i++)
		why = take_argument(argv[i]);
	if (why) {
		fprintf(stderr, "bench/tlb: %s\n", why);
		return 1;
	}
	own = id;
	qemu_plugin_register_vcpu_tb_trans_cb(id, await_arming);
	return 0;
}
