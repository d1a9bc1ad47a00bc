/* SPDX-License-Identifier: Apache-2.0 */
/* sql_text: ids, and functions of texts. Bytes that are not UTF-8 make null. */
#define _GNU_SOURCE
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/foreign_id.h"
#include "store/sql_functions.h"
#include "store/sql_regex.h"
#include "wire/utf8.h"

/* --- ids ----------------------------------------------------------------------------------- */

static void write_half(struct buf *out, uint64_t half)
{
    uint8_t bytes[8];
    char text[17];
    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(half >> (56 - 8 * i));
    str_hex_encode(bytes, sizeof bytes, text);
    buf_add(out, text, 16);
}

void sql_trace_text(const struct sql_call *call, struct sql_value *out)
{
    uint64_t low;
    out->null = call->args[0].null;
    if (out->null)
        return;
    memcpy(&low, call->args[0].text.ptr, sizeof low);
    write_half(call->scratch, (uint64_t)call->args[0].integer);
    write_half(call->scratch, low);
    out->text = buf_str(call->scratch);
}

void sql_span_text(const struct sql_call *call, struct sql_value *out)
{
    out->null = call->args[0].null || call->args[0].integer == 0;
    write_half(call->scratch, (uint64_t)call->args[0].integer);
    out->text = buf_str(call->scratch);
}

/* stand_in_id(trace_hi, trace_lo): the span that stands for a trace told of by itself. */
void sql_stand_in_id(const struct sql_call *call, struct sql_value *out)
{
    uint8_t trace[16], id[8];
    uint64_t number = 0;
    for (int i = 0; i < 16; i++)
        trace[i] = (uint8_t)((uint64_t)call->args[i / 8].integer >> (56 - 8 * (i % 8)));
    foreign_root_id(trace, id);
    for (int i = 0; i < 8; i++)
        number = number << 8 | id[i];
    out->null = call->args[0].null || call->args[1].null;
    out->integer = (int64_t)number;
}

/* --- parts of a text ----------------------------------------------------------------------- */

static size_t character_at(struct str text, size_t at)
{
    size_t end = at + 1;
    while (end < text.len && ((unsigned char)text.ptr[end] & 0xC0) == 0x80)
        end++;
    return end - at;
}

static size_t last_character(struct str text)
{
    size_t at = text.len - 1;
    while (at > 0 && ((unsigned char)text.ptr[at] & 0xC0) == 0x80)
        at--;
    return text.len - at;
}

/* trim_text(text, characters, ends): 1 the start, 2 the end, 3 both. */
void sql_trim_text(const struct sql_call *call, struct sql_value *out)
{
    struct str text = call->args[0].text, set = call->args[1].text;
    int64_t ends = call->args[2].integer;
    out->null = call->args[0].null || call->args[1].null;
    if (out->null)
        return;
    while ((ends & 1) && text.len && str_contains(set, str_sub(text, 0, character_at(text, 0))))
        text = str_sub(text, character_at(text, 0), text.len);
    while ((ends & 2) && text.len) {
        size_t size = last_character(text);
        if (!str_contains(set, str_sub(text, text.len - size, size)))
            break;
        text.len -= size;
    }
    out->text = text;
}

/* sub_text(text, start, length): characters from 0; a negative length is all the rest. */
void sql_sub_text(const struct sql_call *call, struct sql_value *out)
{
    struct str text = call->args[0].text;
    double start = call->args[1].number, length = call->args[2].number;
    out->null = call->args[0].null || call->args[1].null || call->args[2].null;
    if (out->null)
        return;
    start = start < 0 ? 0 : trunc(start);
    size_t from = 0, to;
    while (from < text.len && start > 0) {
        from += character_at(text, from);
        start--;
    }
    to = length < 0 ? text.len : from;
    for (length = trunc(length); to < text.len && length > 0; length--)
        to += character_at(text, to);
    out->text = str_sub(text, from, to - from);
}

void sql_is_blank(const struct sql_call *call, struct sql_value *out)
{
    struct str text;
    out->integer =
        call->args[0].null ||
        (store_any_split(call->args[0].text, &text) != STORE_ANY_JSON && !str_trim(text).len);
}

/* --- encodings ----------------------------------------------------------------------------- */

static void finish(const struct sql_call *call, struct sql_value *out)
{
    out->text = buf_str(call->scratch);
    out->null = !utf8_valid(out->text);
}

void sql_url_encode(const struct sql_call *call, struct sql_value *out)
{
    out->null = call->args[0].null;
    for (size_t i = 0; !out->null && i < call->args[0].text.len; i++) {
        unsigned char c = (unsigned char)call->args[0].text.ptr[i];
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
            (c && strchr("-_.~", c)))
            buf_add_byte(call->scratch, c);
        else
            buf_printf(call->scratch, "%%%02X", c);
    }
    out->text = buf_str(call->scratch);
}

