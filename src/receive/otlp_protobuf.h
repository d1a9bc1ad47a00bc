/* SPDX-License-Identifier: Apache-2.0 */
/*
 * otlp_protobuf: shared by the protobuf half of the OTLP receiver only.
 *
 * Nothing is copied: texts point into the body. Arrays are counted before they are made, so they
 * are exact. A switch is over field number and wire type together; what it does not list is either
 * unknown, and skipped, or a known field with the wrong wire type, and refused by its name from the
 * message's table.
 */
#pragma once

#include "receive/otlp.h"
#include "wire/utf8.h"

#define TAG(number, wire) ((uint32_t)(number) << 3 | PROTOBUF_##wire)
/* The same; numbers of 29 bits make the shift safe. */
static inline uint32_t otlp_tag(const struct protobuf_field *field)
{
    return field->number << 3 | (uint32_t)field->wire;
}

struct otlp_field {
    const char *name;
    enum protobuf_wire wire;
};
enum { OTLP_FIELD_MAX = 16 };
/* Indexed by field number; a NULL name is an unknown field. */
struct otlp_fields {
    struct otlp_field at[OTLP_FIELD_MAX + 1];
};

/* What a switch does not list. False: a known field of the wrong wire type. */
bool otlp_skip(struct otlp *otlp, const struct protobuf_field *field,
               const struct otlp_fields *fields);
/* After the last field: false when the message broke off. */
bool otlp_ended(struct otlp *otlp, const struct protobuf_reader *reader);

/* How often each length-delimited field occurs. */
struct otlp_counts {
    uint32_t of[OTLP_FIELD_MAX + 1];
};
bool otlp_count(struct otlp *otlp, struct str message, struct otlp_counts *out_counts);

bool otlp_repair(struct otlp *otlp, struct str bytes, struct str *out_text);
/* Repaired when it is not UTF-8. */
static inline bool otlp_text(struct otlp *otlp, struct str bytes, struct str *out_text)
{
    *out_text = bytes;
    return utf8_valid(bytes) || otlp_repair(otlp, bytes, out_text);
}
bool otlp_wrong_id(struct otlp *otlp, size_t has, size_t size, const char *name); /* gives false */
/* Inline, so that the copy is a move or two. */
static inline bool otlp_id(struct otlp *otlp, struct str bytes, uint8_t *out_id, size_t size,
                           const char *name)
{
    if (bytes.len != size)
        return otlp_wrong_id(otlp, bytes.len, size, name);
    memcpy(out_id, bytes.ptr, size);
    return true;
}
/* An id that may be absent. */
static inline bool otlp_id_or_none(struct otlp *otlp, struct str bytes, uint8_t *out_id,
                                   size_t size, const char *name)
{
    if (bytes.len)
        return otlp_id(otlp, bytes, out_id, size, name);
    memset(out_id, 0, size);
    return true;
}
/* A singular message that occurs again continues the first: as bytes, one behind the other. */
bool otlp_merge(struct otlp *otlp, struct str *inout_message, struct str more);

/* Makes room for `count` attributes; then each is added. */
bool otlp_attributes_room(struct otlp *otlp, size_t count, struct attributes *out_attributes);
bool otlp_attribute(struct otlp *otlp, struct str message, struct attributes *attributes);
bool otlp_value(struct otlp *otlp, struct str message, unsigned depth, struct value *out_value);

/* Records. */
bool otlp_protobuf_span(struct otlp *otlp, struct str message);
bool otlp_protobuf_metric(struct otlp *otlp, struct str message);
bool otlp_protobuf_log(struct otlp *otlp, struct str message);
