/* SPDX-License-Identifier: Apache-2.0 */
/* sql_any: values that may be anything: their number, their text, how they compare and sort. */
#define _GNU_SOURCE
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/sql_functions.h"
#include "wire/json.h"
#include "wire/utf8.h"

/* --- numbers ------------------------------------------------------------------------------- */

static size_t digits_at(struct str text, size_t at)
{
    size_t end = at;
    while (end < text.len && text.ptr[end] >= '0' && text.ptr[end] <= '9')
        end++;
    return end - at;
}

static bool is_number(struct str text)
{
    size_t at = text.len && text.ptr[0] == '-', whole = digits_at(text, at), part = 0;
    at += whole;
    if (at < text.len && text.ptr[at] == '.') {
        part = digits_at(text, at + 1);
        at += 1 + part;
    }
    if (whole + part == 0)
        return false;
    if (at < text.len && (text.ptr[at] == 'e' || text.ptr[at] == 'E')) {
        at++;
        if (at < text.len && (text.ptr[at] == '+' || text.ptr[at] == '-'))
            at++;
        size_t power = digits_at(text, at);
        if (power == 0)
            return false;
        at += power;
    }
    return at == text.len;
}

bool sql_text_number(struct str text, double *out_number)
{
    char copy[64];
    if (text.len == 0 || text.len >= sizeof copy || !is_number(text))
        return false;
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = 0;
    *out_number = strtod(copy, NULL);
    return isfinite(*out_number);
}

void sql_write_number(struct buf *out, double number)
{
    char text[32];
    if (number == 0)
        number = 0; /* no minus zero */
    if (fabs(number) < 1e15 && number == trunc(number)) {
        buf_add_int(out, (int64_t)number);
        return;
    }
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, number);
        if (strtod(text, NULL) == number)
            break;
    }
    buf_add_str(out, str_from(text));
}

void sql_text_to_number(const struct sql_call *call, struct sql_value *out)
{
    out->null = call->args[0].null || !sql_text_number(call->args[0].text, &out->number);
}

void sql_number_to_text(const struct sql_call *call, struct sql_value *out)
{
    out->null = call->args[0].null || !isfinite(call->args[0].number);
    if (!out->null)
        sql_write_number(call->scratch, call->args[0].number);
    out->text = buf_str(call->scratch);
}

/* --- tags ---------------------------------------------------------------------------------- */

int store_any_split(struct str any, struct str *out_text)
{
    int tag = any.len && (unsigned char)any.ptr[0] <= STORE_ANY_TEXT ? any.ptr[0] : 0;
    *out_text = tag ? str_sub(any, 1, any.len) : any;
    return tag == STORE_ANY_TEXT ? 0 : tag;
}

struct str store_any_make(struct arena *arena, int tag, struct str text)
{
    if (!tag && text.len && (unsigned char)text.ptr[0] <= STORE_ANY_TEXT)
        tag = STORE_ANY_TEXT;
    if (!tag)
        return arena_copy(arena, text.ptr ? text : STR(""));
    char *copy = arena_alloc(arena, text.len + 1);
    if (!copy)
        return STR_NONE;
    copy[0] = (char)tag;
    if (text.len)
        memcpy(copy + 1, text.ptr, text.len);
    return (struct str){copy, text.len + 1};
}

bool sql_any_number(struct str any, double *out_number)
{
    struct str text;
    int tag = store_any_split(any, &text);
    if (tag == STORE_ANY_JSON)
        return false;
    if (tag == STORE_ANY_BOOLEAN) {
        *out_number = str_equal(text, STR("true"));
        return true;
    }
    return sql_text_number(text, out_number);
}

static void tagged(const struct sql_call *call, int tag, struct str text, struct sql_value *out)
{
    if (tag)
        buf_add_byte(call->scratch, (uint8_t)tag);
    buf_add_str(call->scratch, text);
    out->text = buf_str(call->scratch);
}

static void tag_text(const struct sql_call *call, struct str text, struct sql_value *out)
{
    bool clash = text.len && (unsigned char)text.ptr[0] <= STORE_ANY_TEXT;
    tagged(call, clash ? STORE_ANY_TEXT : 0, text, out);
}

void sql_any_of_text(const struct sql_call *call, struct sql_value *out)
{
    out->null = call->args[0].null;
    tag_text(call, call->args[0].text, out);
}

