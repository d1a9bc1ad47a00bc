/* SPDX-License-Identifier: Apache-2.0 */
/* otlp_json_common: members by name and type, as protobuf's JSON mapping and OTLP's exceptions have
 * them. */
#include <math.h>
#include <string.h>

#include "receive/otlp_json.h"

/* Compares "traceId" with "traceId" or "trace_id". */
bool otlp_key_is(struct str key, const char *name)
{
    size_t at = 0;
    for (; *name; name++, at++) {
        if (at < key.len && key.ptr[at] == *name)
            continue;
        bool is_upper = *name >= 'A' && *name <= 'Z';
        if (!is_upper || at + 1 >= key.len || key.ptr[at] != '_' ||
            key.ptr[at + 1] != (*name | 0x20))
            return false;
        at++;
    }
    return at == key.len;
}

const struct json *otlp_member(const struct json *object, const char *name)
{
    for (uint32_t i = object->count; i-- > 0;) /* of duplicates the last counts */
        if (object->members[i].key.len && object->members[i].key.ptr[0] == *name &&
            otlp_key_is(object->members[i].key, name))
            return object->members[i].value.type == JSON_NULL ? NULL : &object->members[i].value;
    return NULL;
}

const char *otlp_json_type(const struct json *json)
{
    switch (json->type) {
    case JSON_NULL:
        return "null";
    case JSON_BOOL:
        return "a boolean";
    case JSON_STRING:
        return "a string";
    case JSON_ARRAY:
        return "an array";
    case JSON_OBJECT:
        return "an object";
    default:
        return "a number";
    }
}

bool otlp_is_object(struct otlp *otlp, const struct json *json)
{
    return json->type == JSON_OBJECT ||
           otlp_refuse(otlp, REJECT_SHAPE, "is %s, expected an object", otlp_json_type(json));
}

/* Of a member that is not what it should be: its value when that is short, else its type. */
static bool unexpected(struct otlp *otlp, const char *name, const struct json *json,
                       const char *expected)
{
    if (json->type == JSON_STRING && json->string.len <= 30)
        otlp_refuse(otlp, REJECT_SHAPE, "is \"%.*s\", expected %s", STR_ARGS(json->string),
                    expected);
    else if (json->type == JSON_INT)
        otlp_refuse(otlp, REJECT_SHAPE, "is %lld, expected %s", (long long)json->integer, expected);
    else if (json->type == JSON_DOUBLE)
        otlp_refuse(otlp, REJECT_SHAPE, "is %g, expected %s", json->number, expected);
    else
        otlp_refuse(otlp, REJECT_SHAPE, "is %s, expected %s", otlp_json_type(json), expected);
    return otlp_at(otlp, "%s", name);
}

bool otlp_get_text(struct otlp *otlp, const struct json *object, const char *name,
                   struct str *out_text)
{
    const struct json *json = otlp_member(object, name);
    if (json && json->type != JSON_STRING)
        return unexpected(otlp, name, json, "a string");
    if (json)
        *out_text = json->string;
    return true;
}

bool otlp_as_u64(const struct json *json, uint64_t *out_number)
{
    double number;
    if (json->type == JSON_INT || json->type == JSON_UINT) {
        *out_number = (uint64_t)json->integer;
        return json->type == JSON_UINT || json->integer >= 0;
    }
    if (json->type == JSON_STRING && str_to_u64(json->string, out_number))
        return true;
    /* 1.7e18, or the same as a text. */
    if (!json_number(json, &number) || !(number >= 0 && number < 0x1p64) || number != trunc(number))
        return false;
    *out_number = (uint64_t)number;
    return true;
}

bool otlp_get_u64(struct otlp *otlp, const struct json *object, const char *name,
                  uint64_t *out_number)
{
    const struct json *json = otlp_member(object, name);
    return !json || otlp_as_u64(json, out_number) ||
           unexpected(otlp, name, json, "a whole number of 64 bits, not negative");
}

bool otlp_get_u32(struct otlp *otlp, const struct json *object, const char *name,
                  uint32_t *out_number)
{
    const struct json *json = otlp_member(object, name);
    uint64_t number = 0;
    if (!json)
        return true;
    if (!otlp_as_u64(json, &number) || number > UINT32_MAX)
        return unexpected(otlp, name, json, "a whole number of 32 bits, not negative");
    *out_number = (uint32_t)number;
    return true;
}

