/* SPDX-License-Identifier: Apache-2.0 */
/*
 * coerce: what a sender wrote, as the type we need (rules R1 to R8). Everything takes what is
 * common in the wild: numbers as text, JSON inside JSON, lists as text. What does not fit is
 * absent.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "normalise/normalise_private.h"
#include "normalise/value_json.h"
#include "wire/json.h"

enum { LABEL_BYTES_MAX = 1 << 16 };

static struct str read_content(const struct reading *reading, const struct value *value)
{
    struct content_memo *memo = reading->memo;
    for (size_t i = 0; i < memo->count; i++)
        if (memo->values[i] == value)
            return memo->texts[i];
    struct str text = value_text(value, reading->input->contents, reading->arena);
    if (memo->count < CONTENT_MEMO_MAX) {
        memo->values[memo->count] = value;
        memo->texts[memo->count++] = text;
    }
    return text;
}

/* Text of strings, and of content up to `max` bytes. */
struct str coerce_content(const struct reading *reading, const struct value *value, size_t max)
{
    if (!value)
        return STR_NONE;
    if (value->type == VALUE_STRING)
        return value->string;
    if (value->type == VALUE_CONTENT && value->content.size_bytes <= max)
        return read_content(reading, value);
    return STR_NONE;
}

struct str coerce_content_end(const struct reading *reading, const struct value *value,
                              size_t bytes)
{
    const struct content_source *source = reading->input->contents;
    struct str text;
    if (value->type == VALUE_CONTENT && value->content.size_bytes > bytes && source &&
        source->read_end &&
        source->read_end(source->context, value->content, bytes, reading->arena, &text, NULL) ==
            STATUS_OK)
        return text;
    return STR_NONE;
}

/* R4: JSON text around a label. */
static struct str unquote(const struct reading *reading, struct str text)
{
    if (text.len >= 2 && text.ptr[0] == '"' && text.ptr[text.len - 1] == '"')
        return peek_text(text, LABEL_BYTES_MAX, reading->arena);
    return text;
}

bool coerce_text(const struct reading *reading, const struct value *value, struct str *out)
{
    struct str text = STR_NONE;
    switch (value->type) {
    case VALUE_STRING:
    case VALUE_CONTENT:
        text = unquote(reading, coerce_content(reading, value, LABEL_BYTES_MAX));
        break;
    case VALUE_INT:
        text = arena_printf(reading->arena, "%lld", (long long)value->integer);
        break;
    case VALUE_DOUBLE:
        if (isfinite(value->number))
            text = arena_printf(reading->arena, "%.15g", value->number);
        break;
    case VALUE_BOOL:
        text = value->boolean ? STR("true") : STR("false");
        break;
    default:
        break;
    }
    if (!text.ptr || text.len == 0) /* R8 */
        return false;
    *out = text;
    return true;
}

static bool number_in_text(struct str text, double *out)
{
    text = str_trim(text);
    if (text.len >= 2 && text.ptr[0] == '"' && text.ptr[text.len - 1] == '"')
        text = str_trim(str_sub(text, 1, text.len - 2));
    if (text.len == 0 || text.len > 64)
        return false;
    double number;
    if (!str_to_double(text, &number) || !isfinite(number))
        return false;
    *out = number;
    return true;
}

bool coerce_number(const struct value *value, double *out)
{
    if (!value)
        return false;
    if (value->type == VALUE_INT) {
        *out = (double)value->integer;
        return true;
    }
    if (value->type == VALUE_DOUBLE && isfinite(value->number)) {
        *out = value->number;
        return true;
    }
    return value->type == VALUE_STRING && number_in_text(value->string, out);
}

static bool count_from_double(double number, int64_t *out)
{
    if (!(number >= 0) || number > 9e15 || number != floor(number))
        return false;
    *out = (int64_t)number;
    return true;
}

bool coerce_count_text(struct str text, int64_t *out)
{
    double number;
    return number_in_text(text, &number) && count_from_double(number, out);
}

bool coerce_count(const struct value *value, int64_t *out)
{
    if (value->type == VALUE_INT) {
        if (value->integer < 0)
            return false;
        *out = value->integer;
        return true;
    }
    double number;
    return coerce_number(value, &number) && count_from_double(number, out);
}

bool coerce_flag(const struct value *value, bool *out)
{
    if (!value)
        return false;
    if (value->type == VALUE_BOOL)
        *out = value->boolean;
    else if (value->type == VALUE_INT && (value->integer == 0 || value->integer == 1))
        *out = value->integer == 1;
    else if (value->type == VALUE_STRING) {
        struct str text = str_trim(value->string);
        if (text.len >= 2 && text.ptr[0] == '"' && text.ptr[text.len - 1] == '"')
            text = str_sub(text, 1, text.len - 2);
        if (str_equal_nocase(text, STR("true")) || str_equal(text, STR("1")))
            *out = true;
        else if (str_equal_nocase(text, STR("false")) || str_equal(text, STR("0")))
            *out = false;
        else
            return false;
    } else
        return false;
    return true;
}

