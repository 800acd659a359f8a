// SPDX-License-Identifier: MIT
/*
 * The first process of a guest that bench has booted. It loads
 * modules, runs this same executable as often as it is told over the second
 * serial port, and carries back what that printed, in frames; see PROTOCOL.md.
 */
#include "guest/guest.h"
#include "guest/serial_frame.h"
#include "measure/exit_code.h"
#include "memory/array.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MODULES "/modules"
#define ARGUMENTS 64

/* The program in flight: pipes from its stdout and stderr, -1 once they have ended. */
struct program {
	pid_t pid;
	int pipe[2];
	uint64_t started_ns;
};

static uint64_t monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void mount_all(void)
{
	static const struct {
		const char *type, *path;
	} mounts[] = {
		{ "proc", "/proc" },
		{ "sysfs", "/sys" },
		{ "devtmpfs", "/dev" },
		{ "tracefs", "/sys/kernel/tracing" },
		{ "debugfs", "/sys/kernel/debug" },
		{ "securityfs", "/sys/kernel/security" },
		{ "tmpfs", "/tmp" },
	};

	for (size_t i = 0; i < COUNT(mounts); i++) {
		mkdir(mounts[i].path, 0755);
		/* The last but /tmp may be missing: they are for who looks into the kernel. */
		mount(mounts[i].type, mounts[i].path, mounts[i].type, 0, NULL);
	}
}

static int by_name(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

/* Load one module; returns 0, or -1 with a line on what went wrong added to `said`. */
static int load_module(const char *name, char *said, size_t room)
{
	char path[512];
	int fd, err = 0;

	snprintf(path, sizeof(path), MODULES "/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || syscall(SYS_finit_module, fd, "", 0))
		err = errno;
	if (fd >= 0)
		close(fd);
	if (!err || err == EEXIST)
		return 0;
	snprintf(said + strlen(said), room - strlen(said), "%s: %s\n", name, strerror(err));
	return -1;
}

/* In the order of their names, which is that of their dependencies; ends at the first failure. */
static void load_modules(char *said, size_t room)
{
	DIR *folder = opendir(MODULES);
	char *names[256];
	size_t count = 0;
	struct dirent *entry;

	said[0] = '\0';
	while (folder && count < COUNT(names) && (entry = readdir(folder)))
		if (entry->d_name[0] != '.')
			names[count++] = strdup(entry->d_name);
	if (folder)
		closedir(folder);
	qsort(names, count, sizeof(names[0]), by_name);
	for (size_t i = 0; i < count; i++)
		if (load_module(names[i], said, room))
			break;
}

/* What a run may lock is not to be the guest's limit. */
static void unlimit(void)
{
	struct rlimit none = { RLIM_INFINITY, RLIM_INFINITY };

	setrlimit(RLIMIT_MEMLOCK, &none);
}

static void become(char **argv, const int *out, const int *err)
{
	static char *const environment[] = { "PATH=/bin:/usr/bin", "LC_ALL=C", NULL };
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_UNBLOCK, &all, NULL);
	setsid();
	dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
	dup2(out[1], STDOUT_FILENO);
	dup2(err[1], STDERR_FILENO);
	execve(argv[0], argv, environment);
	fprintf(stderr, "cannot be started: %s\n", strerror(errno));
	_exit(EXIT_FAILED);
}

/* `words` holds `len` bytes of arguments, each ended by a zero. */
static void start(struct program *program, char *words, size_t len)
{
	char *argv[ARGUMENTS + 1] = { NULL };
	int out[2], err[2];
	size_t count = 0;

	for (size_t at = 0; at < len && count < ARGUMENTS; at += strlen(words + at) + 1)
		argv[count++] = words + at;
	if (!count || count == ARGUMENTS || program->pid || pipe2(out, O_CLOEXEC) ||
	    pipe2(err, O_CLOEXEC))
		guest_die("cannot start a program");
	program->started_ns = monotonic_ns();
	program->pid = fork();
	if (!program->pid)
		become(argv, out, err);
	close(out[1]);
	close(err[1]);
	program->pipe[0] = out[0];
	program->pipe[1] = err[0];
	if (program->pid < 0)
		guest_die("cannot fork");
}

/* Pass on what there is to read; false when the stream has ended. */
static bool pass_on(int port, int fd, char type)
{
	static char chunk[SERIAL_FRAME_BYTES];
	ssize_t got = read(fd, chunk, sizeof(chunk));

	if (got <= 0)
		return false;
	serial_frame_send(port, type, chunk, (size_t)got);
	return true;
}

/* `polled` are its two pipes. */
static void pass_ready(int port, struct program *program, const struct pollfd *polled)
{
	for (int i = 0; i < 2; i++) {
		if (!polled[i].revents || pass_on(port, program->pipe[i], "OE"[i]))
			continue;
		close(program->pipe[i]);
		program->pipe[i] = -1;
	}
}

static void pass_rest(int port, struct program *program)
{
	for (int i = 0; i < 2; i++) {
		if (program->pipe[i] < 0)
			continue;
		/* What its own children still write is not waited for. */
		fcntl(program->pipe[i], F_SETFL, O_NONBLOCK);
		while (pass_on(port, program->pipe[i], "OE"[i]))
			;
		close(program->pipe[i]);
	}
}

/* Reap whoever ended; tell the host when it was the program. */
static void reap(int port, struct program *program)
{
	struct {
		uint64_t elapsed_ns;
		uint32_t status;
	} __attribute__((packed)) end;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid != program->pid)
			continue;
		end.elapsed_ns = monotonic_ns() - program->started_ns;
		end.status = (uint32_t)status;
		kill(-pid, SIGKILL);
		program->pid = 0;
		pass_rest(port, program);
		serial_frame_send(port, 'X', &end, sizeof(end));
	}
}

