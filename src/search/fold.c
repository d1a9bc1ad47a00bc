/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fold: what a character becomes is asked of utf8proc once and kept, in pages of 256 characters
 * that are made when first needed.
 */
#include "search/fold.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

enum { PAGE = 256, PAGES = 0x110000 / PAGE, FOLDED_MAX = 15 };

struct folded {
    uint8_t len; /* 0 is possible: a mark that is dropped */
    char bytes[FOLDED_MAX];
};
static struct folded *_Atomic pages[PAGES];

static bool is_dropped(int32_t number)
{
    return (number >= 0x300 && number <= 0x36f) || /* accents */
           number == 0x640 || (number >= 0x64b && number <= 0x65f) || number == 0x670;
}

static void fold_one(int32_t number, struct folded *out)
{
    int32_t parts[16];
    int boundary = 0;
    utf8proc_ssize_t count = 1;
    parts[0] = number;
    if (number < 0xac00 || number > 0xd7a3)
        count = utf8proc_decompose_char(number, parts, 16, UTF8PROC_CASEFOLD | UTF8PROC_DECOMPOSE,
                                        &boundary);
    if (count < 0 || count > 16) {
        parts[0] = number;
        count = 1;
    }
    out->len = 0;
    for (utf8proc_ssize_t i = 0; i < count; i++) {
        utf8proc_uint8_t bytes[4];
        utf8proc_ssize_t size = is_dropped(parts[i]) ? 0 : utf8proc_encode_char(parts[i], bytes);
        if (size > 0 && out->len + size <= FOLDED_MAX) {
            memcpy(out->bytes + out->len, bytes, (size_t)size);
            out->len = (uint8_t)(out->len + size);
        }
    }
}

static const struct folded *page_of(uint32_t number)
{
    struct folded *page = atomic_load_explicit(&pages[number / PAGE], memory_order_acquire);
    if (page)
        return page;
    page = malloc(PAGE * sizeof *page);
    if (!page)
        return NULL;
    uint32_t first = number / PAGE * PAGE;
    for (uint32_t i = 0; i < PAGE; i++)
        fold_one((int32_t)(first + i), &page[i]);
    struct folded *other = NULL;
    if (atomic_compare_exchange_strong(&pages[number / PAGE], &other, page))
        return page;
    free(page);
    return other;
}

size_t search_character(struct str text, uint32_t *out_number)
{
    const uint8_t *at = (const uint8_t *)text.ptr;
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t size = at[0] < 0x80 ? 1 : at[0] < 0xc2 ? 0 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;
    if (size == 1) {
        *out_number = at[0];
        return 1;
    }
    uint32_t number = at[0] & (0x7fu >> size);
    *out_number = 0xfffd;
    if (size == 0 || size > text.len || at[0] > 0xf4)
        return 1;
    for (size_t i = 1; i < size; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 1;
        number = number << 6 | (at[i] & 0x3f);
    }
    if (number < least[size] || number > 0x10ffff || (number >= 0xd800 && number < 0xe000))
        return 1;
    *out_number = number;
    return size;
}

static char lower(char byte)
{
    return byte >= 'A' && byte <= 'Z' ? (char)(byte | 0x20) : byte;
}

/* Bytes at the front that are ASCII. */
static size_t ascii_run(const char *at, size_t len)
{
    size_t i = 0;
    for (uint64_t words[4]; i + 32 <= len; i += 32) {
        memcpy(words, at + i, 32);
        if ((words[0] | words[1] | words[2] | words[3]) & UINT64_C(0x8080808080808080))
            break;
    }
    while (i < len && (at[i] & 0x80) == 0)
        i++;
    return i;
}

bool search_is_ascii(struct str text)
{
    return ascii_run(text.ptr, text.len) == text.len;
}

/* Lower case of ASCII, eight letters at a time. */
static void lower_ascii(const char *from, size_t len, char *to)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    size_t i = 0;
    for (uint64_t word; i + 8 <= len; i += 8) {
        memcpy(&word, from + i, 8);
        /* The top bit of each byte: from 'A' on, from behind 'Z' on. */
        uint64_t from_a = word + ones * (0x80 - 'A'), behind_z = word + ones * (0x80 - 'Z' - 1);
        word |= ((from_a ^ behind_z) & (ones * 0x80)) >> 2;
        memcpy(to + i, &word, 8);
    }
    for (; i < len; i++)
        to[i] = lower(from[i]);
}

/* What the character at the front becomes, in up to FOLDED_MAX bytes. */
static struct str fold_character(struct str text, size_t *out_size)
{
    uint32_t number;
    *out_size = search_character(text, &number);
    if (*out_size == 1)
        return str_sub(text, 0, 1);
    const struct folded *page = page_of(number);
    return page ? (struct str){page[number % PAGE].bytes, page[number % PAGE].len}
                : str_sub(text, 0, *out_size);
}

