/* SPDX-License-Identifier: Apache-2.0 */
/* otlp_protobuf_common: fields, texts, ids, attributes and values as every message has them. */
#include <string.h>

#include "receive/otlp_protobuf.h"

static const char *wire_name(enum protobuf_wire wire)
{
    static const char *const names[] = {"a varint", "64 bits", "bytes", "?", "?", "32 bits"};
    return names[wire];
}

bool otlp_skip(struct otlp *otlp, const struct protobuf_field *field,
               const struct otlp_fields *fields)
{
    if (field->number > OTLP_FIELD_MAX || !fields->at[field->number].name)
        return true;
    const struct otlp_field *known = &fields->at[field->number];
    otlp_refuse(otlp, REJECT_SHAPE, "is %s on the wire, expected %s", wire_name(field->wire),
                wire_name(known->wire));
    return otlp_at(otlp, "%s", known->name);
}

bool otlp_ended(struct otlp *otlp, const struct protobuf_reader *reader)
{
    return !reader->failed ||
           otlp_refuse(otlp, REJECT_SHAPE,
                       "is not a whole protobuf message: cut off, or a field is broken");
}

bool otlp_count(struct otlp *otlp, struct str message, struct otlp_counts *out_counts)
{
    struct protobuf_reader reader = protobuf_reader(message);
    memset(out_counts, 0, sizeof *out_counts);
    for (uint32_t tag; (tag = protobuf_skip(&reader));)
        if ((tag & 7) == PROTOBUF_BYTES && tag >> 3 <= OTLP_FIELD_MAX)
            out_counts->of[tag >> 3]++;
    return otlp_ended(otlp, &reader);
}

bool otlp_repair(struct otlp *otlp, struct str bytes, struct str *out_text)
{
    *out_text = utf8_repair(bytes, &otlp->batch->arena);
    otlp->batch->repaired_texts++;
    return out_text->ptr || otlp_full(otlp);
}

bool otlp_wrong_id(struct otlp *otlp, size_t has, size_t size, const char *name)
{
    otlp_refuse(otlp, REJECT_ID, "has %zu bytes, expected %zu", has, size);
    return otlp_at(otlp, "%s", name);
}

bool otlp_merge(struct otlp *otlp, struct str *inout_message, struct str more)
{
    struct str before = *inout_message;
    if (!before.ptr || !before.len) {
        *inout_message = more;
        return true;
    }
    if (!more.len)
        return true;
    char *joined = otlp_array(otlp, before.len + more.len, 1);
    if (!joined)
        return false;
    memcpy(joined, before.ptr, before.len);
    memcpy(joined + before.len, more.ptr, more.len);
    *inout_message = (struct str){joined, before.len + more.len};
    return true;
}

bool otlp_attributes_room(struct otlp *otlp, size_t count, struct attributes *out_attributes)
{
    *out_attributes = (struct attributes){0};
    if (count == 0)
        return true;
    if (!otlp_limit(otlp, count, OTLP_ATTRIBUTES_MAX, "attributes"))
        return false;
    out_attributes->items = otlp_array(otlp, count, sizeof *out_attributes->items);
    return out_attributes->items != NULL;
}

/*
 * The two members of a message that holds exactly fields 1 and 2 in this order, as every SDK writes
 * a KeyValue. False for any other: then it is read with care.
 */
static bool usual_pair(struct str message, struct str *out_first, struct str *out_second)
{
    const uint8_t *at = (const uint8_t *)message.ptr;
    if (message.len < 6 || at[0] != TAG(1, BYTES) || at[1] >= 0x80 || message.len < at[1] + 5u)
        return false;
    *out_first = (struct str){message.ptr + 2, at[1]};
    at += 2 + at[1];
    if (*at++ != TAG(2, BYTES))
        return false;
    size_t size = protobuf__short(&at);
    *out_second = (struct str){(const char *)at, size};
    const uint8_t *end = (const uint8_t *)message.ptr + message.len;
    return at <= end && size == (size_t)(end - at);
}

