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

size_t sql_digits_at(struct str text, size_t at)
{
    size_t end = at;
    while (end < text.len && text.ptr[end] >= '0' && text.ptr[end] <= '9')
        end++;
    return end - at;
}

static bool is_number(struct str text)
{
    size_t at = text.len && text.ptr[0] == '-', whole = sql_digits_at(text, at), part = 0;
    at += whole;
    if (at < text.len && text.ptr[at] == '.') {
        part = sql_digits_at(text, at + 1);
        at += 1 + part;
    }
    if (whole + part == 0)
        return false;
    if (at < text.len && (text.ptr[at] == 'e' || text.ptr[at] == 'E')) {
        at++;
        if (at < text.len && (text.ptr[at] == '+' || text.ptr[at] == '-'))
            at++;
        size_t power = sql_digits_at(text, at);
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

void sql_give_tagged(const struct sql_call *call, int tag, struct str text, struct sql_value *out)
{
    if (tag)
        buf_add_byte(call->scratch, (uint8_t)tag);
    buf_add_str(call->scratch, text);
    out->text = buf_str(call->scratch);
}

void sql_give_text(const struct sql_call *call, struct str text, struct sql_value *out)
{
    bool clash = text.len && (unsigned char)text.ptr[0] <= STORE_ANY_TEXT;
    sql_give_tagged(call, clash ? STORE_ANY_TEXT : 0, text, out);
}

void sql_any_of_text(const struct sql_call *call, struct sql_value *out)
{
    out->null = call->args[0].null;
    sql_give_text(call, call->args[0].text, out);
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
    sql_give_tagged(call, STORE_ANY_BOOLEAN, call->args[0].integer ? STR("true") : STR("false"),
                    out);
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
