/* SPDX-License-Identifier: Apache-2.0 */
/*
 * protobuf: reads the wire format in place, and writes the little we answer with.
 *
 * A reader walks one message's fields; nothing is copied and nothing is allocated. Groups (wire
 * types 3 and 4), field number 0, varints over 10 bytes and lengths past the end make it fail for
 * good: `failed` is set and protobuf_next() gives false.
 */
#pragma once

#include <string.h>

#include "base/buf.h"
#include "base/str.h"

enum protobuf_wire {
    PROTOBUF_VARINT = 0,
    PROTOBUF_FIXED64 = 1,
    PROTOBUF_BYTES = 2,
    PROTOBUF_FIXED32 = 5
};

struct protobuf_reader {
    const uint8_t *at, *end;
    bool failed;
};

struct protobuf_field {
    uint32_t number;
    enum protobuf_wire wire;
    uint64_t integer; /* varint, fixed64 and fixed32 */
    struct str bytes; /* PROTOBUF_BYTES */
};

struct protobuf_reader protobuf_reader(struct str message);
static inline bool protobuf_next(struct protobuf_reader *reader, struct protobuf_field *out_field);
/* Steps over a field: number << 3 | wire type, or 0 at the end. For counting before reading. */
static inline uint32_t protobuf_skip(struct protobuf_reader *reader);
int64_t protobuf_zigzag(uint64_t integer);
double protobuf_double(uint64_t fixed64);
/* One varint out of a packed field; false at its end or when it is broken (then `failed` is set).
 */
bool protobuf_next_varint(struct protobuf_reader *packed, uint64_t *out_integer);

void protobuf_write_varint(struct buf *buf, uint32_t number, uint64_t integer);
void protobuf_write_fixed64(struct buf *buf, uint32_t number, uint64_t integer);
void protobuf_write_fixed32(struct buf *buf, uint32_t number, uint32_t integer);
void protobuf_write_double(struct buf *buf, uint32_t number, double real);
void protobuf_write_bytes(struct buf *buf, uint32_t number, struct str bytes);

/* --- the fast path of protobuf_next(), for fields numbered 1 to 15 -------- */

bool protobuf__next_slow(struct protobuf_reader *reader, struct protobuf_field *out_field);

/* Numbers and lengths of one or two bytes; SIZE_MAX when it is longer. Two bytes can be read. */
static inline size_t protobuf__short(const uint8_t **at)
{
    const uint8_t *from = *at;
    if (from[0] < 0x80) {
        *at = from + 1;
        return from[0];
    }
    *at = from + 2;
    return from[1] < 0x80 ? (size_t)(from[0] & 0x7F) | (size_t)from[1] << 7 : SIZE_MAX;
}

__attribute__((always_inline)) static inline bool protobuf_next(struct protobuf_reader *reader,
                                                                struct protobuf_field *out_field)
{
    const uint8_t *at = reader->at;
    size_t left = (size_t)(reader->end - at), number;
    if (left < 3 || at[0] < 8 || at[0] >= 0x80)
        return protobuf__next_slow(reader, out_field);
    uint8_t wire = at[0] & 7;
    out_field->number = at[0] >> 3;
    out_field->wire = (enum protobuf_wire)wire;
    out_field->integer = 0;
    out_field->bytes = STR_NONE;
    at++;
    switch (wire) {
    case PROTOBUF_BYTES:
        number = protobuf__short(&at);
        if (number > (size_t)(reader->end - at))
            break;
        out_field->bytes = (struct str){(const char *)at, number};
        reader->at = at + number;
        return true;
    case PROTOBUF_VARINT:
        number = protobuf__short(&at);
        if (number == SIZE_MAX)
            break;
        out_field->integer = number;
        reader->at = at;
        return true;
    case PROTOBUF_FIXED64:
        if (left < 9)
            break;
        memcpy(&out_field->integer, at, 8); /* little-endian, as are the machines we run on */
        reader->at = at + 8;
        return true;
    }
    return protobuf__next_slow(reader, out_field);
}

static inline uint32_t protobuf_skip(struct protobuf_reader *reader)
{
    const uint8_t *at = reader->at;
    if (reader->end - at >= 3 && at[0] >= 8 && at[0] < 0x80 && (at[0] & 7) == PROTOBUF_BYTES) {
        uint32_t tag = *at++;
        size_t size = protobuf__short(&at);
        if (size <= (size_t)(reader->end - at)) {
            reader->at = at + size;
            return tag;
        }
    }
    struct protobuf_field field;
    return protobuf_next(reader, &field) ? field.number << 3 | (uint32_t)field.wire : 0;
}
