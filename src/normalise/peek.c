/* SPDX-License-Identifier: Apache-2.0 */
/*
 * peek: takes a member or two out of a JSON text without parsing the rest and without memory.
 *
 * For the way in, where a count or a finish reason stands in kilobytes of JSON. It trusts the
 * text only for where things end: on broken JSON it stops early, and what it gives always lies
 * inside the text. Nothing recurses: containers are skipped by counting brackets.
 */
#include <string.h>

#include "normalise/normalise_private.h"
#include "wire/utf8.h"

static const char *skip_space(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r'))
        at++;
    return at;
}

/* `at` is behind the opening quote; gives the place of the closing one, or NULL. */
static const char *string_end(const char *at, const char *end)
{
    while (at < end) {
        const char *quote = memchr(at, '"', (size_t)(end - at));
        if (!quote)
            return NULL;
        const char *before = quote;
        while (before > at && before[-1] == '\\')
            before--;
        if ((quote - before) % 2 == 0)
            return quote;
        at = quote + 1;
    }
    return NULL;
}

static const char *container_end(const char *at, const char *end)
{
    size_t depth = 0;
    for (; at < end; at++) {
        if (*at == '"') {
            at = string_end(at + 1, end);
            if (!at)
                return NULL;
        } else if (*at == '{' || *at == '[')
            depth++;
        else if ((*at == '}' || *at == ']') && --depth == 0)
            return at + 1;
    }
    return NULL;
}

static const char *value_end(const char *at, const char *end)
{
    if (at >= end)
        return NULL;
    if (*at == '"') {
        const char *quote = string_end(at + 1, end);
        return quote ? quote + 1 : NULL;
    }
    if (*at == '{' || *at == '[')
        return container_end(at, end);
    const char *start = at;
    while (at < end && *at != ',' && *at != '}' && *at != ']' && *at != ' ' && *at != '\n' &&
           *at != '\t' && *at != '\r')
        at++;
    return at > start ? at : NULL;
}

struct peek peek_into(struct str container)
{
    const char *end = container.ptr + container.len;
    const char *at = container.ptr ? skip_space(container.ptr, end) : NULL;
    if (!at || at >= end || (*at != '{' && *at != '['))
        return (struct peek){NULL, NULL};
    return (struct peek){at + 1, end};
}

static bool take_value(struct peek *peek, struct str *out_raw)
{
    const char *at = skip_space(peek->at, peek->end);
    const char *stop = value_end(at, peek->end);
    if (!stop) {
        peek->at = peek->end;
        return false;
    }
    *out_raw = (struct str){at, (size_t)(stop - at)};
    peek->at = stop;
    return true;
}

/* At the next item; false at the closing bracket and where there is none. */
static bool at_next(struct peek *peek)
{
    if (!peek->at)
        return false;
    const char *at = skip_space(peek->at, peek->end);
    if (at < peek->end && *at == ',')
        at = skip_space(at + 1, peek->end);
    peek->at = at;
    return at < peek->end && *at != ']' && *at != '}';
}

bool peek_item(struct peek *peek, struct str *out_raw)
{
    return at_next(peek) && take_value(peek, out_raw);
}

bool peek_pair(struct peek *peek, struct str *out_key, struct str *out_raw)
{
    struct str key;
    if (!at_next(peek) || *peek->at != '"' || !take_value(peek, &key))
        return false;
    const char *at = skip_space(peek->at, peek->end);
    if (at >= peek->end || *at != ':')
        return false;
    peek->at = at + 1;
    if (!take_value(peek, out_raw))
        return false;
    *out_key = str_sub(key, 1, key.len - 2);
    return true;
}

bool peek_member(struct str object, struct str key, struct str *out_raw)
{
    struct peek peek = peek_into(object);
    if (!peek.at || peek.at[-1] != '{')
        return false;
    struct str name, raw;
    while (peek_pair(&peek, &name, &raw)) {
        if (str_equal(name, key)) {
            *out_raw = raw;
            return true;
        }
    }
    return false;
}