void sql_url_decode(const struct sql_call *call, struct sql_value *out)
{
    struct str text = call->args[0].text;
    out->null = call->args[0].null;
    if (out->null)
        return;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t byte;
        if (text.ptr[i] == '%' && str_hex_decode(str_sub(text, i + 1, 2), &byte, 1)) {
            buf_add_byte(call->scratch, byte);
            i += 2;
        } else {
            buf_add_byte(call->scratch, text.ptr[i] == '+' ? ' ' : (uint8_t)text.ptr[i]);
        }
    }
    finish(call, out);
}

static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void sql_base64_text(const struct sql_call *call, struct sql_value *out)
{
    struct str text = call->args[0].text;
    out->null = call->args[0].null;
    for (size_t i = 0; !out->null && i < text.len; i += 3) {
        uint32_t three = 0;
        size_t left = text.len - i;
        for (size_t b = 0; b < 3; b++)
            three = three << 8 | (b < left ? (uint8_t)text.ptr[i + b] : 0);
        for (size_t b = 0; b < 4; b++)
            buf_add_byte(call->scratch,
                         b <= left ? (uint8_t)base64[three >> (18 - 6 * b) & 63] : (uint8_t)'=');
    }
    out->text = buf_str(call->scratch);
}

void sql_base64_bytes(const struct sql_call *call, struct sql_value *out)
{
    struct str text = call->args[0].text;
    uint32_t bits = 0;
    int count = 0;
    out->null = call->args[0].null;
    while (text.len && text.ptr[text.len - 1] == '=')
        text.len--;
    for (size_t i = 0; !out->null && i < text.len; i++) {
        char c = text.ptr[i] == '-' ? '+' : text.ptr[i] == '_' ? '/' : text.ptr[i];
        const char *found = c ? strchr(base64, c) : NULL;
        if (!found) {
            out->null = true;
            return;
        }
        bits = bits << 6 | (uint32_t)(found - base64);
        count += 6;
        if (count >= 8) {
            count -= 8;
            buf_add_byte(call->scratch, (uint8_t)(bits >> count));
        }
    }
    if (!out->null)
        finish(call, out);
}

void sql_hex_ascii(const struct sql_call *call, struct sql_value *out)
{
    struct str text = call->args[0].text;
    out->null = call->args[0].null || text.len % 2;
    for (size_t i = 0; !out->null && i < text.len; i += 2) {
        uint8_t byte;
        out->null = !str_hex_decode(str_sub(text, i, 2), &byte, 1);
        buf_add_byte(call->scratch, byte);
    }
    if (!out->null)
        finish(call, out);
}

void sql_hex_number(const struct sql_call *call, struct sql_value *out)
{
    struct str text = call->args[0].text;
    uint8_t bytes[8];
    char digits[16];
    if (str_starts_nocase(text, STR("0x")))
        text = str_sub(text, 2, text.len);
    out->null = call->args[0].null || text.len == 0 || text.len > sizeof digits;
    if (out->null)
        return;
    memset(digits, '0', sizeof digits);
    memcpy(digits + sizeof digits - text.len, text.ptr, text.len);
    out->null = !str_hex_decode((struct str){digits, sizeof digits}, bytes, sizeof bytes) ||
                (bytes[0] & 0x80);
    for (size_t i = 0; i < sizeof bytes; i++)
        out->integer = (int64_t)((uint64_t)out->integer << 8 | bytes[i]);
}

void sql_number_hex(const struct sql_call *call, struct sql_value *out)
{
    double number = call->args[0].number;
    out->null = call->args[0].null || !(number >= 0 && number < 9.2e18);
    if (!out->null)
        buf_printf(call->scratch, "%llx", (unsigned long long)number);
    out->text = buf_str(call->scratch);
}

/* --- regular expressions ------------------------------------------------------------------- */

void sql_regex_group(const struct sql_call *call, struct sql_value *out)
{
    out->null = call->args[0].null || call->args[1].null;
    if (out->null)
        return;
    out->text = sql_regex_group_of(call->args[0].text, call->args[1].text, call->args[2].integer);
    out->null = !out->text.ptr;
}

void sql_regex_replace(const struct sql_call *call, struct sql_value *out)
{
    out->null = call->args[0].null || call->args[1].null || call->args[2].null ||
                !sql_regex_replace_all(call->args[0].text, call->args[1].text, call->args[2].text,
                                       call->scratch);
    out->text = buf_str(call->scratch);
}
