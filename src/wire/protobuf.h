/* SPDX-License-Identifier: Apache-2.0 */
/*
 * protobuf: reads the wire format in place, and writes the little we answer with.
 *
 * A reader walks one message's fields; nothing is copied and nothing is allocated. Groups (wire types 3
 * and 4), field number 0, varints over 10 bytes and lengths past the end make it fail for good:
 * `failed` is set and protobuf_next() gives false.
 */
#pragma once

#include "base/buf.h"
#include "base/str.h"

enum protobuf_wire { PROTOBUF_VARINT = 0, PROTOBUF_FIXED64 = 1, PROTOBUF_BYTES = 2, PROTOBUF_FIXED32 = 5 };

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
bool protobuf_next(struct protobuf_reader *reader, struct protobuf_field *out_field);
int64_t protobuf_zigzag(uint64_t integer);
double protobuf_double(uint64_t fixed64);
/* One varint out of a packed field; false at its end or when it is broken (then `failed` is set). */
bool protobuf_next_varint(struct protobuf_reader *packed, uint64_t *out_integer);

void protobuf_write_varint(struct buf *buf, uint32_t number, uint64_t integer);
void protobuf_write_fixed64(struct buf *buf, uint32_t number, uint64_t integer);
void protobuf_write_fixed32(struct buf *buf, uint32_t number, uint32_t integer);
void protobuf_write_double(struct buf *buf, uint32_t number, double real);
void protobuf_write_bytes(struct buf *buf, uint32_t number, struct str bytes);