static void send_file(int port, const char *path)
{
	static char data[SERIAL_FRAME_BYTES];
	size_t len = strlen(path) + 1;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	memcpy(data, path, len);
	while (fd >= 0 && len < sizeof(data)) {
		ssize_t got = read(fd, data + len, sizeof(data) - len);

		if (got <= 0)
			break;
		len += (size_t)got;
	}
	if (fd < 0)
		return;
	close(fd);
	serial_frame_send(port, 'F', data, len);
}

/* A path that ends in a slash means every file in that folder. */
static void send_files(int port, const char *words, size_t len)
{
	for (size_t at = 0; at < len; at += strlen(words + at) + 1) {
		const char *path = words + at;
		struct dirent *entry;
		char *inside;
		DIR *folder;

		if (!*path)
			continue;
		if (path[strlen(path) - 1] != '/') {
			send_file(port, path);
			continue;
		}
		folder = opendir(path);
		while (folder && (entry = readdir(folder))) {
			if (entry->d_type != DT_REG ||
			    asprintf(&inside, "%s%s", path, entry->d_name) < 0)
				continue;
			send_file(port, inside);
			free(inside);
		}
		if (folder)
			closedir(folder);
	}
	serial_frame_send(port, 'D', "", 0);
}

static void obey(int port, struct program *program)
{
	static char words[SERIAL_FRAME_BYTES + 1];
	size_t len;

	switch (serial_frame_receive(port, words, &len)) {
	case 'R':
		start(program, words, len);
		break;
	case 'K':
		if (program->pid)
			kill(-program->pid, SIGKILL);
		break;
	case 'G':
		send_files(port, words, len);
		break;
	case 'Q':
		guest_die(NULL);
		break;
	default:
		guest_die("told something unknown");
	}
}

static void serve(int port, int children)
{
	struct program program = { .pipe = { -1, -1 } };
	struct signalfd_siginfo heard;

	for (;;) {
		bool runs = program.pid > 0;
		struct pollfd polled[4] = {
			{ port, POLLIN, 0 },
			{ children, POLLIN, 0 },
			{ runs ? program.pipe[0] : -1, POLLIN, 0 },
			{ runs ? program.pipe[1] : -1, POLLIN, 0 },
		};

		if (poll(polled, 4, -1) < 0)
			continue;
		pass_ready(port, &program, polled + 2);
		if (polled[1].revents && read(children, &heard, sizeof(heard)) > 0)
			reap(port, &program);
		if (polled[0].revents)
			obey(port, &program);
	}
}

int guest_main(void)
{
	static char said[4096];
	sigset_t child;
	int port;

	if (getpid() != 1) {
		fprintf(stderr, GUEST_INIT " is the first process of a guest: bench boots one\n");
		return EXIT_USAGE;
	}
	mount_all();
	unlimit();
	port = port_open();
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	load_modules(said, sizeof(said));
	serial_frame_send(port, 'H', said, strlen(said));
	serve(port, signalfd(-1, &child, SFD_CLOEXEC));
	return 0;
}
