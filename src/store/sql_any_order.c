/* SPDX-License-Identifier: Apache-2.0 */
/* sql_any_order: dynamic values compared, as keys of groups, and in order. */
#define _GNU_SOURCE
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/sql_functions.h"
#include "wire/json.h"
#include "wire/utf8.h"

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
        size_t left = sql_digits_at(a, i), right = sql_digits_at(b, i);
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
bool sql_any_compare(struct str left, struct str right, bool order, int *out_order)
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
        out->null = !sql_any_compare(call->args[0].text, call->args[1].text, order, out_order);
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
            !sql_any_compare(call->args[0].text, call->args[1].text, false, &order) || order != 0;
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
        sql_give_tagged(call, STORE_ANY_NUMBER, str_equal(text, STR("true")) ? STR("1") : STR("0"),
                        out);
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
        size_t digits = sql_digits_at(text, at);
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