/* KeyValue. */
static bool careful_key_value(struct otlp *otlp, struct str message, unsigned depth,
                              struct attribute *out_attribute)
{
    static const struct otlp_fields fields = {
        {[1] = {"key", PROTOBUF_BYTES}, [2] = {"value", PROTOBUF_BYTES}}};
    struct protobuf_reader reader = protobuf_reader(message);
    struct protobuf_field field;
    struct str key = STR_NONE, value = STR_NONE;
    while (protobuf_next(&reader, &field)) {
        switch (otlp_tag(&field)) {
        case TAG(1, BYTES):
            key = field.bytes;
            break;
        case TAG(2, BYTES):
            if (!otlp_merge(otlp, &value, field.bytes))
                return false;
            break;
        default:
            if (!otlp_skip(otlp, &field, &fields))
                return false;
        }
    }
    if (!otlp_ended(otlp, &reader) || !otlp_text(otlp, key, &out_attribute->key))
        return false;
    return otlp_value(otlp, value, depth, &out_attribute->value) || otlp_at(otlp, "value");
}

static bool key_value(struct otlp *otlp, struct str message, unsigned depth,
                      struct attribute *out_attribute)
{
    struct str key, value;
    if (!usual_pair(message, &key, &value))
        return careful_key_value(otlp, message, depth, out_attribute);
    return otlp_text(otlp, key, &out_attribute->key) &&
           (otlp_value(otlp, value, depth, &out_attribute->value) || otlp_at(otlp, "value"));
}

bool otlp_attribute(struct otlp *otlp, struct str message, struct attributes *attributes)
{
    size_t index = attributes->count;
    if (!key_value(otlp, message, 1, &attributes->items[index]))
        return otlp_at(otlp, "attributes[%zu]", index);
    attributes->count++;
    return true;
}

static bool array_value(struct otlp *otlp, struct str message, unsigned depth, struct value *out)
{
    static const struct otlp_fields fields = {{[1] = {"values", PROTOBUF_BYTES}}};
    struct protobuf_reader reader = protobuf_reader(message);
    struct protobuf_field field;
    struct otlp_counts counts;
    *out = (struct value){.type = VALUE_ARRAY};
    if (!otlp_count(otlp, message, &counts))
        return false;
    out->array.items = otlp_array(otlp, counts.of[1], sizeof *out->array.items);
    if (!out->array.items)
        return false;
    while (protobuf_next(&reader, &field)) {
        if (otlp_tag(&field) != TAG(1, BYTES)) {
            if (!otlp_skip(otlp, &field, &fields))
                return false;
            continue;
        }
        if (!otlp_value(otlp, field.bytes, depth, &out->array.items[out->array.count]))
            return otlp_at(otlp, "values[%zu]", out->array.count);
        out->array.count++;
    }
    return true;
}

static bool map_value(struct otlp *otlp, struct str message, unsigned depth, struct value *out)
{
    static const struct otlp_fields fields = {{[1] = {"values", PROTOBUF_BYTES}}};
    struct protobuf_reader reader = protobuf_reader(message);
    struct protobuf_field field;
    struct otlp_counts counts;
    *out = (struct value){.type = VALUE_MAP};
    if (!otlp_count(otlp, message, &counts))
        return false;
    out->map.items = otlp_array(otlp, counts.of[1], sizeof *out->map.items);
    if (!out->map.items)
        return false;
    while (protobuf_next(&reader, &field)) {
        if (otlp_tag(&field) != TAG(1, BYTES)) {
            if (!otlp_skip(otlp, &field, &fields))
                return false;
            continue;
        }
        if (!key_value(otlp, field.bytes, depth, &out->map.items[out->map.count]))
            return otlp_at(otlp, "values[%zu]", out->map.count);
        out->map.count++;
    }
    return true;
}