/* R7. Times before 2000 are not times. */
bool coerce_time(const struct value *value, int64_t *out_ns)
{
    const int64_t least_ns = INT64_C(946684800) * NS_PER_SEC;
    int64_t time_ns;
    if (value->type == VALUE_INT || value->type == VALUE_DOUBLE) {
        double number = value->type == VALUE_INT ? (double)value->integer : value->number;
        if (value->type == VALUE_INT && value->integer >= INT64_C(100000000000000000))
            time_ns = value->integer;
        else if (!clock_from_number(number, &time_ns))
            return false;
    } else if (value->type == VALUE_STRING) {
        struct str text = str_trim(value->string);
        while (text.len >= 2 && text.ptr[0] == '"' && text.ptr[text.len - 1] == '"')
            text = str_sub(text, 1, text.len - 2);
        while (text.len >= 4 && str_starts(text, STR("\\\"")) && str_ends(text, STR("\\\"")))
            text = str_sub(text, 2, text.len - 4);
        if (text.len > 64 || !clock_parse(text, &time_ns))
            return false;
    } else
        return false;
    if (time_ns < least_ns)
        return false;
    *out_ns = time_ns;
    return true;
}

bool scale_ns(double number, double ns_each, int64_t *out_ns)
{
    double ns = number * ns_each;
    if (!(ns >= 0) || ns > 3.2e17) /* ten years */
        return false;
    *out_ns = (int64_t)(ns + 0.5);
    return true;
}

/* --- lists (R5) ------------------------------------------------------------------------------ */

enum { LIST_ITEMS_MAX = 256 };
struct list_out {
    struct buf buf;
    size_t count;
    struct str first;
};

static void list_add(struct list_out *list, struct str text)
{
    if (text.len == 0 || list->count >= LIST_ITEMS_MAX)
        return;
    if (list->count++ == 0)
        list->first = text;
    buf_add_byte(&list->buf, list->count == 1 ? '[' : ',');
    json_write_string(&list->buf, text);
}

static void list_add_text(const struct reading *reading, struct list_out *list, struct str text)
{
    text = str_trim(unquote(reading, text));
    if (text.len && text.ptr[0] == '[') {
        struct peek peek = peek_into(text);
        struct str raw;
        size_t before = list->count;
        while (peek_item(&peek, &raw))
            list_add(list, peek_text(raw, LABEL_BYTES_MAX, reading->arena));
        if (list->count > before || text.len == 2)
            return;
    }
    struct str piece;
    while (str_take(&text, ',', &piece))
        list_add(list, str_trim(piece));
}

static void list_from(const struct reading *reading, const struct value *value,
                      struct list_out *list)
{
    struct str text;
    if (value->type == VALUE_ARRAY) {
        for (size_t i = 0; i < value->array.count; i++)
            if (coerce_text(reading, &value->array.items[i], &text))
                list_add(list, text);
    } else if (value->type == VALUE_STRING || value->type == VALUE_CONTENT) {
        list_add_text(reading, list, coerce_content(reading, value, LABEL_BYTES_MAX));
    } else if (coerce_text(reading, value, &text))
        list_add(list, text);
}

bool coerce_list(const struct reading *reading, const struct value *value, struct str *out_json)
{
    struct list_out list = {.buf = {.limit_bytes = LABEL_BYTES_MAX}};
    list_from(reading, value, &list);
    bool ok = list.count > 0;
    if (ok) {
        buf_add_byte(&list.buf, ']');
        struct str copy =
            list.buf.failed ? STR_NONE : arena_copy(reading->arena, buf_str(&list.buf));
        ok = copy.ptr != NULL;
        if (ok)
            *out_json = copy;
    }
    buf_done(&list.buf);
    return ok;
}

/* Without writing the list: the common case is one plain word. */
bool coerce_list_first(const struct reading *reading, const struct value *value, struct str *out)
{
    if (value->type == VALUE_ARRAY) {
        for (size_t i = 0; i < value->array.count; i++)
            if (coerce_text(reading, &value->array.items[i], out))
                return true;
        return false;
    }
    struct str text;
    if (!coerce_text(reading, value, &text))
        return false;
    text = str_trim(text);
    if (text.len && text.ptr[0] == '[') {
        struct peek peek = peek_into(text);
        struct str raw;
        if (!peek_item(&peek, &raw))
            return false;
        text = peek_text(raw, LABEL_BYTES_MAX, reading->arena);
    } else
        text = str_trim(str_sub(text, 0, str_find_byte(text, ',')));
    *out = text;
    return text.len > 0;
}

/* --- any value as text ----------------------------------------------------------------------- */

struct str value_as_json(const struct reading *reading, const struct value *value)
{
    return value_json(value, reading->input->contents, reading->arena);
}

struct str value_as_text(const struct reading *reading, const struct value *value)
{
    if (!value || value->type == VALUE_NULL)
        return STR_NONE;
    if (value->type == VALUE_STRING || value->type == VALUE_CONTENT)
        return coerce_content(reading, value, SIZE_MAX);
    return value_as_json(reading, value);
}
