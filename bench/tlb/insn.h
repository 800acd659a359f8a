/* SPDX-License-Identifier: MIT */
/* Which instructions of the guest (x86-64) matter to the models, by their bytes. */
#ifndef INSN_H
#define INSN_H

#include <stddef.h>
#include <stdint.h>

enum insn_kind {
	INSN_PLAIN,
	INSN_VECTOR, /* QEMU may split its access into several */
	INSN_MARK,   /* see box.h */
	INSN_CR3,    /* writes it */
	INSN_CR4,
	INSN_INVLPG, /* or invpcid */
	INSN_RETURN, /* from an interrupt or exception */
};

struct insn {
	enum insn_kind kind;
	unsigned int mark; /* of INSN_MARK */
};

/* Of its bytes, `size` many. */
struct insn insn_of(const uint8_t *bytes, size_t size);

#endif
