// SPDX-License-Identifier: MIT
#include "backing/library.h"
#include "memory/mode.h"

#include <errno.h>

/* Locked as it is touched; secrets of 32 bytes share its pages. */
#define HEAP_BYTES (1u << 20)
#define LEAST_BYTES 32u

static struct {
	int (*init)(size_t heap_bytes, size_t least_bytes);
	void *(*malloc)(size_t len_bytes, const char *file, int line);
	void (*free)(void *base, size_t len_bytes, const char *file, int line);
} openssl;

static int load(void)
{
	static const char *const names[] = { "libcrypto.so.3", "libcrypto.so.1.1", NULL };
	static const struct function functions[] = {
		{ "CRYPTO_secure_malloc_init", (void **)&openssl.init },
		{ "CRYPTO_secure_malloc", (void **)&openssl.malloc },
		{ "CRYPTO_secure_clear_free", (void **)&openssl.free },
	};
	static int state = 1; /* 1: not tried yet */

	if (state > 0) {
		state = library_load(names, functions, sizeof(functions) / sizeof(functions[0]));
		/* 2 is success without the lock or the guard pages. */
		if (!state && openssl.init(HEAP_BYTES, LEAST_BYTES) != 1)
			state = -ENOMEM;
	}
	return state;
}

static int obtain(struct region *region)
{
	int err = load();

	if (err)
		return err;
	region->base = openssl.malloc(region->len_bytes, __FILE__, __LINE__);
	return region->base ? 0 : -ENOMEM;
}

static void release(struct region *region)
{
	openssl.free(region->base, region->len_bytes, __FILE__, __LINE__);
}

MODE(openssl_secure) = {
	.name = "openssl-secure",
	.about = "OpenSSL's secure heap (OPENSSL_secure_malloc): one locked arena between guard pages, "
		 "left out of core dumps, shared by all secrets of the process and always open.",
	.vault = true,
	.library = true,
	.obtain = obtain,
	.release = release,
	.locked = true,
	.hint = "OpenSSL's shared library is not installed: apt-get install libssl3 (dnf install "
		"openssl-libs); a static core also needs core-dynamic beside it",
	.order = 140,
	.promise = 120,
	.hue = "green",
	.marker = ">",
	.line = "--",
	.hollow = true,
};
