/* SPDX-License-Identifier: Apache-2.0 */
/* language: the door. What a text must be before anyone looks at its words. */
#include "language/language_private.h"

#include <string.h>

#include "wire/utf8.h"

static size_t count_characters(struct str text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += ((unsigned char)text.ptr[i] & 0xC0) != 0x80;
    return count;
}

static struct place one_byte(size_t offset)
{
    return (struct place){(uint32_t)offset, 1};
}

static enum status check_text(struct str text, struct language_error *error)
{
    size_t broken, valid, characters = count_characters(text);
    if (characters > LANGUAGE_CHARACTERS_MAX) {
        enum status status = language_fail(
            error, STR_NONE, (struct place){0}, STATUS_INVALID, NULL, NULL,
            "a query has at most 10,000 characters, and this one has %zu", characters);
        if (error)
            error->has_position = false;
        return status;
    }
    valid = utf8_valid_prefix(text, &broken);
    if (broken)
        return language_fail(error, text, one_byte(valid), STATUS_INVALID, "UTF-8", NULL,
                             "these bytes are not UTF-8");
    size_t zero = str_find_byte(text, 0);
    if (zero < text.len)
        return language_fail(error, text, one_byte(zero), STATUS_INVALID, NULL, NULL,
                             "a query cannot hold a zero byte");
    return STATUS_OK;
}

enum status language_parse(struct str text, struct arena *arena, struct language_query **out,
                           struct language_error *error)
{
    struct language_error unheard;
    struct parser parser = {.arena = arena, .error = error ? error : &unheard};
    enum status status = check_text(text, parser.error);
    if (status != STATUS_OK)
        return status;
    parser.text = arena_copy(arena, text);
    if (!parser.text.ptr)
        return language_fail(parser.error, text, (struct place){0}, STATUS_TOO_LARGE, NULL, NULL,
                             "the query takes too much memory");
    parser__start(&parser);
    struct language_query *query = parser__query(&parser);
    if (!query || parser.failed)
        return parser.error->status;
    *out = query;
    return STATUS_OK;
}
