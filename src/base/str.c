/* SPDX-License-Identifier: Apache-2.0 */
/* str: the plain operations on borrowed bytes. */
#define _GNU_SOURCE
#include "base/str.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <xxhash.h>

struct str str_from(const char *terminated)
{
    return terminated ? (struct str){terminated, strlen(terminated)} : STR_NONE;
}

struct str str_sub(struct str text, size_t offset, size_t len)
{
    if (offset > text.len)
        offset = text.len;
    if (len > text.len - offset)
        len = text.len - offset;
    return (struct str){text.ptr ? text.ptr + offset : NULL, len};
}

bool str_equal(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool str_equal_nocase(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || strncasecmp(a.ptr, b.ptr, a.len) == 0);
}

bool str_starts(struct str text, struct str prefix)
{
    return text.len >= prefix.len && str_equal(str_sub(text, 0, prefix.len), prefix);
}

bool str_starts_nocase(struct str text, struct str prefix)
{
    return text.len >= prefix.len && str_equal_nocase(str_sub(text, 0, prefix.len), prefix);
}

bool str_ends(struct str text, struct str suffix)
{
    return text.len >= suffix.len &&
           str_equal(str_sub(text, text.len - suffix.len, suffix.len), suffix);
}

int str_compare(struct str a, struct str b)
{
    size_t shared = a.len < b.len ? a.len : b.len;
    int order = shared ? memcmp(a.ptr, b.ptr, shared) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

size_t str_find(struct str text, struct str needle)
{
    if (needle.len == 0)
        return 0;
    if (text.len < needle.len)
        return text.len;
    const char *hit = memmem(text.ptr, text.len, needle.ptr, needle.len);
    return hit ? (size_t)(hit - text.ptr) : text.len;
}

size_t str_find_byte(struct str text, char byte)
{
    const char *hit = text.len ? memchr(text.ptr, byte, text.len) : NULL;
    return hit ? (size_t)(hit - text.ptr) : text.len;
}

size_t str_rfind_byte(struct str text, char byte)
{
    const char *hit = text.len ? memrchr(text.ptr, byte, text.len) : NULL;
    return hit ? (size_t)(hit - text.ptr) : text.len;
}

bool str_contains(struct str text, struct str needle)
{
    return needle.len == 0 || str_find(text, needle) < text.len;
}

bool str_contains_nocase(struct str text, struct str needle)
{
    for (size_t at = 0; at + needle.len <= text.len; at++)
        if (str_equal_nocase(str_sub(text, at, needle.len), needle))
            return true;
    return false;
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Bytes that do not continue one. */
size_t str_count_characters(struct str text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += ((unsigned char)text.ptr[i] & 0xC0) != 0x80;
    return count;
}

struct str str_trim(struct str text)
{
    while (text.len && is_space(text.ptr[0]))
        text.ptr++, text.len--;
    while (text.len && is_space(text.ptr[text.len - 1]))
        text.len--;
    return text;
}

bool str_take(struct str *rest, char separator, struct str *out_piece)
{
    if (!rest->ptr)
        return false;
    size_t end = str_find_byte(*rest, separator);
    *out_piece = str_sub(*rest, 0, end);
    *rest = end < rest->len ? str_sub(*rest, end + 1, rest->len) : STR_NONE;
    return true;
}

bool str_take_line(struct str *rest, struct str *out_line)
{
    if (rest->len == 0 || !str_take(rest, '\n', out_line))
        return false;
    if (out_line->len && out_line->ptr[out_line->len - 1] == '\r')
        out_line->len--;
    return true;
}

/* Numbers are short; a copy gives the C library the zero byte it wants. */
static bool copy_number(struct str text, char *copy, size_t size)
{
    if (text.len == 0 || text.len >= size || is_space(text.ptr[0]))
        return false;
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = 0;
    return strlen(copy) == text.len;
}

bool str_to_i64(struct str text, int64_t *out)
{
    char copy[32], *end;
    if (!copy_number(text, copy, sizeof copy))
        return false;
    errno = 0;
    long long number = strtoll(copy, &end, 10);
    if (errno || *end)
        return false;
    *out = number;
    return true;
}

bool str_to_u64(struct str text, uint64_t *out)
{
    char copy[32], *end;
    if (!copy_number(text, copy, sizeof copy) || copy[0] == '-')
        return false;
    errno = 0;
    unsigned long long number = strtoull(copy, &end, 10);
    if (errno || *end)
        return false;
    *out = number;
    return true;
}

bool str_to_double(struct str text, double *out)
{
    char copy[64], *end;
    if (!copy_number(text, copy, sizeof copy))
        return false;
    double number = strtod(copy, &end);
    if (*end)
        return false;
    *out = number;
    return true;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool str_hex_decode(struct str text, uint8_t *out, size_t size)
{
    if (text.len != 2 * size)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (hex_digit(text.ptr[i]) < 0)
            return false;
    for (size_t i = 0; i < size; i++)
        out[i] = (uint8_t)(hex_digit(text.ptr[2 * i]) << 4 | hex_digit(text.ptr[2 * i + 1]));
    return true;
}

void str_hex_encode(const uint8_t *bytes, size_t size, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[2 * size] = 0;
}

uint64_t str_hash(struct str text)
{
    return XXH3_64bits(text.ptr, text.len);
}
