/* SPDX-License-Identifier: Apache-2.0 */
/* json_out: writes JSON on a buf. One bit a level says whether a comma is due. */
#include "wire/json.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "wire/json_private.h"
#include "wire/utf8.h"

struct json_out json_out(struct buf *buf)
{
    return (struct json_out){.buf = buf};
}

static void begin_value(struct json_out *out, const char *key)
{
    uint64_t bit = UINT64_C(1) << out->depth;
    if (out->comma & bit)
        buf_add_byte(out->buf, ',');
    out->comma |= bit;
    if (key) {
        json_write_string(out->buf, str_from(key));
        buf_add_byte(out->buf, ':');
    }
}

static void open_level(struct json_out *out, const char *key, char bracket)
{
    begin_value(out, key);
    buf_add_byte(out->buf, (uint8_t)bracket);
    must(out->depth < 63);
    out->depth++;
    out->comma &= ~(UINT64_C(1) << out->depth);
}

static void close_level(struct json_out *out, char bracket)
{
    must(out->depth > 0);
    out->depth--;
    buf_add_byte(out->buf, (uint8_t)bracket);
}

void json_out_object(struct json_out *out, const char *key)
{
    open_level(out, key, '{');
}

void json_out_array(struct json_out *out, const char *key)
{
    open_level(out, key, '[');
}

void json_out_end_object(struct json_out *out)
{
    close_level(out, '}');
}

void json_out_end_array(struct json_out *out)
{
    close_level(out, ']');
}

void json_out_str(struct json_out *out, const char *key, struct str text)
{
    if (!text.ptr) {
        json_out_null(out, key);
        return;
    }
    begin_value(out, key);
    json_write_string(out->buf, text);
}

void json_out_text(struct json_out *out, const char *key, const char *text)
{
    json_out_str(out, key, str_from(text));
}

void json_out_int(struct json_out *out, const char *key, int64_t number)
{
    begin_value(out, key);
    buf_add_int(out->buf, number);
}

void json_out_int_text(struct json_out *out, const char *key, int64_t number)
{
    begin_value(out, key);
    buf_add_byte(out->buf, '"');
    buf_add_int(out->buf, number);
    buf_add_byte(out->buf, '"');
}

/* The shortest of the texts that read back as the same number. */
void json_out_double(struct json_out *out, const char *key, double number)
{
    char text[JSON_DOUBLE_TEXT];
    begin_value(out, key);
    if (!isfinite(number)) {
        buf_add_str(out->buf, STR("null"));
        return;
    }
    buf_add_str(out->buf, (struct str){text, json__double_text(number, text)});
}

void json_out_bool(struct json_out *out, const char *key, bool boolean)
{
    begin_value(out, key);
    buf_add_str(out->buf, boolean ? STR("true") : STR("false"));
}

void json_out_null(struct json_out *out, const char *key)
{
    begin_value(out, key);
    buf_add_str(out->buf, STR("null"));
}

void json_out_raw(struct json_out *out, const char *key, struct str json)
{
    begin_value(out, key);
    buf_add_str(out->buf, json);
}

void json_out_value(struct json_out *out, const char *key, const struct json *json)
{
    switch (json->type) {
    case JSON_NULL:
        json_out_null(out, key);
        return;
    case JSON_BOOL:
        json_out_bool(out, key, json->boolean);
        return;
    case JSON_INT:
        json_out_int(out, key, json->integer);
        return;
    case JSON_UINT:
        json_out_double(out, key, (double)(uint64_t)json->integer);
        return;
    case JSON_DOUBLE:
        json_out_double(out, key, json->number);
        return;
    case JSON_STRING:
        json_out_str(out, key, json->string);
        return;
    case JSON_ARRAY:
        json_out_raw(out, key, json->raw);
        return;
    case JSON_OBJECT:
        break;
    }
    if (json->raw.len) {
        json_out_raw(out, key, json->raw);
        return;
    }
    json_out_object(out, key);
    for (uint32_t i = 0; i < json->count; i++) {
        struct buf name = {0};
        buf_add_str(&name, json->members[i].key);
        buf_add_byte(&name, 0);
        json_out_value(out, name.ptr, &json->members[i].value);
        buf_done(&name);
    }
    json_out_end_object(out);
}

static void write_escape(struct buf *buf, unsigned char c)
{
    static const char plain[] = "\"\\\b\f\n\r\t", letter[] = "\"\\bfnrt";
    const char *found = c ? strchr(plain, c) : NULL;
    if (found) {
        buf_add_byte(buf, '\\');
        buf_add_byte(buf, (uint8_t)letter[found - plain]);
    } else {
        buf_printf(buf, "\\u%04x", c);
    }
}

static bool needs_escape(unsigned char c)
{
    return c < 0x20 || c == '"' || c == '\\';
}

static void write_valid(struct buf *buf, struct str text)
{
    size_t start = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (!needs_escape((unsigned char)text.ptr[i]))
            continue;
        buf_add(buf, text.ptr + start, i - start);
        write_escape(buf, (unsigned char)text.ptr[i]);
        start = i + 1;
    }
    if (start < text.len)
        buf_add(buf, text.ptr + start, text.len - start);
}

/* Text that is not valid is looked at once from front to back, so a hostile one costs no more. */
static void write_broken(struct buf *buf, struct str text)
{
    size_t broken;
    do {
        size_t valid = utf8_valid_prefix(text, &broken);
        write_valid(buf, str_sub(text, 0, valid));
        if (broken)
            buf_add_str(buf, STR("\xEF\xBF\xBD"));
        text = str_sub(text, valid + broken, text.len);
    } while (broken);
}

void json_write_string(struct buf *buf, struct str text)
{
    buf_reserve(buf, text.len + 2);
    buf_add_byte(buf, '"');
    if (utf8_valid(text))
        write_valid(buf, text);
    else
        write_broken(buf, text);
    buf_add_byte(buf, '"');
}