void search_fold(struct str text, struct buf *out)
{
    while (text.len && buf_reserve(out, text.len)) {
        size_t run = ascii_run(text.ptr, text.len), size;
        lower_ascii(text.ptr, run, out->ptr + out->len);
        out->len += run;
        text = str_sub(text, run, text.len);
        while (text.len && (text.ptr[0] & 0x80)) {
            buf_add_str(out, fold_character(text, &size));
            text = str_sub(text, size, text.len);
        }
    }
}

void search_fold_mapped(struct str text, struct buf *out, struct buf *starts, struct buf *ends)
{
    for (size_t at = 0; at < text.len;) {
        size_t size;
        struct str folded = fold_character(str_sub(text, at, text.len), &size);
        for (size_t i = 0; i < folded.len; i++) {
            uint32_t start = (uint32_t)at, end = (uint32_t)(at + size);
            buf_add_byte(out, (uint8_t)lower(folded.ptr[i]));
            buf_add(starts, &start, sizeof start);
            buf_add(ends, &end, sizeof end);
        }
        at += size;
    }
}

/* --- JSON escapes */

static bool hex_number(struct str text, uint32_t *out)
{
    uint8_t bytes[2];
    if (text.len < 6 || text.ptr[0] != '\\' || text.ptr[1] != 'u' ||
        !str_hex_decode(str_sub(text, 2, 4), bytes, 2))
        return false;
    *out = (uint32_t)bytes[0] << 8 | bytes[1];
    return true;
}

/* `\uXXXX`, or a pair of surrogates; gives how many bytes it took, 0 when it is none. */
static size_t unescape_number(struct str text, struct buf *out)
{
    uint32_t number, second;
    utf8proc_uint8_t bytes[4];
    size_t size = 6;
    if (!hex_number(text, &number))
        return 0;
    if (number >= 0xd800 && number < 0xdc00 && hex_number(str_sub(text, 6, text.len), &second) &&
        second >= 0xdc00 && second < 0xe000) {
        number = 0x10000 + ((number - 0xd800) << 10) + (second - 0xdc00);
        size = 12;
    } else if (number >= 0xd800 && number < 0xe000) {
        number = 0xfffd;
    }
    buf_add(out, bytes, (size_t)utf8proc_encode_char((int32_t)number, bytes));
    return size;
}

static size_t unescape_one(struct str text, struct buf *out)
{
    static const char marks[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    size_t size = unescape_number(text, out);
    if (size)
        return size;
    const char *mark = text.len > 1 && text.ptr[1] ? strchr(marks, text.ptr[1]) : NULL;
    if (mark) {
        buf_add_byte(out, (uint8_t)meanings[mark - marks]);
        return 2;
    }
    buf_add_byte(out, '\\');
    return 1;
}

/* Appends the text with each JSON escape replaced by what it stands for; what is none stays. */
static void unescape(struct str text, struct buf *out)
{
    if (!buf_reserve(out, text.len))
        return;
    while (text.len) {
        size_t run = str_find_byte(text, '\\');
        buf_add(out, text.ptr, run);
        text = str_sub(text, run, text.len);
        if (text.len)
            text = str_sub(text, unescape_one(text, out), text.len);
    }
}

static struct str skip_space(struct str text)
{
    while (text.len && strchr(" \t\r\n", text.ptr[0]) && text.ptr[0])
        text = str_sub(text, 1, text.len);
    return text;
}

bool search_looks_like_json(struct str text)
{
    struct str rest = skip_space(text);
    if (rest.len < 2 || (rest.ptr[0] != '{' && rest.ptr[0] != '['))
        return false;
    bool is_list = rest.ptr[0] == '[';
    rest = skip_space(str_sub(rest, 1, rest.len));
    return rest.len &&
           (rest.ptr[0] == '"' || (is_list && (rest.ptr[0] == '{' || rest.ptr[0] == '[')));
}

bool search_reading_next(struct search_reading *reading, struct str original, int levels_max)
{
    bool is_first = !reading->started;
    if (is_first) {
        reading->started = true;
        reading->text = original;
        if (!search_looks_like_json(original))
            return true;
    }
    if (reading->level + 1 >= levels_max || str_find_byte(reading->text, '\\') == reading->text.len)
        return is_first;
    struct buf *into = &reading->texts[reading->level++ & 1];
    buf_clear(into);
    unescape(reading->text, into);
    if (into->failed || into->len == reading->text.len)
        return is_first; /* no memory, or nothing was an escape */
    reading->text = buf_str(into);
    return true;
}

void search_reading_done(struct search_reading *reading)
{
    buf_done(&reading->texts[0]);
    buf_done(&reading->texts[1]);
    *reading = (struct search_reading){0};
}