bool otlp_get_i32(struct otlp *otlp, const struct json *object, const char *name,
                  int32_t *out_number)
{
    const struct json *json = otlp_member(object, name);
    int64_t number = 0;
    if (!json)
        return true;
    if (!json_int(json, &number) || number < INT32_MIN || number > INT32_MAX)
        return unexpected(otlp, name, json, "a whole number of 32 bits");
    *out_number = (int32_t)number;
    return true;
}

bool otlp_as_double(const struct json *json, double *out_number)
{
    struct str text = json_string(json);
    if (str_equal(text, STR("NaN")))
        *out_number = (double)NAN;
    else if (str_equal(text, STR("Infinity")))
        *out_number = (double)INFINITY;
    else if (str_equal(text, STR("-Infinity")))
        *out_number = -(double)INFINITY;
    else
        return json_number(json, out_number);
    return true;
}

bool otlp_get_double(struct otlp *otlp, const struct json *object, const char *name,
                     double *out_number, bool *out_has)
{
    const struct json *json = otlp_member(object, name);
    if (json && !otlp_as_double(json, out_number))
        return unexpected(otlp, name, json, "a number");
    if (json && out_has)
        *out_has = true;
    return true;
}

bool otlp_get_bool(struct otlp *otlp, const struct json *object, const char *name, bool *out_bool)
{
    const struct json *json = otlp_member(object, name);
    if (json && json->type != JSON_BOOL)
        return unexpected(otlp, name, json, "true or false");
    if (json)
        *out_bool = json->boolean;
    return true;
}

bool otlp_get_enum(struct otlp *otlp, const struct json *object, const char *name,
                   const struct otlp_enum *names, int64_t *out_number)
{
    const struct json *json = otlp_member(object, name);
    if (!json || json_int(json, out_number))
        return true;
    for (size_t i = 0; json->type == JSON_STRING && i < names->count; i++)
        if (names->names[i] && str_equal(json->string, str_from(names->names[i]))) {
            *out_number = (int64_t)i;
            return true;
        }
    return unexpected(otlp, name, json, "a number or a name of this enumeration");
}

bool otlp_get_id(struct otlp *otlp, const struct json *object, const char *name, bool is_required,
                 uint8_t *out_id, size_t size)
{
    const struct json *json = otlp_member(object, name);
    if (json && json->type != JSON_STRING)
        return unexpected(otlp, name, json, "a string of hex digits");
    size_t len = json ? json->string.len : 0;
    if (len == 0 && !is_required)
        return true;
    if (len == 0)
        otlp_refuse(otlp, REJECT_ID, "is missing, expected %zu hex digits", 2 * size);
    else if (len != 2 * size)
        otlp_refuse(otlp, REJECT_ID, "has %zu characters, expected %zu hex digits", len, 2 * size);
    else if (!str_hex_decode(json->string, out_id, size))
        otlp_refuse(otlp, REJECT_ID, "is not hex, expected %zu hex digits", 2 * size);
    else
        return true;
    return otlp_at(otlp, "%s", name);
}

bool otlp_get_list(struct otlp *otlp, const struct json *object, const char *name, size_t max,
                   const struct json **out_list)
{
    const struct json *json = otlp_member(object, name);
    *out_list = NULL;
    if (!json)
        return true;
    if (json->type != JSON_ARRAY)
        return unexpected(otlp, name, json, "an array");
    if (!otlp_limit(otlp, json->count, max, "items"))
        return otlp_at(otlp, "%s", name);
    if (json->count)
        *out_list = json;
    return true;
}

bool otlp_get_attributes(struct otlp *otlp, const struct json *object, const char *name,
                         struct attributes *out_attributes)
{
    const struct json *list;
    *out_attributes = (struct attributes){0};
    if (!otlp_get_list(otlp, object, name, OTLP_ATTRIBUTES_MAX, &list))
        return false;
    if (!list)
        return true;
    out_attributes->items = otlp_array(otlp, list->count, sizeof *out_attributes->items);
    if (!out_attributes->items)
        return false;
    for (uint32_t i = 0; i < list->count; i++) {
        if (!otlp_json_key_value(otlp, &list->items[i], 1, &out_attributes->items[i]))
            return otlp_at(otlp, "%s[%u]", name, i);
        out_attributes->count++;
    }
    return true;
}