void sql_any_of_number(const struct sql_call *call, struct sql_value *out)
{
    out->null = call->args[0].null || !isfinite(call->args[0].number);
    if (out->null)
        return;
    buf_add_byte(call->scratch, STORE_ANY_NUMBER);
    sql_write_number(call->scratch, call->args[0].number);
    out->text = buf_str(call->scratch);
}

void sql_any_of_integer(const struct sql_call *call, struct sql_value *out)
{
    out->null = call->args[0].null;
    buf_add_byte(call->scratch, STORE_ANY_NUMBER);
    buf_add_int(call->scratch, call->args[0].integer);
    out->text = buf_str(call->scratch);
}

void sql_any_of_boolean(const struct sql_call *call, struct sql_value *out)
{
    out->null = call->args[0].null;
    tagged(call, STORE_ANY_BOOLEAN, call->args[0].integer ? STR("true") : STR("false"), out);
}

void sql_any_to_number(const struct sql_call *call, struct sql_value *out)
{
    out->null = call->args[0].null || !sql_any_number(call->args[0].text, &out->number);
}

/* For functions of texts: a list or a map is none. */
void sql_any_to_string(const struct sql_call *call, struct sql_value *out)
{
    out->null =
        call->args[0].null || store_any_split(call->args[0].text, &out->text) == STORE_ANY_JSON;
}

/* For people: a list or a map as JSON. */
void sql_any_to_text(const struct sql_call *call, struct sql_value *out)
{
    out->null = call->args[0].null;
    if (!out->null)
        store_any_split(call->args[0].text, &out->text);
}

static bool whole_number(const struct sql_value *value, int64_t *out)
{
    struct str text;
    return store_any_split(value->text, &text) != STORE_ANY_JSON && str_to_i64(text, out);
}

/* A whole number keeps all its digits; a fraction is cut off. */
void sql_any_to_integer(const struct sql_call *call, struct sql_value *out)
{
    double number;
    out->null = call->args[0].null;
    if (out->null || whole_number(&call->args[0], &out->integer))
        return;
    out->null = !sql_any_number(call->args[0].text, &number) || fabs(number) >= 9.2e18;
    if (!out->null)
        out->integer = (int64_t)number;
}

/* any_add(a, b, sign): whole numbers exactly, all others as doubles. */
void sql_any_add(const struct sql_call *call, struct sql_value *out)
{
    const struct sql_value *left = &call->args[0], *right = &call->args[1];
    int64_t sign = call->args[2].integer, a, b, sum;
    double x, y;
    out->null = left->null || right->null;
    if (out->null)
        return;
    buf_add_byte(call->scratch, STORE_ANY_NUMBER);
    if (whole_number(left, &a) && whole_number(right, &b) &&
        !(sign < 0 ? __builtin_sub_overflow(a, b, &sum) : __builtin_add_overflow(a, b, &sum)))
        buf_add_int(call->scratch, sum);
    else if (sql_any_number(left->text, &x) && sql_any_number(right->text, &y) &&
             isfinite(sign < 0 ? x - y : x + y))
        sql_write_number(call->scratch, sign < 0 ? x - y : x + y);
    else
        out->null = true;
    out->text = buf_str(call->scratch);
}

void sql_any_true(const struct sql_call *call, struct sql_value *out)
{
    struct str text;
    double number;
    if (call->args[0].null)
        return;
    if (sql_any_number(call->args[0].text, &number))
        out->integer = number != 0;
    else
        out->integer = store_any_split(call->args[0].text, &text) != STORE_ANY_JSON &&
                       str_equal_nocase(text, STR("true"));
}

/* --- comparing ----------------------------------------------------------------------------- */

/* One side of a comparison. */
struct side {
    struct str text;
    int64_t whole;
    double number;
    bool is_number, is_whole, is_text, is_list;
};

static struct side side_of(struct str any)
{
    struct side side = {0};
    int tag = store_any_split(any, &side.text);
    side.is_list = tag == STORE_ANY_JSON;
    side.is_text = tag == 0;
    side.is_number = sql_any_number(any, &side.number);
    side.is_whole = side.is_number && str_to_i64(side.text, &side.whole);
    return side;
}

