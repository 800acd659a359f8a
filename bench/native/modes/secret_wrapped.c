// SPDX-License-Identifier: MIT
#include "backing/secret_device.h"
#include "measure/lock_rule.h"
#include "memory/mode.h"

static const struct mode secret_wrapped;

static int obtain(struct region *region)
{
	return secret_device_map(region, MFD_SECRET_EXCLUSIVE);
}

static const char *refuse(void)
{
	return secret_device_page_wrong(&secret_wrapped, TYPE_CACHED);
}

static const char *settle(const struct region *region, size_t at, size_t bytes)
{
	return secret_device_wrong(region, at, bytes, TYPE_CACHED);
}

MODE(secret_wrapped) = {
	.name = "secret-wrapped",
	.about = "memfd_secret(2) mapped through the module of bench/kmod in its mode EXCLUSIVE, which "
		 "changes nothing: the control of secret-uncached. Beside secret it shows what the "
		 "module itself costs.",
	.shared = true,
	.secret = true,
	.obtain = obtain,
	.refuse = refuse,
	.settle = settle,
	.note = lock_rule_note,
	.locked = true,
	.hint = SECRET_DEVICE_HINT,
	.order = 24,
	.promise = 160,
	.hue = "vermilion",
	.marker = "8",
	.line = "--",
	.hollow = true,
};
