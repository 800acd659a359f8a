// SPDX-License-Identifier: MIT
/* Run in a guest: programs as the native core should not be, each by its name. */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void spin(void)
{
	fprintf(stderr, "spinning\n");
	for (;;)
		;
}

/* Real time on every CPU without a pause: the guest hears nothing any more. */
static void seize(void)
{
	struct sched_param most = { .sched_priority = 99 };
	int fd = open("/proc/sys/kernel/sched_rt_runtime_us", O_WRONLY);

	if (write(fd, "-1", 2) != 2)
		exit(3);
	for (long cpu = sysconf(_SC_NPROCESSORS_ONLN); cpu--;)
		if (!fork()) {
			sched_setscheduler(0, SCHED_FIFO, &most);
			spin();
		}
	pause();
}

static void flood(void)
{
	static char line[4096];

	memset(line, 'x', sizeof(line));
	for (;;)
		fwrite(line, 1, sizeof(line), stdout);
}

static void hoard(void)
{
	for (;;) {
		char *block = mmap(NULL, 1 << 22, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

		if (block == MAP_FAILED)
			exit(4);
	}
}

static void crash(void)
{
	int fd = open("/proc/sysrq-trigger", O_WRONLY);

	printf("half a line");
	fflush(stdout);
	if (write(fd, "c", 1) != 1)
		exit(5);
}

static void much(void)
{
	for (int i = 0; i < 30000; i++)
		printf("%d\n", i);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*call)(void);
	} ways[] = { { "spin", spin },	 { "seize", seize }, { "flood", flood },
		     { "hoard", hoard }, { "crash", crash }, { "much", much } };

	for (unsigned int i = 0; argc > 1 && i < sizeof(ways) / sizeof(ways[0]); i++)
		if (!strcmp(argv[1], ways[i].name))
			ways[i].call();
	return 0;
}
