// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Where the time of a first touch goes. Each hook adds the time since the last one
 * to what it ends, then reads the clock again, so that an interval holds the
 * trampoline of a hook but not its body. Compiled by bcc; FLUSH is the address of
 * the kernel's do_kernel_range_flush, 0 if unknown; FENTRY adds function edges.
 */
#include <uapi/linux/bpf.h>
#include <uapi/linux/bpf_perf_event.h>

enum {
	ALLOCATED,
	EDIT_BEGUN,
	EDIT_ENDED,
	CACHED,
	FLUSH_BEGUN,
	QUEUED,
	SENT,
	HERE_BEGUN,
	HERE_ENDED,
	FLUSH_ENDED,
	COUNTED,
	FINISHED,
	EVENTS
};

#define USER_PAGE 2u	/* ___GFP_HIGHMEM: user pages have it, page tables have not */

struct target {
	u64 base, len_bytes, tid;
};

struct progress {
	u64 last_ns, inside, index, begun, ended, user_flushes;
};

struct fault {
	u64 ns[EVENTS];
	u64 hits[EVENTS];
};

BPF_ARRAY(target, struct target, 1);
BPF_ARRAY(progress, struct progress, 1);
BPF_ARRAY(faults, struct fault, FAULTS);

static __always_inline void reach(u32 event)
{
	int first = 0, at;
	struct progress *now = progress.lookup(&first);
	struct target *aim = target.lookup(&first);
	struct fault *fault;

	if (!now || !aim || !now->inside || (u32)bpf_get_current_pid_tgid() != (u32)aim->tid)
		return;
	at = now->index;
	fault = faults.lookup(&at);
	if (!fault)
		return;
	fault->ns[event] += bpf_ktime_get_ns() - now->last_ns;
	fault->hits[event]++;
	now->last_ns = bpf_ktime_get_ns();
}

int on_begin(struct bpf_perf_event_data *ctx)
{
	int first = 0;
	struct progress *now = progress.lookup(&first);
	struct target *aim = target.lookup(&first);
	u64 address = ctx->addr;

	if (!now || !aim || address < aim->base || address >= aim->base + aim->len_bytes)
		return 0;
	now->index = now->begun++;
	now->inside = 1;
	now->last_ns = bpf_ktime_get_ns();
	return 0;
}

int on_end(struct bpf_perf_event_data *ctx)
{
	int first = 0;
	struct progress *now = progress.lookup(&first);

	if (!now || !now->inside)
		return 0;
	reach(FINISHED);
	now->inside = 0;
	now->ended++;
	return 0;
}

int on_alloc(struct bpf_raw_tracepoint_args *ctx)
{
	if ((u32)ctx->args[2] & USER_PAGE)
		reach(ALLOCATED);
	return 0;
}

int on_cached(struct bpf_raw_tracepoint_args *ctx)
{
	reach(CACHED);
	return 0;
}

int on_queued(struct bpf_raw_tracepoint_args *ctx)
{
	int first = 0;
	struct progress *now = progress.lookup(&first);
	struct target *aim = target.lookup(&first);

	if (!FLUSH || ctx->args[2] == FLUSH)
		reach(QUEUED);
	else if (now && aim && now->inside && (u32)bpf_get_current_pid_tgid() == (u32)aim->tid)
		now->user_flushes++;
	return 0;
}

int on_sent(struct bpf_raw_tracepoint_args *ctx)
{
	reach(SENT);
	return 0;
}

int on_here_begun(struct bpf_raw_tracepoint_args *ctx)
{
	if (!FLUSH || ctx->args[0] == FLUSH)
		reach(HERE_BEGUN);
	return 0;
}

int on_here_ended(struct bpf_raw_tracepoint_args *ctx)
{
	if (!FLUSH || ctx->args[0] == FLUSH)
		reach(HERE_ENDED);
	return 0;
}

int on_counted(struct bpf_raw_tracepoint_args *ctx)
{
	reach(COUNTED);
	return 0;
}

#ifdef FENTRY
KFUNC_PROBE(set_direct_map_invalid_noflush)
{
	reach(EDIT_BEGUN);
	return 0;
}

KRETFUNC_PROBE(set_direct_map_invalid_noflush)
{
	reach(EDIT_ENDED);
	return 0;
}

KFUNC_PROBE(flush_tlb_kernel_range)
{
	reach(FLUSH_BEGUN);
	return 0;
}

KRETFUNC_PROBE(flush_tlb_kernel_range)
{
	reach(FLUSH_ENDED);
	return 0;
}
#endif
