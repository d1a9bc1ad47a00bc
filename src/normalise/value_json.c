/* SPDX-License-Identifier: Apache-2.0 */
/* value_json: writes a value tree; depth is bounded by the receivers (VALUE_DEPTH_MAX). */
#include "normalise/value_json.h"

#include <math.h>
#include <stdlib.h>

static void write_base64(struct json_out *out, const char *key, struct str bytes)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    struct buf text = {0};
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t left = bytes.len - i;
        uint32_t three = (uint32_t)(uint8_t)bytes.ptr[i] << 16;
        if (left > 1)
            three |= (uint32_t)(uint8_t)bytes.ptr[i + 1] << 8;
        if (left > 2)
            three |= (uint8_t)bytes.ptr[i + 2];
        buf_add_byte(&text, (uint8_t)digits[three >> 18]);
        buf_add_byte(&text, (uint8_t)digits[three >> 12 & 63]);
        buf_add_byte(&text, (uint8_t)(left > 1 ? digits[three >> 6 & 63] : '='));
        buf_add_byte(&text, (uint8_t)(left > 2 ? digits[three & 63] : '='));
    }
    json_out_str(out, key, text.len ? buf_str(&text) : STR(""));
    buf_done(&text);
}

static void write_double(struct json_out *out, const char *key, double number)
{
    if (isnan(number))
        json_out_text(out, key, "NaN");
    else if (isinf(number))
        json_out_text(out, key, number > 0 ? "Infinity" : "-Infinity");
    else
        json_out_double(out, key, number);
}

static void write_map(struct json_out *out, const char *key, const struct value *map,
                      const struct content_source *source, struct arena *arena)
{
    json_out_object(out, key);
    for (size_t i = 0; i < map->map.count; i++) {
        struct str name = arena_copy(arena, map->map.items[i].key);
        if (name.ptr)
            value_write_json(out, name.ptr, &map->map.items[i].value, source, arena);
    }
    json_out_end_object(out);
}

void value_write_json(struct json_out *out, const char *key, const struct value *value,
                      const struct content_source *source, struct arena *arena)
{
    switch (value->type) {
    case VALUE_NULL:
        json_out_null(out, key);
        break;
    case VALUE_STRING:
        json_out_str(out, key, value->string.ptr ? value->string : STR(""));
        break;
    case VALUE_CONTENT:
        json_out_str(out, key, value_text(value, source, arena));
        break;
    case VALUE_BOOL:
        json_out_bool(out, key, value->boolean);
        break;
    case VALUE_INT:
        json_out_int(out, key, value->integer);
        break;
    case VALUE_DOUBLE:
        write_double(out, key, value->number);
        break;
    case VALUE_BYTES:
        write_base64(out, key, value->string);
        break;
    case VALUE_ARRAY:
        json_out_array(out, key);
        for (size_t i = 0; i < value->array.count; i++)
            value_write_json(out, NULL, &value->array.items[i], source, arena);
        json_out_end_array(out);
        break;
    case VALUE_MAP:
        write_map(out, key, value, source, arena);
        break;
    }
}

/* Moves finished text from the heap into the arena. */
static struct str into_arena(struct buf *buf, struct arena *arena)
{
    struct str text = buf->failed ? STR_NONE : arena_copy(arena, buf_str(buf));
    buf_done(buf);
    return text;
}

struct str value_json(const struct value *value, const struct content_source *source,
                      struct arena *arena)
{
    struct buf buf = {0};
    struct json_out out = json_out(&buf);
    value_write_json(&out, NULL, value, source, arena);
    return into_arena(&buf, arena);
}

struct str value_plain_text(const struct value *value, const struct content_source *source,
                            struct arena *arena)
{
    if (value->type == VALUE_NULL)
        return STR("");
    if (value->type == VALUE_STRING || value->type == VALUE_CONTENT)
        return value_text(value, source, arena);
    return value_json(value, source, arena);
}

struct keyed {
    const struct attribute *attribute;
    size_t order;
};

static int by_key(const void *a, const void *b)
{
    const struct keyed *left = a, *right = b;
    int order = str_compare(left->attribute->key, right->attribute->key);
    return order ? order : (left->order > right->order) - (left->order < right->order);
}

struct str attributes_json(const struct attributes *attributes, const struct content_source *source,
                           struct arena *arena)
{
    struct keyed *sorted = arena_array(arena, struct keyed, attributes->count);
    if (!sorted)
        return STR("{}");
    for (size_t i = 0; i < attributes->count; i++)
        sorted[i] = (struct keyed){&attributes->items[i], i};
    if (attributes->count)
        qsort(sorted, attributes->count, sizeof *sorted, by_key);
    struct buf buf = {0};
    struct json_out out = json_out(&buf);
    json_out_object(&out, NULL);
    for (size_t i = 0; i < attributes->count; i++) {
        const struct attribute *attribute = sorted[i].attribute;
        if (i + 1 < attributes->count && str_equal(attribute->key, sorted[i + 1].attribute->key))
            continue;
        struct str name = arena_copy(arena, attribute->key);
        if (name.ptr)
            value_write_json(&out, name.ptr, &attribute->value, source, arena);
    }
    json_out_end_object(&out);
    return into_arena(&buf, arena);
}