bool peek_path(struct str json, const char *path, struct str *out_raw)
{
    struct str rest = str_from(path), step;
    while (str_take(&rest, '.', &step)) {
        uint64_t number;
        if (str_to_u64(step, &number)) {
            struct peek peek = peek_into(json);
            do {
                if (!peek_item(&peek, &json))
                    return false;
            } while (number-- > 0);
        } else if (!peek_member(json, step, &json))
            return false;
    }
    *out_raw = json;
    return true;
}

static size_t put_utf8(uint32_t code, char *out)
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xC0 | code >> 6);
        out[1] = (char)(0x80 | (code & 63));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xE0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 63));
        out[2] = (char)(0x80 | (code & 63));
        return 3;
    }
    out[0] = (char)(0xF0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 63));
    out[2] = (char)(0x80 | (code >> 6 & 63));
    out[3] = (char)(0x80 | (code & 63));
    return 4;
}

static bool take_hex4(const char **at, const char *end, uint32_t *out)
{
    uint8_t bytes[2];
    if (end - *at < 4 || !str_hex_decode((struct str){*at, 4}, bytes, 2))
        return false;
    *at += 4;
    *out = (uint32_t)bytes[0] << 8 | bytes[1];
    return true;
}

/* Behind a backslash: one escape; gives its UTF-8 bytes. Lone surrogates become U+FFFD. */
static size_t take_escape(const char **at, const char *end, char out[4])
{
    static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
    char letter = *(*at)++;
    uint32_t code, low;
    if (letter != 'u') {
        const char *known = memchr(from, letter, sizeof from - 1);
        out[0] = known ? to[known - from] : letter;
        return 1;
    }
    if (!take_hex4(at, end, &code))
        code = 0xFFFD;
    if (code >= 0xD800 && code < 0xDC00) {
        const char *ahead = *at + 2;
        if (end - *at >= 6 && (*at)[0] == '\\' && (*at)[1] == 'u' && take_hex4(&ahead, end, &low) &&
            low >= 0xDC00 && low < 0xE000) {
            *at = ahead;
            return put_utf8(0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00), out);
        }
        code = 0xFFFD;
    } else if (code >= 0xDC00 && code < 0xE000)
        code = 0xFFFD;
    return put_utf8(code, out);
}

size_t peek_string(struct str raw, char *out, size_t max)
{
    const char *at = raw.ptr, *end = raw.ptr + raw.len;
    size_t len = 0;
    if (raw.len && *at == '"') {
        at++;
        if (end > at && end[-1] == '"')
            end--;
    }
    while (at < end) {
        /* One character more than there is room for shows where to cut. */
        struct str ahead = str_sub((struct str){at, (size_t)(end - at)}, 0, max - len + 4);
        const char *slash = memchr(ahead.ptr, '\\', ahead.len);
        struct str plain = slash ? str_sub(ahead, 0, (size_t)(slash - at)) : ahead;
        struct str fits = utf8_clip(plain, max - len);
        memcpy(out + len, fits.ptr, fits.len);
        len += fits.len;
        if (!slash || fits.len < plain.len)
            break;
        at = slash + 1;
        if (at == end)
            break;
        char piece[4];
        size_t width = take_escape(&at, end, piece);
        if (len + width > max)
            break;
        memcpy(out + len, piece, width);
        len += width;
    }
    return len;
}

struct str peek_text(struct str raw, size_t max, struct arena *arena)
{
    if (raw.len == 0 || raw.ptr[0] != '"')
        return str_sub(raw, 0, max);
    struct str inside = str_sub(raw, 1, raw.len >= 2 ? raw.len - 2 : 0);
    if (inside.len <= max && str_find_byte(inside, '\\') == inside.len)
        return inside;
    size_t room = inside.len < max ? inside.len : max;
    char *text = arena_alloc(arena, room + 1);
    if (!text)
        return STR_NONE;
    size_t len = peek_string(raw, text, room);
    text[len] = 0;
    return (struct str){text, len};
}
