// SPDX-License-Identifier: MIT
#include "backing/sodium.h"
#include "memory/mode.h"
#include "memory/page.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

/*
 * Three pages: where the secret is while it is used, the key, and the ciphertext.
 * The first two are guarded as far as that costs nothing per use; only the third
 * grows with the number of secrets.
 */
struct sealed {
	char label[16];
	unsigned char nonce[SODIUM_NONCE_BYTES];
	unsigned char text[SECRET_BYTES + SODIUM_TAG_BYTES];
};

struct key {
	char label[16];
	unsigned char bytes[SODIUM_KEY_BYTES];
};

static const char sealed_label[16] = "sealed secret 1", key_label[16] = "key of sealed 1";
static struct sodium calls;

static struct key *key_of(const struct region *region)
{
	return (struct key *)(region->base + base_bytes());
}

static struct sealed *sealed_of(const struct region *region)
{
	return (struct sealed *)(region->base + 2 * base_bytes());
}

static int prepare(struct region *region)
{
	size_t guarded_bytes = 2 * base_bytes();

	madvise(region->base, region->mapping_bytes, MADV_NOHUGEPAGE);
	if (mlock2(region->base, guarded_bytes, MLOCK_ONFAULT) ||
	    madvise(region->base, guarded_bytes, MADV_DONTDUMP) ||
	    madvise(region->base, guarded_bytes, MADV_WIPEONFORK))
		return -errno;
	memcpy(key_of(region)->label, key_label, sizeof(key_label));
	calls.random(key_of(region)->bytes, SODIUM_KEY_BYTES);
	return 0;
}

static int obtain(struct region *region)
{
	int err = sodium_load(&calls);

	if (err)
		return err;
	region->len_bytes = 3 * base_bytes();
	err = region_map(region, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	if (err)
		return err;
	region->readable_bytes = region->len_bytes;
	region->len_bytes = base_bytes();
	err = prepare(region);
	if (err)
		region_unmap(region);
	return err;
}

static void release(struct region *region)
{
	explicit_bzero(region->base, SECRET_BYTES);
	explicit_bzero(key_of(region)->bytes, SODIUM_KEY_BYTES);
	region_unmap(region);
}

static int seal(struct region *region)
{
	struct sealed *sealed = sealed_of(region);

	memcpy(sealed->label, sealed_label, sizeof(sealed_label));
	calls.random(sealed->nonce, sizeof(sealed->nonce));
	if (calls.seal(sealed->text, NULL, (unsigned char *)region->base, SECRET_BYTES, NULL, 0,
		       NULL, sealed->nonce, key_of(region)->bytes))
		return -EIO;
	explicit_bzero(region->base, SECRET_BYTES);
	return 0;
}

static int unseal(struct region *region)
{
	const struct sealed *sealed = sealed_of(region);

	return calls.unseal((unsigned char *)region->base, NULL, NULL, sealed->text,
			    sizeof(sealed->text), NULL, 0, sealed->nonce, key_of(region)->bytes) ?
		       -EIO :
		       0;
}

/* Every key with every ciphertext: a key is of use wherever it was found. */
static bool recover(const char *copy, size_t len_bytes, char *secret)
{
	size_t step = base_bytes();

	if (sodium_load(&calls))
		return false;
	for (size_t k = 0; k + sizeof(struct key) <= len_bytes; k += step) {
		const struct key *key = (const struct key *)(copy + k);

		if (memcmp(key->label, key_label, sizeof(key_label)))
			continue;
		for (size_t s = 0; s + sizeof(struct sealed) <= len_bytes; s += step) {
			const struct sealed *sealed = (const struct sealed *)(copy + s);

			if (!memcmp(sealed->label, sealed_label, sizeof(sealed_label)) &&
			    !calls.unseal((unsigned char *)secret, NULL, NULL, sealed->text,
					  sizeof(sealed->text), NULL, 0, sealed->nonce, key->bytes))
				return true;
		}
	}
	return false;
}

MODE(encrypted_at_rest) = {
	.name = "encrypted-at-rest",
	.about = "the secret enciphered in anonymous memory (libsodium's XChaCha20-Poly1305) and opened "
		 "for each use; the key, in a page of the same process, and the opened secret are "
		 "locked, left out of core dumps and wiped in children.",
	.vault = true,
	.library = true,
	.obtain = obtain,
	.release = release,
	.open = unseal,
	.close = seal,
	.recover = recover,
	.locked = true,
	.hint = SODIUM_HINT,
	.order = 150,
	.promise = 130,
	.hue = "orange",
	.marker = "*",
	.line = "-",
};
