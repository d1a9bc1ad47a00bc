/* SPDX-License-Identifier: Apache-2.0 */
/* hash: XXH3 with 128 bits for identity under a secret of this process, with 64 bits for checksums
 * on disk. */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "journal/journal_private.h"

struct hash journal__hash_bytes(const uint8_t *secret, const void *bytes, size_t len)
{
    XXH128_hash_t hash = XXH3_128bits_withSecret(bytes, len, secret, SECRET_BYTES);
    return (struct hash){hash.low64, hash.high64};
}

/* The numbers differ by what is hashed, so that a text and a list can never be taken for each
 * other. */
enum { MARK_NEXT = 1, MARK_LIST = 2 };

static struct hash combine(const uint8_t *secret, struct hash a, struct hash b, uint64_t len,
                           uint64_t mark)
{
    const uint64_t words[6] = {a.low, a.high, b.low, b.high, len, mark};
    return journal__hash_bytes(secret, words, sizeof words);
}

struct hash journal__hash_next(const uint8_t *secret, struct hash before, const void *separator,
                               size_t separator_len, struct hash piece)
{
    struct hash between = journal__hash_bytes(secret, separator, separator_len);
    piece.low += between.low;
    piece.high ^= between.high;
    return combine(secret, before, piece, separator_len, MARK_NEXT);
}

struct hash journal__hash_list(const uint8_t *secret, struct hash pieces, const void *tail,
                               size_t tail_len)
{
    return combine(secret, pieces, journal__hash_bytes(secret, tail, tail_len), tail_len,
                   MARK_LIST);
}

uint64_t journal__checksum(uint64_t seed, const void *bytes, size_t len)
{
    return XXH3_64bits_withSeed(bytes, len, seed);
}
