// SPDX-License-Identifier: MIT
#include "memory/mode.h"
#include "memory/page.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <sys/socket.h>

/* A ring of base-page blocks on a socket bound to no protocol: it receives nothing. */
static int obtain(struct region *region)
{
	struct tpacket_req req = {
		.tp_block_size = (unsigned int)base_bytes(),
		.tp_frame_size = (unsigned int)base_bytes(),
		.tp_block_nr = (unsigned int)(region->len_bytes / base_bytes()),
		.tp_frame_nr = (unsigned int)(region->len_bytes / base_bytes()),
	};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	return region_map_prepared(region, fd,
				   !setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &req, sizeof(req)));
}

MODE(packet_ring) = {
	.name = "packet-ring",
	.about =
		"the ring of an AF_PACKET socket: unmovable kernel pages, one by one, mapped to the "
		"user. They come from the blocks that secret pages come from and stay in the direct "
		"map: a control with like placement. Populated when mapped.",
	.shared = true,
	.populated = true,
	.obtain = obtain,
	.hint = "needs CONFIG_PACKET and CAP_NET_RAW",
	.order = 100,
	.promise = 60,
	.hue = "orange",
	.marker = "P",
	.line = "-.",
};