static int compare_numbers(const struct side *a, const struct side *b)
{
    if (a->is_whole && b->is_whole)
        return (a->whole > b->whole) - (a->whole < b->whole);
    return (a->number > b->number) - (a->number < b->number);
}

/* Runs of digits by their length, then their value; all else in the order of Unicode. */
static int compare_chunks(struct str a, struct str b)
{
    size_t i = 0;
    while (i < a.len && i < b.len) {
        size_t left = digits_at(a, i), right = digits_at(b, i);
        if (left && right && left != right)
            return left < right ? -1 : 1;
        if (a.ptr[i] != b.ptr[i])
            return (unsigned char)a.ptr[i] < (unsigned char)b.ptr[i] ? -1 : 1;
        i++;
        /* The rest of two equally long runs is compared byte by byte. */
        for (size_t run = left < right ? left : right; run > 1; run--, i++)
            if (a.ptr[i] != b.ptr[i])
                return (unsigned char)a.ptr[i] < (unsigned char)b.ptr[i] ? -1 : 1;
    }
    return (a.len > b.len) - (a.len < b.len);
}

/* False: a number and a text that is none, or a list: different, and neither is the smaller. */
static bool compare(struct str left, struct str right, bool order, int *out_order)
{
    struct side a = side_of(left), b = side_of(right);
    if (a.is_list || b.is_list)
        return false;
    if (a.is_number && b.is_number) {
        *out_order = compare_numbers(&a, &b);
        return true;
    }
    if (!a.is_text || !b.is_text) {
        *out_order = str_compare(a.text, b.text);
        return !order && (a.is_text || !a.is_number) && (b.is_text || !b.is_number);
    }
    if (!order)
        *out_order = str_compare(a.text, b.text);
    else if (a.is_number != b.is_number) /* numbers stand behind all others */
        *out_order = a.is_number ? 1 : -1;
    else
        *out_order = compare_chunks(a.text, b.text);
    return true;
}

static bool both(const struct sql_call *call, struct sql_value *out)
{
    out->null = call->args[0].null || call->args[1].null;
    return !out->null;
}

/* Null where the two do not compare. */
static bool in_order(const struct sql_call *call, bool order, struct sql_value *out, int *out_order)
{
    if (both(call, out))
        out->null = !compare(call->args[0].text, call->args[1].text, order, out_order);
    return !out->null;
}

void sql_any_equal(const struct sql_call *call, struct sql_value *out)
{
    int order = 1;
    out->integer = in_order(call, false, out, &order) && order == 0;
}

/* What does not compare is different. */
void sql_any_differs(const struct sql_call *call, struct sql_value *out)
{
    int order = 1;
    if (both(call, out))
        out->integer =
            !compare(call->args[0].text, call->args[1].text, false, &order) || order != 0;
}

void sql_any_less(const struct sql_call *call, struct sql_value *out)
{
    int order = 1;
    out->integer = in_order(call, true, out, &order) && order < 0;
}

void sql_any_less_equal(const struct sql_call *call, struct sql_value *out)
{
    int order = 1;
    out->integer = in_order(call, true, out, &order) && order <= 0;
}

/* --- grouping ------------------------------------------------------------------------------ */

/* The number a value is or spells, as a number; whole numbers keep all their digits. */
void sql_any_numeric(const struct sql_call *call, struct sql_value *out)
{
    struct str text;
    int64_t whole;
    double number;
    out->null = call->args[0].null || !sql_any_number(call->args[0].text, &number);
    if (out->null)
        return;
    store_any_split(call->args[0].text, &text);
    buf_add_byte(call->scratch, STORE_ANY_NUMBER);
    if (str_to_i64(text, &whole))
        buf_add_int(call->scratch, whole);
    else
        sql_write_number(call->scratch, number);
    out->text = buf_str(call->scratch);
}

/* Equal for a number and the text that spells it the same way, for true and 1. */
void sql_any_key(const struct sql_call *call, struct sql_value *out)
{
    struct str text;
    double number;
    out->null = call->args[0].null;
    if (out->null)
        return;
    int tag = store_any_split(call->args[0].text, &text);
    out->text = call->args[0].text;
    if (tag == STORE_ANY_BOOLEAN) {
        tagged(call, STORE_ANY_NUMBER, str_equal(text, STR("true")) ? STR("1") : STR("0"), out);
    } else if (tag == 0 && text.len < 20 && sql_text_number(text, &number)) {
        int64_t whole;
        buf_add_byte(call->scratch, STORE_ANY_NUMBER);
        if (str_to_i64(text, &whole))
            buf_add_int(call->scratch, whole);
        else
            sql_write_number(call->scratch, number);
        if (str_equal(str_sub(buf_str(call->scratch), 1, 64), text))
            out->text = buf_str(call->scratch);
    }
}

