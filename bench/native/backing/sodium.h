/* SPDX-License-Identifier: MIT */
/* The part of libsodium that modes are made of. */
#ifndef SODIUM_H
#define SODIUM_H

#include <stddef.h>

#define SODIUM_HINT "libsodium's shared library is not installed: apt-get install libsodium23 (dnf " \
		    "install libsodium); a static core also needs core-dynamic beside it"

/* crypto_aead_xchacha20poly1305_ietf_*: sizes in bytes, from libsodium's headers. */
#define SODIUM_KEY_BYTES 32u
#define SODIUM_NONCE_BYTES 24u
#define SODIUM_TAG_BYTES 16u

struct sodium {
	int (*init)(void);
	void *(*malloc)(size_t len_bytes);
	void (*free)(void *base);
	int (*noaccess)(void *base);
	int (*readwrite)(void *base);
	void (*random)(void *at, size_t len_bytes);
	int (*seal)(unsigned char *to, unsigned long long *to_bytes, const unsigned char *from,
		    unsigned long long from_bytes, const unsigned char *more,
		    unsigned long long more_bytes, const unsigned char *unused,
		    const unsigned char *nonce, const unsigned char *key);
	int (*unseal)(unsigned char *to, unsigned long long *to_bytes, unsigned char *unused,
		      const unsigned char *from, unsigned long long from_bytes,
		      const unsigned char *more, unsigned long long more_bytes,
		      const unsigned char *nonce, const unsigned char *key);
};

/* 0, or -errno where there is none. */
int sodium_load(struct sodium *sodium);

#endif
