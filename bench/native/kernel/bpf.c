// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "kernel/bpf.h"
#include "memory/array.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef BPF_F_SLEEPABLE
#define BPF_F_SLEEPABLE (1u << 4)
#endif
#define PROG_TYPE_SYSCALL 31	/* 79a7f8bdb159d ("bpf: Introduce bpf_sys_bpf() helper..."), 5.14 */
#define HELPER_CURRENT_TASK_BTF 158
#define HELPER_COPY_FROM_USER_TASK 191	/* 376040e47334c ("bpf: Add bpf_copy_from_user_task()"), 5.18 */

#define OP(c, d, s, o, i)                                                     \
	((struct bpf_insn){ .code = (c), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (i) })
#define SET(d, i) OP(BPF_ALU64 | BPF_MOV | BPF_K, d, 0, 0, i)
#define COPY(d, s) OP(BPF_ALU64 | BPF_MOV | BPF_X, d, s, 0, 0)
#define ADD(d, i) OP(BPF_ALU64 | BPF_ADD | BPF_K, d, 0, 0, i)
#define SHIFT(d, i) OP(BPF_ALU64 | BPF_RSH | BPF_K, d, 0, 0, i)
#define LOAD(size, d, s, o) OP(BPF_LDX | BPF_MEM | (size), d, s, o, 0)
#define STORE(size, d, o, s) OP(BPF_STX | BPF_MEM | (size), d, s, o, 0)
#define ZERO(size, d, o) OP(BPF_ST | BPF_MEM | (size), d, 0, o, 0)
#define CALL(f) OP(BPF_JMP | BPF_CALL, 0, 0, 0, f)
#define JUMP(c, d, i, o) OP(BPF_JMP | (c) | BPF_K, d, 0, o, i)
#define JUMP_NE(d, s, o) OP(BPF_JMP | BPF_JNE | BPF_X, d, s, o, 0)
#define EXIT OP(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)
#define FIELD(f) ((short)offsetof(struct bpf_reading, f))

enum reader {
	READ_USER,   /* bpf_probe_read_user, at the process's system calls */
	READ_KERNEL, /* bpf_probe_read_kernel, when it is called */
	READ_TASK,   /* bpf_copy_from_user_task, when it is called */
};

static int maps[READ_TASK + 1] = { -1, -1, -1 }, programs[READ_TASK + 1] = { -1, -1, -1 };

static int bpf(int command, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, command, attr, sizeof(*attr));
}

static int map_make(void)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_ARRAY,
		.key_size = 4,
		.value_size = sizeof(struct bpf_reading),
		.max_entries = 1,
	};

	return bpf(BPF_MAP_CREATE, &attr);
}

static int map_do(int command, int map, const struct bpf_reading *reading)
{
	uint32_t key = 0;
	union bpf_attr attr = {
		.map_fd = (uint32_t)map,
		.key = (uint64_t)(uintptr_t)&key,
		.value = (uint64_t)(uintptr_t)reading,
	};

	return bpf(command, &attr);
}

static int load(enum reader reader, const struct bpf_insn *code, size_t count)
{
	union bpf_attr attr = {
		.prog_type = reader == READ_TASK ? PROG_TYPE_SYSCALL : BPF_PROG_TYPE_RAW_TRACEPOINT,
		.insns = (uint64_t)(uintptr_t)code,
		.insn_cnt = (uint32_t)count,
		/* What the helpers ask of a program. */
		.license = (uint64_t)(uintptr_t)"Dual MIT/GPL",
		.prog_flags = reader == READ_TASK ? BPF_F_SLEEPABLE : 0,
	};

	return bpf(BPF_PROG_LOAD, &attr);
}

