// SPDX-License-Identifier: MIT
/* Rings, secret pages, and what the allocator did with them. See testbed.h. */
#include "testbed/pool.h"
#include "kernel/counter.h"
#include "kernel/page_type.h"
#include "measure/metric.h"
#include "measure/realtime.h"
#include "measure/run.h"
#include "memory/array.h"
#include "memory/frame.h"
#include "memory/mode.h"
#include "memory/page.h"
#include "testbed/testbed.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/kernel-page-flags.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#define MANY_FILES (1u << 19)	/* below fs.nr_open as kernels come */
#define FILL_PAGES 16384u	/* of a ring while much is left */
#define FINE_PAGES 256u		/* of a ring when little is */
/*
 * That claims bring at once, at most. A CPU's own list takes up to 63 << 5 pages at a
 * time (nr_pcp_alloc() in mm/page_alloc.c, CONFIG_PCP_BATCH_SCALE_MAX: 52166607ecc9,
 * "mm: restrict the pcp batch scale factor to avoid too long latency", Linux 6.7), a
 * claim is of up to two blocks (order 10).
 */
#define CLAIM_PAGES 3072u
#define CRUMB_PAGES 128u	/* fewer are left to the next ring */
/* Left to everybody else, whatever the ballast may take. */
#define SPARE_BYTES (256ull << 20)
#define RELEASERS 32u

/* Documentation/admin-guide/mm/pagemap.rst: bit 26, since Linux 4.18. */
bool page_tables_in(const struct testbed *testbed, uint64_t block, bool tables[BLOCK_FRAMES])
{
	uint64_t flags[BLOCK_FRAMES];

	if (pread(testbed->kpageflags, flags, sizeof(flags), (off_t)(block * sizeof(flags))) !=
	    sizeof(flags))
		return false;
	for (size_t i = 0; i < BLOCK_FRAMES; i++)
		tables[i] = flags[i] >> KPF_PGTABLE & 1;
	return true;
}

static bool room_left(uint64_t bytes)
{
	struct sysinfo info;

	return sysinfo(&info) || (uint64_t)info.freeram * info.mem_unit > bytes + SPARE_BYTES;
}

int ring_add(struct run *run, struct testbed *testbed, size_t pages)
{
	uint64_t bytes = pages * base_bytes(), most = cell_number(run->cell, "ballast_max_bytes");
	int err;

	if (testbed->ballast_bytes + bytes > most)
		return run_failed(run,
				  "pool not exhausted: %llu MiB held, ballast_max_bytes allows "
				  "%llu MiB, and unsplit blocks did not come; allow more",
				  (unsigned long long)(testbed->ballast_bytes >> 20),
				  (unsigned long long)(most >> 20));
	GROW(testbed->rings, testbed->ring_count, testbed->ring_room);
	err = room_left(bytes) ? region_obtain(mode_find("packet-ring"),
					       &testbed->rings[testbed->ring_count], bytes) :
				 -ENOMEM;
	if (err)
		return run_failed(run,
				  "the ballast could not grow beyond %llu MiB: %s; memory was "
				  "given back",
				  (unsigned long long)(testbed->ballast_bytes >> 20),
				  strerror(-err));
	/* A victim that forks must not copy the ballast. */
	madvise(testbed->rings[testbed->ring_count].base, bytes, MADV_DONTFORK);
	testbed->ring_count++;
	testbed->ballast_bytes += bytes;
	return 0;
}

/* Victims keep thousands of files open; root may have them. */
static void allow_files(void)
{
	struct rlimit files = { MANY_FILES, MANY_FILES };

	if (!setrlimit(RLIMIT_NOFILE, &files) || getrlimit(RLIMIT_NOFILE, &files))
		return;
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
}

