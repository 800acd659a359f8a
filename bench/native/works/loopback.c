// SPDX-License-Identifier: MIT
#include "testbed/work.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define SENDS 500
#define SEND_BYTES 4096

static int from = -1, to = -1;

/* A guest without a system has it down. */
static int raise_loopback(int fd)
{
	struct ifreq request = { .ifr_name = "lo" };

	if (ioctl(fd, SIOCGIFFLAGS, &request))
		return -errno;
	if (request.ifr_flags & IFF_UP)
		return 0;
	request.ifr_flags |= IFF_UP;
	return ioctl(fd, SIOCSIFFLAGS, &request) ? -errno : 0;
}

static int join(int listener)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);

	if (bind(listener, (struct sockaddr *)&address, len) || listen(listener, 1) ||
	    getsockname(listener, (struct sockaddr *)&address, &len))
		return -errno;
	from = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (from < 0 || connect(from, (struct sockaddr *)&address, len))
		return -errno;
	to = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	return to < 0 ? -errno : 0;
}

static int begin(void)
{
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), err;

	if (listener < 0)
		return -errno;
	err = raise_loopback(listener);
	err = err ? err : join(listener);
	close(listener);
	return err;
}

static void end(void)
{
	close(from);
	close(to);
}

static int64_t sends(void)
{
	static char out[SEND_BYTES], in[SEND_BYTES];

	for (int i = 0; i < SENDS; i++)
		if (send(from, out, sizeof(out), 0) != sizeof(out) ||
		    recv(to, in, sizeof(in), MSG_WAITALL) != sizeof(in))
			return errno ? -errno : -EIO;
	return SENDS;
}

WORK(loopback) = {
	.name = "loopback",
	.operation = "4 KiB sent over TCP on loopback and received",
	.begin = begin,
	.end = end,
	.round = sends,
};
