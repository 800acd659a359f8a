// SPDX-License-Identifier: MIT
#include "backing/sodium.h"
#include "backing/library.h"
#include "memory/array.h"

#include <errno.h>

int sodium_load(struct sodium *sodium)
{
	/* One ABI each for 1.0.18, 1.0.19 and 1.0.20; what is used here is the same in all. */
	static const char *const names[] = { "libsodium.so.26", "libsodium.so.25",
					     "libsodium.so.23", NULL };
	static struct sodium loaded;
	static int state = 1; /* 1: not tried yet */
	const struct function functions[] = {
		{ "sodium_init", (void **)&loaded.init },
		{ "sodium_malloc", (void **)&loaded.malloc },
		{ "sodium_free", (void **)&loaded.free },
		{ "sodium_mprotect_noaccess", (void **)&loaded.noaccess },
		{ "sodium_mprotect_readwrite", (void **)&loaded.readwrite },
		{ "randombytes_buf", (void **)&loaded.random },
		{ "crypto_aead_xchacha20poly1305_ietf_encrypt", (void **)&loaded.seal },
		{ "crypto_aead_xchacha20poly1305_ietf_decrypt", (void **)&loaded.unseal },
	};

	if (state > 0) {
		state = library_load(names, functions, COUNT(functions));
		if (!state && loaded.init() < 0)
			state = -EIO;
	}
	*sodium = loaded;
	return state;
}
