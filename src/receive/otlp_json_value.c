/* SPDX-License-Identifier: Apache-2.0 */
/* otlp_json_value: AnyValue and KeyValue. */
#include "receive/otlp_json.h"

static int base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

/* Both alphabets, with or without padding. */
static bool base64(struct otlp *otlp, struct str text, struct str *out_bytes)
{
    while (text.len && text.ptr[text.len - 1] == '=')
        text.len--;
    char *bytes = otlp_array(otlp, text.len / 4 * 3 + 3, 1);
    if (!bytes)
        return false;
    size_t size = 0;
    uint32_t bits = 0;
    for (size_t i = 0; i < text.len; i++) {
        int digit = base64_digit(text.ptr[i]);
        if (digit < 0 || text.len % 4 == 1)
            return otlp_refuse(otlp, REJECT_SHAPE, "is not base64");
        bits = bits << 6 | (uint32_t)digit;
        if (i % 4 != 0)
            bytes[size++] = (char)(bits >> (6 - 2 * (i % 4)));
    }
    *out_bytes = (struct str){bytes, size};
    return true;
}

static bool bytes_value(struct otlp *otlp, const struct json *json, struct value *out)
{
    out->type = VALUE_BYTES;
    if (json->type != JSON_STRING)
        return otlp_refuse(otlp, REJECT_SHAPE, "is %s, expected base64", otlp_json_type(json));
    return base64(otlp, json->string, &out->string);
}

static bool string_value(struct otlp *otlp, const struct json *json, struct value *out)
{
    if (json->type != JSON_STRING)
        return otlp_refuse(otlp, REJECT_SHAPE, "is %s, expected a string", otlp_json_type(json));
    *out = value_string(json->string);
    return true;
}

static bool bool_value(struct otlp *otlp, const struct json *json, struct value *out)
{
    if (json->type != JSON_BOOL)
        return otlp_refuse(otlp, REJECT_SHAPE, "is %s, expected true or false",
                           otlp_json_type(json));
    *out = value_bool(json->boolean);
    return true;
}

static bool int_value(struct otlp *otlp, const struct json *json, struct value *out)
{
    int64_t number;
    if (!json_int(json, &number))
        return otlp_refuse(otlp, REJECT_SHAPE, "is %s, expected a whole number of 64 bits",
                           json->type == JSON_DOUBLE || json->type == JSON_UINT
                               ? "too large or a fraction"
                               : otlp_json_type(json));
    *out = value_int(number);
    return true;
}

static bool double_value(struct otlp *otlp, const struct json *json, struct value *out)
{
    double number;
    if (!otlp_as_double(json, &number))
        return otlp_refuse(otlp, REJECT_SHAPE, "is %s, expected a number", otlp_json_type(json));
    *out = value_double(number);
    return true;
}

/* {"values": [...]}; the list is NULL when there is none. */
static bool values_of(struct otlp *otlp, const struct json *json, const struct json **out_list)
{
    return otlp_is_object(otlp, json) && otlp_get_list(otlp, json, "values", SIZE_MAX, out_list);
}

static bool array_value(struct otlp *otlp, const struct json *json, unsigned depth,
                        struct value *out)
{
    const struct json *list;
    *out = (struct value){.type = VALUE_ARRAY};
    if (!values_of(otlp, json, &list))
        return false;
    if (!list)
        return true;
    out->array.items = otlp_array(otlp, list->count, sizeof *out->array.items);
    if (!out->array.items)
        return false;
    for (; out->array.count < list->count; out->array.count++) {
        size_t i = out->array.count;
        if (!otlp_json_value(otlp, &list->items[i], depth, &out->array.items[i]))
            return otlp_at(otlp, "values[%zu]", i);
    }
    return true;
}

static bool map_value(struct otlp *otlp, const struct json *json, unsigned depth, struct value *out)
{
    const struct json *list;
    *out = (struct value){.type = VALUE_MAP};
    if (!values_of(otlp, json, &list))
        return false;
    if (!list)
        return true;
    out->map.items = otlp_array(otlp, list->count, sizeof *out->map.items);
    if (!out->map.items)
        return false;
    for (; out->map.count < list->count; out->map.count++) {
        size_t i = out->map.count;
        if (!otlp_json_key_value(otlp, &list->items[i], depth, &out->map.items[i]))
            return otlp_at(otlp, "values[%zu]", i);
    }
    return true;
}

static const struct {
    const char *name;
    bool (*scalar)(struct otlp *otlp, const struct json *json, struct value *out);
    bool (*nested)(struct otlp *otlp, const struct json *json, unsigned depth, struct value *out);
} kinds[] = {
    {"stringValue", string_value, NULL}, {"intValue", int_value, NULL},
    {"boolValue", bool_value, NULL},     {"doubleValue", double_value, NULL},
    {"arrayValue", NULL, array_value},   {"kvlistValue", NULL, map_value},
    {"bytesValue", bytes_value, NULL},
};

static bool chosen_value(struct otlp *otlp, const struct json_member *member, unsigned depth,
                         bool *out_known, struct value *out)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (!otlp_key_is(member->key, kinds[i].name))
            continue;
        *out_known = true;
        bool is_fine = kinds[i].scalar ? kinds[i].scalar(otlp, &member->value, out)
                                       : kinds[i].nested(otlp, &member->value, depth + 1, out);
        return is_fine || otlp_at(otlp, "%s", kinds[i].name);
    }
    return true;
}

bool otlp_json_value(struct otlp *otlp, const struct json *json, unsigned depth,
                     struct value *out_value)
{
    *out_value = (struct value){.type = VALUE_NULL};
    if (depth > VALUE_DEPTH_MAX)
        return otlp_refuse(otlp, REJECT_LIMIT, "is nested deeper than %d", VALUE_DEPTH_MAX);
    if (json->type == JSON_NULL)
        return true;
    if (json->type != JSON_OBJECT)
        return otlp_refuse(otlp, REJECT_SHAPE,
                           "is %s, expected an object such as {\"stringValue\": ...}",
                           otlp_json_type(json));
    bool is_known = false, is_fine = true;
    for (uint32_t i = json->count; i-- > 0 && !is_known && is_fine;) /* the last counts */
        if (json->members[i].value.type != JSON_NULL)
            is_fine = chosen_value(otlp, &json->members[i], depth, &is_known, out_value);
    return is_fine;
}

bool otlp_json_key_value(struct otlp *otlp, const struct json *json, unsigned depth,
                         struct attribute *out_attribute)
{
    out_attribute->key = STR("");
    out_attribute->value = (struct value){.type = VALUE_NULL};
    if (!otlp_is_object(otlp, json) || !otlp_get_text(otlp, json, "key", &out_attribute->key))
        return false;
    const struct json *value = otlp_member(json, "value");
    return !value || otlp_json_value(otlp, value, depth, &out_attribute->value) ||
           otlp_at(otlp, "value");
}
