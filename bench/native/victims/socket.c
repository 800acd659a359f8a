// SPDX-License-Identifier: MIT
#include "testbed/victim.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#define MESSAGE_BYTES 1024
#define BACKLOG 16

static const struct param params[] = {
	VICTIM_PARAMS("1024", "64"),
	{ "family", "unix: a pair of AF_UNIX datagram sockets; tcp: a connection over loopback", "",
	  "unix|tcp", "unix", 0, 0 },
	{ "message_bytes", "of the message that waits in each socket", "B", NULL, "1024", 1,
	  16384 },
};

struct pair {
	int from, to;
};

static struct pair pair_of(uint64_t handle)
{
	return (struct pair){ (int)(handle >> 32), (int)(uint32_t)handle };
}

static void drop(uint64_t handle)
{
	close(pair_of(handle).from);
	close(pair_of(handle).to);
}

/* Listens for as long as the process lives. */
static int listener(struct sockaddr_in *address)
{
	static int fd = -1;
	socklen_t len = sizeof(*address);

	*address = (struct sockaddr_in){ .sin_family = AF_INET,
					 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	if (fd < 0) {
		fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd < 0 || bind(fd, (struct sockaddr *)address, len) || listen(fd, BACKLOG))
			return -errno;
	}
	return getsockname(fd, (struct sockaddr *)address, &len) ? -errno : fd;
}

static int connect_pair(struct pair *pair)
{
	/* Closing resets the connection, so that its port is free again at once. */
	const struct linger reset = { 1, 0 };
	struct sockaddr_in address;
	int fd = listener(&address);

	if (fd < 0)
		return fd;
	pair->from = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (pair->from < 0)
		return -errno;
	pair->to = connect(pair->from, (struct sockaddr *)&address, sizeof(address)) ?
			   -1 :
			   accept4(fd, NULL, NULL, SOCK_CLOEXEC);
	if (pair->to < 0) {
		int err = -errno;

		close(pair->from);
		return err;
	}
	setsockopt(pair->from, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	setsockopt(pair->to, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	return 0;
}

static int pair_make(const struct cell *cell, struct pair *pair)
{
	int fds[2];

	if (victim_is(cell, "family", "tcp"))
		return connect_pair(pair);
	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, fds))
		return -errno;
	*pair = (struct pair){ fds[0], fds[1] };
	return 0;
}

/* Look at the waiting message without taking it, so that its memory stays where it is. */
static int look(struct pair pair, size_t bytes)
{
	static char buffer[16384];

	if (recv(pair.to, buffer, bytes, MSG_PEEK) != (ssize_t)bytes)
		return errno ? -errno : -EIO;
	return 0;
}

static int make(const struct cell *cell, uint64_t *handle)
{
	static const char message[16384];
	size_t bytes = victim_number(cell, "message_bytes", MESSAGE_BYTES);
	struct pair pair = { -1, -1 };
	int err = pair_make(cell, &pair);

	if (err)
		return err;
	*handle = (uint64_t)pair.from << 32 | (uint32_t)pair.to;
	if (send(pair.from, message, bytes, 0) == (ssize_t)bytes)
		err = look(pair, bytes);
	else
		err = errno ? -errno : -EIO;
	if (err)
		drop(*handle);
	return err;
}

static int work(const struct cell *cell, const uint64_t *handles, size_t count)
{
	size_t bytes = victim_number(cell, "message_bytes", MESSAGE_BYTES);

	for (size_t i = 0; i < count; i++) {
		int err = look(pair_of(handles[i]), bytes);

		if (err)
			return err;
	}
	return 0;
}

VICTIM(socket, "socket", params,
       "time to read the message that waits in a socket, leaving it there (MSG_PEEK), each "
       "socket in turn: message and socket lie inside against outside 2M blocks that secret "
       "memory split; witnessed by the pages around, not proved",
       .step_items = 32, .lead_in = 256, .make = make, .drop = drop, .work = work);
