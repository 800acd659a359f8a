// SPDX-License-Identifier: MIT
#include "attempt/inject.h"
#include "attempt/attempt.h"

#include <errno.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>

#if defined(__x86_64__)

/* The two bytes of SYSCALL. A process stopped in a system call stands just behind them. */
#define SYSCALL_BYTES 2
#define SYSCALL_CODE 0x050f

const char *inject_refused(void)
{
	return NULL;
}

long inject(const struct attempt *a, long number, const long arguments[4])
{
	struct user_regs_struct before, regs;
	long code;
	int status;

	if (ptrace(PTRACE_GETREGS, a->owner, NULL, &before))
		return -errno;
	errno = 0;
	code = ptrace(PTRACE_PEEKTEXT, a->owner, before.rip - SYSCALL_BYTES, NULL);
	if (errno || (code & 0xffff) != SYSCALL_CODE)
		return -ENOEXEC;
	regs = before;
	regs.rip -= SYSCALL_BYTES;
	regs.orig_rax = -1ull; /* nothing to restart */
	regs.rax = (unsigned long long)number;
	regs.rdi = (unsigned long long)arguments[0];
	regs.rsi = (unsigned long long)arguments[1];
	regs.rdx = (unsigned long long)arguments[2];
	regs.r10 = (unsigned long long)arguments[3];
	if (ptrace(PTRACE_SETREGS, a->owner, NULL, &regs) ||
	    ptrace(PTRACE_SINGLESTEP, a->owner, NULL, NULL) ||
	    waitpid(a->owner, &status, __WALL) != a->owner || !WIFSTOPPED(status) ||
	    ptrace(PTRACE_GETREGS, a->owner, NULL, &regs))
		return -errno;
	return (long)regs.rax;
}

#else

const char *inject_refused(void)
{
	return "not tried: system calls are injected on x86-64 only";
}

long inject(const struct attempt *a, long number, const long arguments[4])
{
	(void)a;
	(void)number;
	(void)arguments;
	return -ENOSYS;
}

#endif