/* --- sorting ------------------------------------------------------------------------------- */

static void write_ordered(struct buf *out, double number)
{
    uint64_t bits;
    number += 0.0;
    memcpy(&bits, &number, sizeof bits);
    bits = bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
    for (int shift = 56; shift >= 0; shift -= 8)
        buf_add_byte(out, (uint8_t)(bits >> shift));
}

/* Runs of digits by their length, then their value; all else byte by byte, which is the order of
 * Unicode. A run stands where the digit 0 stands among other characters. */
static void write_chunks(struct buf *out, struct str text)
{
    for (size_t at = 0; at < text.len;) {
        size_t digits = digits_at(text, at);
        if (digits == 0) {
            buf_add_byte(out, (uint8_t)text.ptr[at++]);
            continue;
        }
        buf_add_byte(out, '0');
        for (int shift = 24; shift >= 0; shift -= 8)
            buf_add_byte(out, (uint8_t)(digits >> shift));
        buf_add(out, text.ptr + at, digits);
        at += digits;
    }
}

/* Orders numbers; null for all else. */
void sql_number_key(const struct sql_call *call, struct sql_value *out)
{
    struct str text;
    double number;
    out->null = call->args[0].null || !sql_any_number(call->args[0].text, &number);
    if (out->null)
        return;
    store_any_split(call->args[0].text, &text);
    write_ordered(call->scratch, number);
    buf_add_str(call->scratch, text); /* whole numbers that are one double */
    out->text = buf_str(call->scratch);
}

/* Ascending: what is no number first, then numbers. */
void sql_sort_key(const struct sql_call *call, struct sql_value *out)
{
    struct str text;
    double number;
    out->null = call->args[0].null;
    if (out->null)
        return;
    if (sql_any_number(call->args[0].text, &number)) {
        buf_add_byte(call->scratch, 2);
        write_ordered(call->scratch, number);
        store_any_split(call->args[0].text, &text); /* 01 before 1 */
        buf_add_str(call->scratch, text);
    } else {
        store_any_split(call->args[0].text, &text);
        buf_add_byte(call->scratch, 1);
        write_chunks(call->scratch, text);
    }
    out->text = buf_str(call->scratch);
}

/* --- JSON ---------------------------------------------------------------------------------- */

static void write_json(const struct sql_call *call, const struct json *json, struct sql_value *out)
{
    struct json_out writer = json_out(call->scratch);
    switch (json->type) {
    case JSON_NULL:
        out->null = true;
        return;
    case JSON_STRING:
        tag_text(call, json->string, out);
        return;
    case JSON_BOOL:
        tagged(call, STORE_ANY_BOOLEAN, json->boolean ? STR("true") : STR("false"), out);
        return;
    case JSON_ARRAY:
    case JSON_OBJECT:
        tagged(call, STORE_ANY_JSON, json->raw, out);
        return;
    default:
        buf_add_byte(call->scratch, STORE_ANY_NUMBER);
        if (json->type == JSON_INT)
            json_out_int(&writer, NULL, json->integer);
        else if (json->type == JSON_UINT)
            buf_printf(call->scratch, "%llu", (unsigned long long)json->integer);
        else
            sql_write_number(call->scratch, json->number);
    }
    out->text = buf_str(call->scratch);
}

static bool parse(const struct sql_call *call, struct json *out_json)
{
    struct str text;
    if (call->args[0].null)
        return false;
    store_any_split(call->args[0].text, &text);
    return json_parse(text, call->arena, out_json, NULL) == STATUS_OK;
}

/* jsonParse: a map, a list or nothing. */
void sql_json_value(const struct sql_call *call, struct sql_value *out)
{
    struct json json;
    out->null = !parse(call, &json) || (json.type != JSON_ARRAY && json.type != JSON_OBJECT);
    if (!out->null)
        write_json(call, &json, out);
}