/* The member of AnyValue that came last. */
static bool chosen_value(struct otlp *otlp, const struct protobuf_field *chosen, unsigned depth,
                         struct value *out)
{
    switch (chosen->number) {
    case 1:
        out->type = VALUE_STRING;
        return otlp_text(otlp, chosen->bytes, &out->string);
    case 2:
        *out = value_bool(chosen->integer != 0);
        return true;
    case 3:
        *out = value_int((int64_t)chosen->integer);
        return true;
    case 4:
        *out = value_double(protobuf_double(chosen->integer));
        return true;
    case 5:
        return array_value(otlp, chosen->bytes, depth + 1, out) || otlp_at(otlp, "arrayValue");
    case 6:
        return map_value(otlp, chosen->bytes, depth + 1, out) || otlp_at(otlp, "kvlistValue");
    case 7:
        *out = (struct value){.type = VALUE_BYTES, .string = chosen->bytes};
        return true;
    default:
        *out = (struct value){.type = VALUE_NULL};
        return true;
    }
}

static const struct otlp_fields value_fields = {{
    [1] = {"stringValue", PROTOBUF_BYTES},
    [2] = {"boolValue", PROTOBUF_VARINT},
    [3] = {"intValue", PROTOBUF_VARINT},
    [4] = {"doubleValue", PROTOBUF_FIXED64},
    [5] = {"arrayValue", PROTOBUF_BYTES},
    [6] = {"kvlistValue", PROTOBUF_BYTES},
    [7] = {"bytesValue", PROTOBUF_BYTES},
}};

static bool careful_value(struct otlp *otlp, struct str message, unsigned depth,
                          struct value *out_value)
{
    struct protobuf_reader reader = protobuf_reader(message);
    struct protobuf_field field, chosen = {0};
    if (depth > VALUE_DEPTH_MAX)
        return otlp_refuse(otlp, REJECT_LIMIT, "is nested deeper than %d", VALUE_DEPTH_MAX);
    while (protobuf_next(&reader, &field)) {
        switch (otlp_tag(&field)) {
        case TAG(5, BYTES):
        case TAG(6, BYTES):
            if (chosen.number == field.number) {
                if (!otlp_merge(otlp, &chosen.bytes, field.bytes))
                    return false;
                break;
            }
            /* fall through */
        case TAG(1, BYTES):
        case TAG(2, VARINT):
        case TAG(3, VARINT):
        case TAG(4, FIXED64):
        case TAG(7, BYTES):
            chosen = field;
            break;
        default:
            if (!otlp_skip(otlp, &field, &value_fields))
                return false;
        }
    }
    return otlp_ended(otlp, &reader) && chosen_value(otlp, &chosen, depth, out_value);
}

/* A value that is one integer and nothing else. */
static bool usual_integer(struct str message, struct value *out_value)
{
    uint64_t integer = 0;
    for (size_t i = 1; i < message.len && i < 9; i++) {
        uint8_t byte = (uint8_t)message.ptr[i];
        integer |= (uint64_t)(byte & 0x7F) << (7 * (i - 1));
        if (byte < 0x80) {
            *out_value = value_int((int64_t)integer);
            return i + 1 == message.len;
        }
    }
    return false;
}

bool otlp_value(struct otlp *otlp, struct str message, unsigned depth, struct value *out_value)
{
    const uint8_t *at = (const uint8_t *)message.ptr;
    if (message.len < 3 || at[0] != TAG(1, BYTES)) {
        if (message.len >= 2 && at[0] == TAG(3, VARINT) && usual_integer(message, out_value))
            return true;
        return careful_value(otlp, message, depth, out_value);
    }
    at++;
    size_t size = protobuf__short(&at); /* nearly all values are just one string */
    if (size != (size_t)((const uint8_t *)message.ptr + message.len - at))
        return careful_value(otlp, message, depth, out_value);
    out_value->type = VALUE_STRING;
    return otlp_text(otlp, (struct str){(const char *)at, size}, &out_value->string);
}
