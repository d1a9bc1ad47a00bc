/* SPDX-License-Identifier: Apache-2.0 */
/* utf8_valid: the vectorised check. Short ASCII, which is nearly every key, never gets that far. */
#include <cstring>
#include <simdjson.h>

extern "C" {
#include "wire/utf8.h"
}

static inline bool is_short_ascii(const char *at, size_t len)
{
    uint64_t seen = 0, word;
    for (; len >= sizeof word; at += sizeof word, len -= sizeof word) {
        std::memcpy(&word, at, sizeof word);
        seen |= word;
    }
    for (; len; at++, len--)
        seen |= static_cast<unsigned char>(*at);
    return (seen & UINT64_C(0x8080808080808080)) == 0;
}

extern "C" bool utf8_valid(struct str text)
{
    if (text.len < 48 && is_short_ascii(text.ptr, text.len))
        return true;
    return simdjson::validate_utf8(text.ptr, text.len);
}
