// SPDX-License-Identifier: MIT
/* Intel SDM vol. 2: chapter 2 (prefixes), appendix A (opcode maps). */
#include "insn.h"
#include "box.h"

#include <stdbool.h>
#include <string.h>

/* How many bytes stand before the opcode. */
static size_t prefixes(const uint8_t *bytes, size_t size)
{
	static const uint8_t legacy[] = { 0x66, 0xf2, 0xf3, 0x2e, 0x36, 0x3e,
					  0x26, 0x64, 0x65, 0x67, 0xf0 };
	size_t count = 0;

	while (count < size && memchr(legacy, bytes[count], sizeof(legacy)))
		count++;
	return count < size && bytes[count] >> 4 == 4 ? count + 1 : count; /* REX */
}

/* Opcodes behind 0F whose operands are vector registers. */
static bool is_vector(uint8_t opcode)
{
	static const struct {
		uint8_t first, last;
	} ranges[] = { { 0x10, 0x1f }, { 0x28, 0x2f }, { 0x38, 0x38 }, { 0x3a, 0x3a },
		       { 0x50, 0x7f }, { 0xc2, 0xc2 }, { 0xc4, 0xc6 }, { 0xd0, 0xff } };

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (opcode >= ranges[i].first && opcode <= ranges[i].last)
			return true;
	return false;
}

/* MOV to a control register. */
static enum insn_kind control(unsigned int reg)
{
	if (reg == 3)
		return INSN_CR3;
	return reg == 4 ? INSN_CR4 : INSN_PLAIN;
}

/* Opcodes behind 0F, and the byte after them. */
static enum insn_kind two_bytes(uint8_t opcode, uint8_t modrm)
{
	unsigned int reg = modrm >> 3 & 7;

	if (opcode == 0x22)
		return control(reg);
	if (opcode == 0x01 && reg == 7 && modrm >> 6 != 3) /* of memory; else swapgs and the like */
		return INSN_INVLPG;
	if (opcode == 0x38 && modrm == 0x82) /* invpcid */
		return INSN_INVLPG;
	return is_vector(opcode) ? INSN_VECTOR : INSN_PLAIN;
}

static bool is_mark(const uint8_t *bytes, size_t size, unsigned int *mark)
{
	static const uint8_t nop[] = { 0x0f, 0x1f, 0x84, 0x00 };
	uint32_t displacement;

	if (size != sizeof(nop) + sizeof(displacement) || memcmp(bytes, nop, sizeof(nop)))
		return false;
	memcpy(&displacement, bytes + sizeof(nop), sizeof(displacement));
	*mark = displacement - TLB_MARK;
	return *mark < TLB_MARKS;
}

struct insn insn_of(const uint8_t *bytes, size_t size)
{
	size_t before = prefixes(bytes, size), left = size - before;
	const uint8_t *at = bytes + before;
	struct insn insn = { INSN_PLAIN, 0 };

	if (!left)
		return insn;
	if (is_mark(bytes, size, &insn.mark))
		insn.kind = INSN_MARK;
	else if (at[0] == 0x0f && left > 1)
		insn.kind = two_bytes(at[1], left > 2 ? at[2] : 0);
	else if (at[0] == 0xcf)
		insn.kind = INSN_RETURN;
	else if (at[0] == 0xc4 || at[0] == 0xc5 || at[0] == 0x62) /* VEX, EVEX */
		insn.kind = INSN_VECTOR;
	return insn;
}