int pool_open(struct run *run, struct testbed *testbed)
{
	int err;

	allow_files();
	testbed->vmstat = splits_open();
	testbed->pagemap = pagemap_open();
	testbed->kpageflags = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);
	if (testbed->vmstat < 0 || testbed->pagemap < 0 || testbed->kpageflags < 0)
		return run_failed(run, "cannot read /proc/vmstat, /proc/self/pagemap and "
				       "/proc/kpageflags");
	if (!cell_has(run->cell, "secret_bytes"))
		return 0;
	err = region_obtain(mode_find("secret"), &testbed->secret,
			    cell_number(run->cell, "secret_bytes"));
	if (err)
		return run_unobtained(run, mode_find("secret"), err);
	testbed->secret_blocks = calloc(testbed->secret.len_bytes / base_bytes(),
					sizeof(*testbed->secret_blocks));
	return testbed->secret_blocks ? 0 : run_failed(run, "no memory to keep frame numbers");
}

/*
 * Two claims one after the other, with no more allocated between them than one claim
 * brings: nothing unmovable is free but what was claimed last.
 */
int pool_exhaust(struct run *run, struct testbed *testbed)
{
	long long blocks = unmovable_blocks();
	size_t since = SIZE_MAX / 2;

	for (;;) {
		long long left = free_unmovable_pages(), last = blocks;
		size_t pages = left / 2 > FILL_PAGES ? FILL_PAGES : FINE_PAGES;

		if (left / 2 > FINE_PAGES && left / 2 < FILL_PAGES)
			pages = (size_t)left / 2;
		if (ring_add(run, testbed, pages))
			return -1;
		duty(run);
		since += pages;
		blocks = unmovable_blocks();
		if (blocks <= last)
			continue;
		if (since <= CLAIM_PAGES + pages)
			return 0;
		since = 0;
	}
}

int pool_exhaust_again(struct run *run, struct testbed *testbed)
{
	long long pages = free_unmovable_crumbs();

	return pages > CRUMB_PAGES ? ring_add(run, testbed, (size_t)pages) : 0;
}

bool block_is_secret(const struct testbed *testbed, uint64_t block)
{
	for (size_t i = 0; i < testbed->secret_touched; i++)
		if (testbed->secret_blocks[i] == block)
			return true;
	return false;
}

struct share {
	struct testbed *testbed;
	size_t first;
};

static void *give_back(void *arg)
{
	const struct share *share = arg;

	for (size_t i = share->first; i < share->testbed->ring_count; i += RELEASERS)
		region_release(mode_find("packet-ring"), &share->testbed->rings[i]);
	return NULL;
}

/*
 * The kernel lets two grace periods of RCU go by for each ring that is closed (packet_release()
 * in net/packet/af_packet.c), some 24 ms: threads wait for the same ones.
 */
void rings_release(struct testbed *testbed)
{
	struct share shares[RELEASERS];
	pthread_t threads[RELEASERS];
	size_t started = 0;

	for (size_t i = 0; i < RELEASERS; i++)
		shares[i] = (struct share){ testbed, i };
	while (started < RELEASERS &&
	       !pthread_create(&threads[started], NULL, give_back, &shares[started]))
		started++;
	for (size_t i = started; i < RELEASERS; i++)
		give_back(&shares[i]);
	while (started)
		pthread_join(threads[--started], NULL);
}

void ring_empty(struct region *ring)
{
	struct tpacket_req none = { 0 };

	munmap(ring->mapping, ring->mapping_bytes);
	ring->mapping_bytes = 0;
	setsockopt(ring->fd, SOL_PACKET, PACKET_RX_RING, &none, sizeof(none));
}

bool block_split(struct testbed *testbed, const struct block *block)
{
	ring_empty(&testbed->rings[block->hole]);
	for (int i = 0; i < SPLIT_TRIES; i++) {
		size_t at = testbed->secret_touched * base_bytes();
		long long before[2], after[2];
		uint64_t landed;

		if (at >= testbed->secret.len_bytes)
			return false;
		splits_read(testbed->vmstat, before);
		*(volatile char *)(testbed->secret.base + at) = 1;
		splits_read(testbed->vmstat, after);
		testbed->splits_2m += after[0] - before[0];
		testbed->splits_1g += after[1] - before[1];
		landed = block_at(testbed->pagemap, testbed->secret.base + at);
		if (landed == block->number && !block_is_secret(testbed, landed)) {
			testbed->tried++;
			testbed->fresh += after[0] - before[0] == 1;
		}
		testbed->secret_blocks[testbed->secret_touched++] = landed;
		if (landed == block->number)
			return true;
	}
	return false;
}