/* Registers: 6 the context's process, 8 the reading, 9 its length. */
static int make(enum reader reader, int map)
{
	static const int helpers[] = { BPF_FUNC_probe_read_user, BPF_FUNC_probe_read_kernel,
				       HELPER_COPY_FROM_USER_TASK };
	const struct bpf_insn call_probe[] = { SET(0, 0), SET(0, 0), SET(0, 0), SET(0, 0) };
	const struct bpf_insn call_task[] = { CALL(HELPER_CURRENT_TASK_BTF), COPY(4, 0), SET(5, 0),
					      SET(0, 0) };
	const struct bpf_insn *extra = reader == READ_TASK ? call_task : call_probe;
	const struct bpf_insn code[] = {
		CALL(BPF_FUNC_get_current_pid_tgid),
		COPY(6, 0),
		SHIFT(6, 32),
		ZERO(BPF_W, 10, -4),
		OP(BPF_LD | BPF_DW | BPF_IMM, 1, BPF_PSEUDO_MAP_FD, 0, map),
		OP(0, 0, 0, 0, 0),
		COPY(2, 10),
		ADD(2, -4),
		CALL(BPF_FUNC_map_lookup_elem),
		JUMP(BPF_JEQ, 0, 0, 21),
		COPY(8, 0),
		LOAD(BPF_W, 1, 8, FIELD(pid)),
		JUMP_NE(1, 6, 18),
		LOAD(BPF_W, 9, 8, FIELD(len_bytes)),
		JUMP(BPF_JGT, 9, BPF_READ_BYTES, 16),
		CALL(BPF_FUNC_get_current_task),
		STORE(BPF_DW, 8, FIELD(task), 0),
		extra[0],
		extra[1],
		extra[2],
		extra[3],
		COPY(1, 8),
		ADD(1, FIELD(data)),
		COPY(2, 9),
		LOAD(BPF_DW, 3, 8, FIELD(at)),
		CALL(helpers[reader]),
		STORE(BPF_DW, 8, FIELD(result), 0),
		LOAD(BPF_DW, 1, 8, FIELD(runs)),
		ADD(1, 1),
		STORE(BPF_DW, 8, FIELD(runs), 1),
		SET(0, 0),
		EXIT,
	};

	return load(reader, code, COUNT(code));
}

static int attach(int program)
{
	union bpf_attr attr = {
		.raw_tracepoint = { .name = (uint64_t)(uintptr_t)"sys_enter",
				    .prog_fd = (uint32_t)program },
	};

	return bpf(BPF_RAW_TRACEPOINT_OPEN, &attr);
}

/* Once; 0, or -1 with errno. */
static int load_once(enum reader reader)
{
	if (programs[reader] >= 0)
		return 0;
	maps[reader] = map_make();
	if (maps[reader] < 0)
		return -1;
	programs[reader] = make(reader, maps[reader]);
	if (programs[reader] < 0)
		return -1;
	return reader != READ_USER || attach(programs[reader]) >= 0 ? 0 : -1;
}

/* Of raw tracepoints since 1b4d60ec162f ("bpf: Enable BPF_PROG_TEST_RUN for raw_tracepoint"), 5.10. */
static int run_now(int program)
{
	union bpf_attr attr = { .test = { .prog_fd = (uint32_t)program } };

	return bpf(BPF_PROG_TEST_RUN, &attr);
}

/* Tell the program what to read; NULL with errno where it does not load. */
static struct bpf_reading *ask(enum reader reader, pid_t pid, uint64_t at, size_t len_bytes)
{
	static struct bpf_reading reading;

	memset(&reading, 0, sizeof(reading));
	reading.pid = (uint32_t)pid;
	reading.len_bytes = (uint32_t)len_bytes;
	reading.at = at;
	return load_once(reader) || map_do(BPF_MAP_UPDATE_ELEM, maps[reader], &reading) ? NULL :
											  &reading;
}

static const struct bpf_reading *answer(enum reader reader, struct bpf_reading *reading)
{
	if (map_do(BPF_MAP_LOOKUP_ELEM, maps[reader], reading))
		return NULL;
	/* More than a reading holds is not read at all. */
	errno = reading->runs ? (int)-reading->result : E2BIG;
	return reading->runs && !reading->result ? reading : NULL;
}

static const struct bpf_reading *read_now(enum reader reader, uint64_t at, size_t len_bytes)
{
	struct bpf_reading *reading = ask(reader, getpid(), at, len_bytes);

	return reading && !run_now(programs[reader]) ? answer(reader, reading) : NULL;
}

const struct bpf_reading *bpf_read_kernel(uint64_t at, size_t len_bytes)
{
	return read_now(READ_KERNEL, at, len_bytes);
}

const struct bpf_reading *bpf_read_task(uint64_t at, size_t len_bytes)
{
	return read_now(READ_TASK, at, len_bytes);
}

const struct bpf_reading *bpf_read_user(pid_t pid, uint64_t at, size_t len_bytes,
					void (*have_it_call)(void *it), void *it)
{
	struct bpf_reading *reading = ask(READ_USER, pid, at, len_bytes);

	if (!reading)
		return NULL;
	have_it_call(it);
	return answer(READ_USER, reading);
}

int bpf_task_loads(void)
{
	return load_once(READ_TASK);
}

uint64_t bpf_task(void)
{
	struct bpf_reading *reading = ask(READ_KERNEL, getpid(), 0, 0);

	if (!reading || run_now(programs[READ_KERNEL]) ||
	    map_do(BPF_MAP_LOOKUP_ELEM, maps[READ_KERNEL], reading))
		return 0;
	return reading->task;
}
