/* SPDX-License-Identifier: Apache-2.0 */
/* foreign_id: see foreign_id.h. The mapping is for ever: journals and clients rely on it. */
#include "model/foreign_id.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "base/must.h"

static void digest(struct str text, const char *purpose, uint8_t *out, size_t size)
{
    uint8_t whole[crypto_generichash_BYTES];
    static_assert(sizeof whole >= 16, "an id fits");
    must(crypto_generichash(whole, sizeof whole, (const unsigned char *)text.ptr, text.len,
                            (const unsigned char *)purpose, strlen(purpose)) == 0);
    memcpy(out, whole, size);
    bool zero = true;
    for (size_t i = 0; i < size; i++)
        zero = zero && out[i] == 0;
    if (zero)
        out[size - 1] = 1; /* all zero means: none */
}

static bool any_bit(const uint8_t *id, size_t size)
{
    uint8_t all = 0;
    for (size_t i = 0; i < size; i++)
        all |= id[i];
    return all != 0;
}

static bool is_lower(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] >= 'A' && text.ptr[i] <= 'F')
            return false;
    return true;
}

static bool read_uuid(struct str text, uint8_t out[16])
{
    static const size_t dashes[] = {8, 13, 18, 23};
    char hex[32];
    size_t len = 0;
    if (text.len != 36)
        return false;
    for (size_t i = 0; i < sizeof dashes / sizeof *dashes; i++)
        if (text.ptr[dashes[i]] != '-')
            return false;
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] != '-' && len < sizeof hex)
            hex[len++] = text.ptr[i];
    return len == sizeof hex && str_hex_decode((struct str){hex, len}, out, 16);
}

bool foreign_trace_id(struct str text, uint8_t out[16])
{
    if (str_hex_decode(text, out, 16) && any_bit(out, 16))
        return is_lower(text);
    if (read_uuid(text, out) && any_bit(out, 16))
        return false;
    digest(text, "vitrine trace id", out, 16);
    return false;
}

bool foreign_span_id(struct str text, uint8_t out[8])
{
    if (str_hex_decode(text, out, 8) && any_bit(out, 8))
        return is_lower(text);
    digest(text, "vitrine span id ", out, 8);
    return false;
}

void foreign_root_id(const uint8_t trace_id[16], uint8_t out[8])
{
    digest((struct str){(const char *)trace_id, 16}, "vitrine root span", out, 8);
}
