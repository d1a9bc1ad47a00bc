/* SPDX-License-Identifier: Apache-2.0 */
/* protobuf: the wire format of protobuf.dev/programming-guides/encoding, zero copy. */
#include "wire/protobuf.h"

#include <string.h>

struct protobuf_reader protobuf_reader(struct str message)
{
    const uint8_t *start = (const uint8_t *)message.ptr;
    return (struct protobuf_reader){.at = start, .end = start ? start + message.len : start};
}

static bool broken(struct protobuf_reader *reader)
{
    reader->failed = true;
    reader->at = reader->end;
    return false;
}

static bool take_long_varint(struct protobuf_reader *reader, uint64_t *out_integer)
{
    const uint8_t *at = reader->at, *end = reader->end;
    uint64_t integer = 0;
    for (unsigned shift = 0; shift < 70 && at < end; shift += 7) {
        uint64_t byte = *at++;
        integer |= (byte & 0x7F) << shift;
        if (byte < 0x80) {
            *out_integer = integer;
            reader->at = at;
            return true;
        }
        if (shift == 63)
            break;
    }
    return broken(reader);
}

static inline bool take_varint(struct protobuf_reader *reader, uint64_t *out_integer)
{
    const uint8_t *at = reader->at;
    if (at == reader->end || *at >= 0x80)
        return take_long_varint(reader, out_integer);
    *out_integer = *at;
    reader->at = at + 1;
    return true;
}

static bool take_fixed64(struct protobuf_reader *reader, uint64_t *out_integer)
{
    if (reader->end - reader->at < 8)
        return broken(reader);
    memcpy(out_integer, reader->at, 8);
    reader->at += 8;
    return true;
}

static bool take_fixed32(struct protobuf_reader *reader, uint64_t *out_integer)
{
    uint32_t integer;
    if (reader->end - reader->at < 4)
        return broken(reader);
    memcpy(&integer, reader->at, 4);
    *out_integer = integer;
    reader->at += 4;
    return true;
}

static bool take_bytes(struct protobuf_reader *reader, struct str *out_bytes)
{
    uint64_t size;
    if (!take_varint(reader, &size))
        return false;
    if (size > (uint64_t)(reader->end - reader->at))
        return broken(reader);
    *out_bytes = (struct str){(const char *)reader->at, (size_t)size};
    reader->at += size;
    return true;
}

bool protobuf__next_slow(struct protobuf_reader *reader, struct protobuf_field *out_field)
{
    uint64_t tag;
    if (reader->at == reader->end || !take_varint(reader, &tag))
        return false;
    if (tag >> 3 == 0 || tag >> 3 > 0x1FFFFFFF)
        return broken(reader);
    out_field->number = (uint32_t)(tag >> 3);
    out_field->wire = (enum protobuf_wire)(tag & 7);
    out_field->bytes = STR_NONE;
    out_field->integer = 0;
    switch (tag & 7) {
    case PROTOBUF_VARINT:
        return take_varint(reader, &out_field->integer);
    case PROTOBUF_FIXED64:
        return take_fixed64(reader, &out_field->integer);
    case PROTOBUF_BYTES:
        return take_bytes(reader, &out_field->bytes);
    case PROTOBUF_FIXED32:
        return take_fixed32(reader, &out_field->integer);
    default:
        return broken(reader);
    }
}

int64_t protobuf_zigzag(uint64_t integer)
{
    return (int64_t)(integer >> 1) ^ -(int64_t)(integer & 1);
}

double protobuf_double(uint64_t fixed64)
{
    double real;
    memcpy(&real, &fixed64, sizeof real);
    return real;
}

bool protobuf_next_varint(struct protobuf_reader *packed, uint64_t *out_integer)
{
    return packed->at < packed->end && take_varint(packed, out_integer);
}

void protobuf_write_varint(struct buf *buf, uint32_t number, uint64_t integer)
{
    buf_add_varint(buf, (uint64_t)number << 3 | PROTOBUF_VARINT);
    buf_add_varint(buf, integer);
}

void protobuf_write_fixed64(struct buf *buf, uint32_t number, uint64_t integer)
{
    buf_add_varint(buf, (uint64_t)number << 3 | PROTOBUF_FIXED64);
    buf_add_u64(buf, integer);
}

void protobuf_write_fixed32(struct buf *buf, uint32_t number, uint32_t integer)
{
    buf_add_varint(buf, (uint64_t)number << 3 | PROTOBUF_FIXED32);
    buf_add_u32(buf, integer);
}

void protobuf_write_double(struct buf *buf, uint32_t number, double real)
{
    uint64_t bits;
    memcpy(&bits, &real, sizeof bits);
    protobuf_write_fixed64(buf, number, bits);
}

void protobuf_write_bytes(struct buf *buf, uint32_t number, struct str bytes)
{
    buf_add_varint(buf, (uint64_t)number << 3 | PROTOBUF_BYTES);
    buf_add_varint(buf, bytes.len);
    buf_add_str(buf, bytes);
}