void sql_json_text(const struct sql_call *call, struct sql_value *out)
{
    struct str text;
    out->null = call->args[0].null;
    if (out->null)
        return;
    if (store_any_split(call->args[0].text, &text))
        buf_add_str(call->scratch, text);
    else
        json_write_string(call->scratch, text);
    out->text = buf_str(call->scratch);
}

/* A path into a map or list; the text of a map is looked into as well. */
void sql_any_get(const struct sql_call *call, struct sql_value *out)
{
    struct json json;
    const struct json *found = NULL;
    if (!call->args[1].null && parse(call, &json))
        found = json_discover(&json, call->args[1].text);
    out->null = !found;
    if (found)
        write_json(call, found, out);
}

/* The items of a list; anything else is a list of one. */
void sql_any_items(const struct sql_call *call, struct sql_value *out)
{
    struct json json;
    struct str text;
    out->null = call->args[0].null;
    if (out->null)
        return;
    bool is_list = store_any_split(call->args[0].text, &text) == STORE_ANY_JSON &&
                   parse(call, &json) && json.type == JSON_ARRAY;
    size_t count = is_list ? json.count : 1;
    out->items = arena_array(call->arena, struct str, count + 1);
    out->item_nulls = arena_array(call->arena, bool, count + 1);
    out->null = !out->items || !out->item_nulls;
    if (out->null)
        return;
    out->item_count = count;
    out->items[0] = call->args[0].text;
    for (size_t i = 0; is_list && i < count; i++) {
        struct sql_value item = {0};
        buf_clear(call->scratch);
        write_json(call, &json.items[i], &item);
        out->item_nulls[i] = item.null;
        out->items[i] = item.null ? STR_NONE : arena_copy(call->arena, item.text);
    }
    buf_clear(call->scratch);
}

static void write_item(struct json_out *writer, struct str any)
{
    struct str text;
    if (store_any_split(any, &text))
        json_out_raw(writer, NULL, text);
    else
        json_out_str(writer, NULL, text);
}

void sql_any_of_list(const struct sql_call *call, struct sql_value *out)
{
    out->null = call->args[0].null;
    if (out->null)
        return;
    buf_add_byte(call->scratch, STORE_ANY_JSON);
    struct json_out writer = json_out(call->scratch);
    json_out_array(&writer, NULL);
    for (size_t i = 0; i < call->args[0].item_count; i++)
        if (!call->args[0].item_nulls[i])
            write_item(&writer, call->args[0].items[i]);
    json_out_end_array(&writer);
    out->text = buf_str(call->scratch);
}

void sql_split_text(const struct sql_call *call, struct sql_value *out)
{
    out->null = call->args[0].null || call->args[1].null;
    if (out->null)
        return;
    struct str rest = call->args[0].text, separator = call->args[1].text;
    buf_add_byte(call->scratch, STORE_ANY_JSON);
    struct json_out writer = json_out(call->scratch);
    json_out_array(&writer, NULL);
    for (bool more = true; more;) {
        size_t at = separator.len ? str_find(rest, separator) : rest.len;
        more = at < rest.len;
        json_out_str(&writer, NULL, str_sub(rest, 0, at));
        rest = str_sub(rest, at + separator.len, rest.len);
    }
    json_out_end_array(&writer);
    out->text = buf_str(call->scratch);
}

void sql_list_size(const struct sql_call *call, struct sql_value *out)
{
    struct json json;
    out->null = !parse(call, &json) || json.type != JSON_ARRAY;
    out->integer = out->null ? 0 : json.count;
}

void sql_list_has(const struct sql_call *call, struct sql_value *out)
{
    struct json json;
    struct sql_value item;
    struct buf scratch = {0};
    const struct sql_call write = {.scratch = &scratch, .arena = call->arena};
    out->null = call->args[1].null || !parse(call, &json) || json.type != JSON_ARRAY;
    for (uint32_t i = 0; !out->null && i < json.count && !out->integer; i++) {
        int order = 1;
        item = (struct sql_value){0};
        write_json(&write, &json.items[i], &item);
        out->integer =
            !item.null && compare(item.text, call->args[1].text, false, &order) && order == 0;
        buf_clear(&scratch);
    }
    buf_done(&scratch);
}
