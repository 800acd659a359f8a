// SPDX-License-Identifier: MIT
/* Frames: "SM", type, zero, length, data, CRC-32 of type to data; numbers are little-endian. */
#include "guest/serial_frame.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/reboot.h>
#include <termios.h>
#include <unistd.h>

#define PORT "/dev/ttyS1"

struct head {
	char magic[2], type, zero;
	uint32_t len;
};

void guest_die(const char *why)
{
	if (why)
		fprintf(stderr, "guest: %s: %s\n", why, strerror(errno));
	/* The host started this guest so that a reboot ends it. */
	reboot(RB_AUTOBOOT);
	for (;;)
		pause();
}

int port_open(void)
{
	struct termios raw;
	int port = open(PORT, O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (port < 0 || tcgetattr(port, &raw))
		guest_die("cannot open " PORT);
	cfmakeraw(&raw);
	raw.c_cflag |= CLOCAL;
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	if (tcsetattr(port, TCSANOW, &raw))
		guest_die("cannot set up " PORT);
	return port;
}

/* The polynomial of zlib's crc32(), bit by bit: a port is slower than this. */
static uint32_t checksum(uint32_t crc, const void *data, size_t len)
{
	const unsigned char *at = data;

	crc = ~crc;
	while (len--) {
		crc ^= *at++;
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return ~crc;
}

static void put(int port, const void *data, size_t len)
{
	const char *at = data;

	while (len) {
		ssize_t put = write(port, at, len);

		if (put < 0 && errno != EINTR)
			guest_die("cannot write to " PORT);
		if (put > 0) {
			at += put;
			len -= (size_t)put;
		}
	}
}

static void take(int port, void *data, size_t len)
{
	char *at = data;

	while (len) {
		ssize_t got = read(port, at, len);

		if (!got || (got < 0 && errno != EINTR))
			guest_die("cannot read from " PORT);
		if (got > 0) {
			at += got;
			len -= (size_t)got;
		}
	}
}

void serial_frame_send(int port, char type, const void *data, size_t len)
{
	struct head head = { "SM", type, 0, (uint32_t)len };
	uint32_t crc = checksum(checksum(0, &head.type, sizeof(head) - 2), data, len);

	put(port, &head, sizeof(head));
	put(port, data, len);
	put(port, &crc, sizeof(crc));
}

char serial_frame_receive(int port, char *data, size_t *len)
{
	struct head head;
	uint32_t crc;

	take(port, &head, sizeof(head));
	if (memcmp(head.magic, "SM", 2) || head.len > SERIAL_FRAME_BYTES)
		guest_die("a frame from the host does not begin as one");
	take(port, data, head.len);
	take(port, &crc, sizeof(crc));
	if (crc != checksum(checksum(0, &head.type, sizeof(head) - 2), data, head.len))
		guest_die("a frame from the host is damaged");
	data[head.len] = '\0';
	*len = head.len;
	return head.type;
}
