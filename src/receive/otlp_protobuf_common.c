/* SPDX-License-Identifier: Apache-2.0 */
/* otlp_protobuf_common: fields, texts, ids, attributes and values as every message has them. */
#include <string.h>

#include "receive/otlp_protobuf.h"
#include "wire/utf8.h"

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
    struct protobuf_field field;
    memset(out_counts, 0, sizeof *out_counts);
    while (protobuf_next(&reader, &field))
        if (field.wire == PROTOBUF_BYTES && field.number <= OTLP_FIELD_MAX)
            out_counts->of[field.number]++;
    return otlp_ended(otlp, &reader);
}

bool otlp_text(struct otlp *otlp, struct str bytes, struct str *out_text)
{
    *out_text = bytes;
    if (utf8_valid(bytes))
        return true;
    *out_text = utf8_repair(bytes, &otlp->batch->arena);
    otlp->batch->repaired_texts++;
    return out_text->ptr || otlp_full(otlp);
}

bool otlp_id(struct otlp *otlp, struct str bytes, uint8_t *out_id, size_t size, const char *name)
{
    if (bytes.len == size) {
        memcpy(out_id, bytes.ptr, size);
        return true;
    }
    otlp_refuse(otlp, REJECT_ID, "has %zu bytes, expected %zu", bytes.len, size);
    return otlp_at(otlp, "%s", name);
}

bool otlp_id_or_none(struct otlp *otlp, struct str bytes, uint8_t *out_id, size_t size,
                     const char *name)
{
    if (bytes.len)
        return otlp_id(otlp, bytes, out_id, size, name);
    memset(out_id, 0, size);
    return true;
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

/* KeyValue. */
static bool key_value(struct otlp *otlp, struct str message, unsigned depth,
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

bool otlp_value(struct otlp *otlp, struct str message, unsigned depth, struct value *out_value)
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
