/* SPDX-License-Identifier: Apache-2.0 */
/* utf8: validity and repair. Invalid bytes become U+FFFD, one for each maximal broken run
 * (W3C/WHATWG). */
#pragma once

#include <string.h>

#include "base/arena.h"

bool utf8__valid(struct str text); /* simdjson's validator: ~14 GB/s */

static inline bool utf8__is_ascii(const char *at, size_t len)
{
    uint64_t seen = 0, word;
    if (len < 8) {
        for (size_t i = 0; i < len; i++)
            seen |= (unsigned char)at[i];
        return seen < 0x80;
    }
    for (size_t i = 0; i + 8 < len; i += 8) {
        memcpy(&word, at + i, 8);
        seen |= word;
    }
    memcpy(&word, at + len - 8, 8); /* may overlap the one before */
    return ((seen | word) & UINT64_C(0x8080808080808080)) == 0;
}

/* Nearly every key and short value is ASCII and needs no call. */
static inline bool utf8_valid(struct str text)
{
    return (text.len < 64 && utf8__is_ascii(text.ptr, text.len)) || utf8__valid(text);
}

/* Length of the valid text at the front; *out_broken is the size of the broken run behind it, 0 at
 * the end. */
size_t utf8_valid_prefix(struct str text, size_t *out_broken);
/* A valid copy in the arena; ptr NULL when it is full. */
struct str utf8_repair(struct str text, struct arena *arena);
/* The longest prefix of at most `max` bytes that does not cut a character. */
struct str utf8_clip(struct str text, size_t max);
