/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arrow: see arrow.h. Tables are written field by field, by the numbers that the format's schema
 * files give them, so no code is generated; the few that are needed stand in the enums below.
 */
extern "C" {
#include "wire/arrow.h"
}

#include <vector>

#include <flatbuffers/flatbuffers.h>

namespace
{

using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;

enum { VERSION_5 = 4, HEADER_SCHEMA = 1, HEADER_BATCH = 3 };
enum { TYPE_INT = 2, TYPE_FLOAT = 3, TYPE_UTF8 = 5, TYPE_BOOL = 6, TYPE_TIMESTAMP = 10 };
enum { PRECISION_DOUBLE = 2, UNIT_NANOSECOND = 3 };

/* Where a table keeps its n-th field. */
constexpr flatbuffers::voffset_t field(int number)
{
    return static_cast<flatbuffers::voffset_t>(4 + 2 * number);
}

struct FieldNode {
    int64_t length, nulls;
};
struct Buffer {
    int64_t offset, length;
};

flatbuffers::uoffset_t write_type(FlatBufferBuilder &fbb, enum arrow_type type)
{
    auto zone = type == ARROW_TIME_NS ? fbb.CreateString("UTC") : 0;
    auto table = fbb.StartTable();
    if (type == ARROW_INT64) {
        fbb.AddElement<int32_t>(field(0), 64, 0);
        fbb.AddElement<uint8_t>(field(1), 1, 0);
    } else if (type == ARROW_DOUBLE) {
        fbb.AddElement<int16_t>(field(0), PRECISION_DOUBLE, 0);
    } else if (type == ARROW_TIME_NS) {
        fbb.AddElement<int16_t>(field(0), UNIT_NANOSECOND, 0);
        fbb.AddOffset(field(1), zone);
    }
    return fbb.EndTable(table);
}

uint8_t type_number(enum arrow_type type)
{
    switch (type) {
    case ARROW_INT64:
        return TYPE_INT;
    case ARROW_DOUBLE:
        return TYPE_FLOAT;
    case ARROW_TIME_NS:
        return TYPE_TIMESTAMP;
    case ARROW_BOOL:
        return TYPE_BOOL;
    default:
        return TYPE_UTF8;
    }
}

Offset<void> write_field(FlatBufferBuilder &fbb, const arrow_field &one)
{
    auto name = fbb.CreateString(one.name.ptr ? one.name.ptr : "", one.name.len);
    auto type = write_type(fbb, one.type);
    auto children = fbb.CreateVector(std::vector<Offset<void>>());
    auto table = fbb.StartTable();
    fbb.AddOffset(field(0), name);
    fbb.AddElement<uint8_t>(field(1), 1, 0); /* may be null */
    fbb.AddElement<uint8_t>(field(2), type_number(one.type), 0);
    fbb.AddOffset(field(3), Offset<void>(type));
    fbb.AddOffset(field(5), children);
    return Offset<void>(fbb.EndTable(table));
}

void finish_message(FlatBufferBuilder &fbb, int header_type, flatbuffers::uoffset_t header,
                    int64_t body_bytes)
{
    auto table = fbb.StartTable();
    fbb.AddElement<int16_t>(field(0), VERSION_5, 0);
    fbb.AddElement<uint8_t>(field(1), static_cast<uint8_t>(header_type), 0);
    fbb.AddOffset(field(2), Offset<void>(header));
    fbb.AddElement<int64_t>(field(3), body_bytes, 0);
    fbb.Finish(Offset<void>(fbb.EndTable(table)));
}

void pad(buf *out, size_t len)
{
    for (size_t i = len; i % 8; i++)
        buf_add_byte(out, 0);
}

/* The metadata with its length in front, so that the body begins at a multiple of eight. */
void add_metadata(buf *out, const FlatBufferBuilder &fbb)
{
    size_t len = fbb.GetSize(), padded = (len + 7) / 8 * 8;
    buf_add_u32(out, 0xffffffff);
    buf_add_u32(out, static_cast<uint32_t>(padded));
    buf_add(out, fbb.GetBufferPointer(), len);
    pad(out, len);
}

void add_buffer(std::vector<Buffer> &buffers, int64_t &at, const buf &bytes)
{
    buffers.push_back({at, static_cast<int64_t>(bytes.len)});
    at += static_cast<int64_t>((bytes.len + 7) / 8 * 8);
}

void add_body(buf *out, const buf &bytes)
{
    buf_add(out, bytes.ptr, bytes.len);
    pad(out, bytes.len);
}

} // namespace

void arrow_write_schema(struct buf *out, const struct arrow_field *fields, size_t count)
{
    FlatBufferBuilder fbb;
    std::vector<Offset<void>> written;
    for (size_t i = 0; i < count; i++)
        written.push_back(write_field(fbb, fields[i]));
    auto all = fbb.CreateVector(written);
    auto table = fbb.StartTable();
    fbb.AddOffset(field(1), all); /* field 0: little-endian, which is the default */
    finish_message(fbb, HEADER_SCHEMA, fbb.EndTable(table), 0);
    add_metadata(out, fbb);
}

void arrow_write_batch(struct buf *out, const struct arrow_field *fields,
                       const struct arrow_column *columns, size_t count, int64_t rows)
{
    FlatBufferBuilder fbb;
    std::vector<FieldNode> nodes;
    std::vector<Buffer> buffers;
    int64_t body_bytes = 0;
    for (size_t i = 0; i < count; i++) {
        nodes.push_back({rows, columns[i].nulls});
        add_buffer(buffers, body_bytes, columns[i].validity);
        if (fields[i].type == ARROW_UTF8)
            add_buffer(buffers, body_bytes, columns[i].offsets);
        add_buffer(buffers, body_bytes, columns[i].values);
    }
    auto all_nodes = fbb.CreateVectorOfStructs(nodes);
    auto all_buffers = fbb.CreateVectorOfStructs(buffers);
    auto table = fbb.StartTable();
    fbb.AddElement<int64_t>(field(0), rows, 0);
    fbb.AddOffset(field(1), all_nodes);
    fbb.AddOffset(field(2), all_buffers);
    finish_message(fbb, HEADER_BATCH, fbb.EndTable(table), body_bytes);
    add_metadata(out, fbb);
    for (size_t i = 0; i < count; i++) {
        add_body(out, columns[i].validity);
        if (fields[i].type == ARROW_UTF8)
            add_body(out, columns[i].offsets);
        add_body(out, columns[i].values);
    }
}

void arrow_write_end(struct buf *out)
{
    buf_add_u32(out, 0xffffffff);
    buf_add_u32(out, 0);
}
