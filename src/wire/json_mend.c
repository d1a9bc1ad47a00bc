/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_mend: the slow reader behind json_parse(), for the words of an error and for small repairs.
 *
 * A cut-off emoji in a cut-off prompt is the usual case: JavaScript writes half of it as \ud83d.
 * Whether the reader stands in an object or an array is one bit a level, so nothing recurses.
 */
#include "wire/json_private.h"

#include <stdio.h>
#include <string.h>

#include "wire/json.h"
#include "wire/utf8.h"

struct scan {
    char *text;
    size_t at, len;
    size_t depth;
    uint8_t is_object[JSON_DEPTH_MAX / 8 + 1];
    struct json_fault *fault;
};

static bool expected(struct scan *scan, const char *what)
{
    *scan->fault = (struct json_fault){.offset = scan->at, .expected = what};
    return false;
}

static char peek(const struct scan *scan)
{
    return scan->at < scan->len ? scan->text[scan->at] : 0;
}

static char skip_space(struct scan *scan)
{
    while (scan->at < scan->len && strchr(" \t\r\n", scan->text[scan->at]) && peek(scan))
        scan->at++;
    return peek(scan);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The four digits behind \u; -1 when they are none. */
static int32_t code_unit(const struct scan *scan, size_t at)
{
    uint8_t bytes[2];
    if (at + 6 > scan->len || scan->text[at] != '\\' || scan->text[at + 1] != 'u' ||
        !str_hex_decode((struct str){scan->text + at + 2, 4}, bytes, sizeof bytes))
        return -1;
    return bytes[0] << 8 | bytes[1];
}

static bool escape(struct scan *scan)
{
    if (scan->at + 1 < scan->len && scan->text[scan->at + 1] &&
        strchr("\"\\/bfnrt", scan->text[scan->at + 1])) {
        scan->at += 2;
        return true;
    }
    int32_t unit = code_unit(scan, scan->at);
    if (unit < 0)
        return expected(scan, "an escape sequence");
    if (unit >= 0xD800 && unit <= 0xDFFF) {
        int32_t low = unit < 0xDC00 ? code_unit(scan, scan->at + 6) : -1;
        if (low >= 0xDC00 && low <= 0xDFFF)
            scan->at += 6;
        else
            memcpy(scan->text + scan->at + 2, "fffd", 4);
    }
    scan->at += 6;
    return true;
}

static bool string(struct scan *scan)
{
    if (peek(scan) != '"')
        return expected(scan, "a string");
    for (scan->at++; scan->at < scan->len;) {
        char c = scan->text[scan->at];
        if (c == '"') {
            scan->at++;
            return true;
        }
        if ((unsigned char)c < 0x20)
            return expected(scan, "no control character within a string");
        if (c == '\\') {
            if (!escape(scan))
                return false;
        } else {
            scan->at++;
        }
    }
    return expected(scan, "the end of a string");
}

static size_t digits(struct scan *scan)
{
    size_t start = scan->at;
    while (is_digit(peek(scan)))
        scan->at++;
    return scan->at - start;
}

static bool fits_64_bits(struct str digits, bool is_negative)
{
    uint64_t magnitude;
    return str_to_u64(digits, &magnitude) && (!is_negative || magnitude <= UINT64_C(1) << 63);
}

/* 123456789012345678901 -> 1.23456789012345678e20, cut to the same size. */
static void shorten_integer(char *digit, size_t count)
{
    char exponent[24];
    size_t size = (size_t)snprintf(exponent, sizeof exponent, "e%zu", count - 1);
    memmove(digit + 2, digit + 1, count - 2);
    digit[1] = '.';
    memcpy(digit + count - size, exponent, size);
}

static bool number(struct scan *scan)
{
    bool is_negative = peek(scan) == '-', is_whole = true;
    scan->at += is_negative;
    size_t start = scan->at, count = digits(scan);
    if (count == 0 || (count > 1 && scan->text[start] == '0'))
        return expected(scan, "a number without leading zeros");
    if (peek(scan) == '.') {
        is_whole = false;
        scan->at++;
        if (!digits(scan))
            return expected(scan, "a digit");
    }
    if (peek(scan) == 'e' || peek(scan) == 'E') {
        is_whole = false;
        scan->at++;
        scan->at += peek(scan) == '+' || peek(scan) == '-';
        if (!digits(scan))
            return expected(scan, "a digit");
    }
    struct str whole = {scan->text + start, count};
    if (is_whole && !fits_64_bits(whole, is_negative))
        shorten_integer(scan->text + start, count);
    return true;
}

static bool literal(struct scan *scan, struct str word)
{
    if (!str_starts((struct str){scan->text + scan->at, scan->len - scan->at}, word))
        return expected(scan, "a value");
    scan->at += word.len;
    return true;
}

static bool scalar(struct scan *scan, char first)
{
    switch (first) {
    case '"':
        return string(scan);
    case 't':
        return literal(scan, STR("true"));
    case 'f':
        return literal(scan, STR("false"));
    case 'n':
        return literal(scan, STR("null"));
    default:
        return first == '-' || is_digit(first) ? number(scan) : expected(scan, "a value");
    }
}

static bool key(struct scan *scan)
{
    skip_space(scan);
    if (!string(scan))
        return false;
    if (skip_space(scan) != ':')
        return expected(scan, "':'");
    scan->at++;
    return true;
}

static bool in_object(const struct scan *scan)
{
    return scan->is_object[scan->depth / 8] >> (scan->depth % 8) & 1;
}

static bool enter(struct scan *scan, bool is_object)
{
    if (++scan->depth > JSON_DEPTH_MAX)
        return expected(scan, "less nesting");
    uint8_t bit = (uint8_t)(1u << (scan->depth % 8));
    uint8_t *byte = &scan->is_object[scan->depth / 8];
    *byte = is_object ? *byte | bit : *byte & (uint8_t)~bit;
    scan->at++;
    return true;
}

/* After a value: closes what ends here. True with *out_done when the root has ended. */
static bool leave(struct scan *scan, bool *out_done)
{
    while (scan->depth) {
        char c = skip_space(scan);
        if (c == ',') {
            scan->at++;
            *out_done = false;
            return !in_object(scan) || key(scan);
        }
        if (c != (in_object(scan) ? '}' : ']'))
            return expected(scan, in_object(scan) ? "',' or '}'" : "',' or ']'");
        scan->at++;
        scan->depth--;
    }
    *out_done = true;
    return true;
}

/* One value, or the head of one that has items. */
static bool value(struct scan *scan, bool *out_entered)
{
    char first = skip_space(scan);
    *out_entered = false;
    if (first != '{' && first != '[')
        return scalar(scan, first);
    if (!enter(scan, first == '{'))
        return false;
    if (skip_space(scan) == (first == '{' ? '}' : ']')) {
        scan->at++;
        scan->depth--;
        return true;
    }
    *out_entered = true;
    return first == '[' || key(scan);
}

bool json__mend(char *text, size_t len, struct json_fault *out_fault)
{
    struct scan scan = {.text = text, .len = len, .fault = out_fault};
    size_t broken, valid = utf8_valid_prefix((struct str){text, len}, &broken);
    if (broken) {
        scan.at = valid;
        return expected(&scan, "UTF-8");
    }
    for (bool done = false, entered; !done;) {
        if (!value(&scan, &entered))
            return false;
        if (!entered && !leave(&scan, &done))
            return false;
    }
    skip_space(&scan);
    return scan.at == scan.len || expected(&scan, "nothing after the end");
}
