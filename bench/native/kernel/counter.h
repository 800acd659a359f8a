/* SPDX-License-Identifier: MIT */
/* The kernel's counts of its direct map and of memory, from /proc/vmstat and /proc/meminfo. */
#ifndef COUNTER_H
#define COUNTER_H

/* -1 where the kernel has no such line. */
struct counters {
	long long direct_map_kb[3]; /* 4k, 2M, 1G; in KiB */
	long long splits[2];	    /* level 2 (2M to 4k), level 3 (1G to 2M), since boot */
};

/* As they stand now. */
struct counters counters_read(void);

/* The splits alone, many times: open once (to be closed; -1 with errno), read as often as wanted. */
int splits_open(void);
void splits_read(int fd, long long splits[2]);

/* Huge pages set aside by vm.nr_hugepages, those of them that nobody has; -1: not told. */
struct huge_pool {
	long long pages, unused;
};

/* As it stands now. */
void huge_pool_read(struct huge_pool *pool);

#endif
