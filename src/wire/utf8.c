/* SPDX-License-Identifier: Apache-2.0 */
/*
 * utf8: the careful path, taken only for text that utf8_valid() refused.
 *
 * A broken run is what a decoder has swallowed when it learns that no character can come of it
 * (Unicode 15, 3.9, table 3-7): so a cut character is one U+FFFD, and every stray byte is one of
 * its own.
 */
#include "wire/utf8.h"

#include <string.h>

#define REPLACEMENT "\xEF\xBF\xBD"

/* Size of the character at the front, or 0 with the size of the broken run in *out_broken. */
static size_t character(const unsigned char *at, size_t left, size_t *out_broken)
{
    unsigned char lead = at[0], low = 0x80, high = 0xBF;
    size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0x80)
        return 1;
    *out_broken = 1;
    if (lead < 0xC2 || lead > 0xF4)
        return 0;
    if (lead == 0xE0)
        low = 0xA0; /* shorter forms exist */
    else if (lead == 0xED)
        high = 0x9F; /* surrogates */
    else if (lead == 0xF0)
        low = 0x90;
    else if (lead == 0xF4)
        high = 0x8F; /* beyond U+10FFFF */
    for (size_t i = 1; i < size; i++) {
        *out_broken = i;
        if (i == left || at[i] < low || at[i] > high)
            return 0;
        low = 0x80, high = 0xBF;
    }
    return size;
}

size_t utf8_valid_prefix(struct str text, size_t *out_broken)
{
    size_t at = 0;
    while (at < text.len) {
        size_t size = character((const unsigned char *)text.ptr + at, text.len - at, out_broken);
        if (size == 0)
            return at;
        at += size;
    }
    *out_broken = 0;
    return at;
}

static size_t repaired_size(struct str text)
{
    size_t total = 0, broken;
    do {
        size_t valid = utf8_valid_prefix(text, &broken);
        total += valid + (broken ? strlen(REPLACEMENT) : 0);
        text = str_sub(text, valid + broken, text.len);
    } while (broken);
    return total;
}

struct str utf8_repair(struct str text, struct arena *arena)
{
    size_t total = repaired_size(text), broken;
    char *copy = arena_alloc(arena, total + 1), *to = copy;
    if (!copy)
        return STR_NONE;
    do {
        size_t valid = utf8_valid_prefix(text, &broken);
        if (valid)
            memcpy(to, text.ptr, valid);
        to += valid;
        if (broken) {
            memcpy(to, REPLACEMENT, strlen(REPLACEMENT));
            to += strlen(REPLACEMENT);
        }
        text = str_sub(text, valid + broken, text.len);
    } while (broken);
    *to = 0;
    return (struct str){copy, total};
}

struct str utf8_clip(struct str text, size_t max)
{
    if (text.len <= max)
        return text;
    size_t end = max;
    while (end && max - end < 3 && ((unsigned char)text.ptr[end] & 0xC0) == 0x80)
        end--;
    /* Four continuation bytes in a row are no character: nothing to keep whole. */
    if (((unsigned char)text.ptr[end] & 0xC0) == 0x80)
        end = max;
    return (struct str){text.ptr, end};
}
