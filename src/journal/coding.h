/* SPDX-License-Identifier: Apache-2.0 */
/*
 * coding: the numbers of the journal's record encoding, written and read in line because they are
 * the hot path.
 *
 * Writing goes to a struct buf with its sticky failure. Reading goes through a struct cursor: past
 * its end, or on a number that is none, it turns `bad`, yields zeros and stays bad, so that
 * decoders check once a record.
 */
#pragma once

#include <string.h>

#include "base/buf.h"

static inline bool put_room(struct buf *out, size_t more)
{
    return out->capacity - out->len >= more || buf_reserve(out, more);
}

static inline void put_byte(struct buf *out, uint8_t byte)
{
    if (put_room(out, 1))
        out->ptr[out->len++] = (char)byte;
}

static inline void put_varint(struct buf *out, uint64_t number)
{
    if (!put_room(out, 10))
        return;
    char *at = out->ptr + out->len;
    while (number >= 0x80) {
        *at++ = (char)(number | 0x80);
        number >>= 7;
    }
    *at++ = (char)number;
    out->len = (size_t)(at - out->ptr);
}

/* Small magnitudes of either sign become small numbers. */
static inline void put_signed(struct buf *out, int64_t number)
{
    put_varint(out, ((uint64_t)number << 1) ^ (uint64_t)(number >> 63));
}

static inline void put_bytes(struct buf *out, const void *bytes, size_t len)
{
    if (len && put_room(out, len)) {
        memcpy(out->ptr + out->len, bytes, len);
        out->len += len;
    }
}

static inline void put_double(struct buf *out, double number)
{
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    buf_add_u64(out, bits);
}

static inline void store_u32(uint8_t *at, uint32_t number)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(number >> (8 * i));
}

static inline void store_u64(uint8_t *at, uint64_t number)
{
    for (int i = 0; i < 8; i++)
        at[i] = (uint8_t)(number >> (8 * i));
}

static inline uint32_t load_u32(const uint8_t *at)
{
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static inline uint64_t load_u64(const uint8_t *at)
{
    return load_u32(at) | (uint64_t)load_u32(at + 4) << 32;
}

struct cursor {
    const uint8_t *at, *end;
    bool bad;
};

static inline struct cursor cursor_of(struct str bytes)
{
    const uint8_t *at = (const uint8_t *)bytes.ptr;
    return (struct cursor){at, at ? at + bytes.len : at, false};
}

static inline size_t cursor_left(const struct cursor *in)
{
    return (size_t)(in->end - in->at);
}

static inline uint64_t cursor_fail(struct cursor *in)
{
    in->bad = true;
    in->at = in->end;
    return 0;
}

static inline uint8_t get_byte(struct cursor *in)
{
    return in->at < in->end ? *in->at++ : (uint8_t)cursor_fail(in);
}

static inline uint64_t get_varint(struct cursor *in)
{
    if (in->at < in->end && *in->at < 0x80)
        return *in->at++;
    uint64_t number = 0;
    for (unsigned shift = 0; shift < 64 && in->at < in->end; shift += 7) {
        uint8_t byte = *in->at++;
        number |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return shift == 63 && byte > 1 ? cursor_fail(in) : number;
    }
    return cursor_fail(in);
}

static inline int64_t get_signed(struct cursor *in)
{
    uint64_t number = get_varint(in);
    return (int64_t)((number >> 1) ^ (0 - (number & 1)));
}

static inline uint32_t get_u32(struct cursor *in)
{
    uint64_t number = get_varint(in);
    return number > UINT32_MAX ? (uint32_t)cursor_fail(in) : (uint32_t)number;
}

static inline struct str get_bytes(struct cursor *in, uint64_t len)
{
    if (len > cursor_left(in)) {
        cursor_fail(in);
        len = 0;
    }
    struct str bytes = {(const char *)in->at, (size_t)len};
    in->at += len;
    return len ? bytes : (struct str){"", 0};
}

/* How many items follow, each of at least `least` bytes: more than fit cannot be true. */
static inline size_t get_count(struct cursor *in, size_t least)
{
    uint64_t count = get_varint(in);
    return count > cursor_left(in) / least ? (size_t)cursor_fail(in) : (size_t)count;
}

static inline double get_double(struct cursor *in)
{
    double number = 0;
    struct str bytes = get_bytes(in, 8);
    if (bytes.len == 8) {
        uint64_t bits = load_u64((const uint8_t *)bytes.ptr);
        memcpy(&number, &bits, sizeof number);
    }
    return number;
}
