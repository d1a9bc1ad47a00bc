/* SPDX-License-Identifier: Apache-2.0 */
/* fault: an error with the place it is about, and what was expected there. */
#include "language/language_private.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "wire/utf8.h"

static void locate(struct language_error *error, struct str text, struct place at)
{
    error->has_position = true;
    error->offset = at.offset;
    error->length = at.length;
    error->line = error->column = 1;
    for (size_t i = 0; i < at.offset && i < text.len; i++) {
        if (text.ptr[i] == '\n')
            error->line++, error->column = 1;
        else if (((unsigned char)text.ptr[i] & 0xC0) != 0x80)
            error->column++;
    }
}

/* Never half a character at the end. */
static void clip(char *text, size_t size)
{
    size_t len = strlen(text);
    if (len + 1 == size)
        text[utf8_clip((struct str){text, len}, len - 3).len] = 0;
}

static void fill(struct language_error *error, struct str text, struct place at, enum status status,
                 const char *expected, const char *suggestion, const char *format, va_list list)
{
    if (!error)
        return;
    *error = (struct language_error){.status = status};
    vsnprintf(error->message, sizeof error->message, format, list);
    snprintf(error->expected, sizeof error->expected, "%s", expected ? expected : "");
    snprintf(error->suggestion, sizeof error->suggestion, "%s", suggestion ? suggestion : "");
    clip(error->message, sizeof error->message);
    clip(error->expected, sizeof error->expected);
    clip(error->suggestion, sizeof error->suggestion);
    locate(error, text, at);
}

enum status language_fail(struct language_error *error, struct str text, struct place at,
                          enum status status, const char *expected, const char *suggestion,
                          const char *format, ...)
{
    va_list list;
    va_start(list, format);
    fill(error, text, at, status, expected, suggestion, format, list);
    va_end(list);
    return status;
}

static void stop(struct parser *parser)
{
    parser->failed = true;
    parser->token = (struct token){.kind = TOKEN_END, .at = {(uint32_t)parser->text.len, 0}};
}

void *parser__fail(struct parser *parser, struct place at, const char *expected,
                   const char *suggestion, const char *format, ...)
{
    if (parser->failed)
        return NULL;
    va_list list;
    va_start(list, format);
    fill(parser->error, parser->text, at, STATUS_INVALID, expected, suggestion, format, list);
    va_end(list);
    stop(parser);
    return NULL;
}

void *parser__fail_status(struct parser *parser, enum status status, struct place at,
                          const char *format, ...)
{
    if (parser->failed)
        return NULL;
    va_list list;
    va_start(list, format);
    fill(parser->error, parser->text, at, status, NULL, NULL, format, list);
    va_end(list);
    stop(parser);
    return NULL;
}

void *parser__full(struct parser *parser)
{
    return parser__fail_status(parser, STATUS_TOO_LARGE, parser->token.at,
                               "the query takes too much memory");
}

const char *parser__show(struct str text, char *out)
{
    struct str shown = utf8_clip(text, 56);
    memcpy(out, shown.ptr, shown.len);
    for (size_t i = 0; i < shown.len; i++)
        if ((unsigned char)out[i] < ' ' || out[i] == 0x7F)
            out[i] = ' ';
    strcpy(out + shown.len, shown.len < text.len ? "..." : "");
    return out;
}

static void *fail_number(struct parser *parser)
{
    char shown[64], advice[120];
    struct str word = parser->token.text;
    parser__show(word, shown);
    snprintf(advice, sizeof advice,
             str_find_byte(word, '.') < word.len
                 ? "put quotes around it: \"%s\""
                 : "a name that starts with a digit needs backticks: `%s`",
             shown);
    return parser__fail(parser, parser->token.at, "a number, or a period like 5m", advice,
                        "%s is neither a number nor a period", shown);
}

void *parser__expected(struct parser *parser, const char *expected, const char *suggestion)
{
    char shown[64];
    if (parser->token.kind == TOKEN_BAD)
        return fail_number(parser);
    if (parser->token.kind == TOKEN_END)
        return parser__fail(parser, parser->token.at, expected, suggestion,
                            "the query ends where %s was expected", expected);
    struct str found = str_sub(parser->text, parser->token.at.offset, parser->token.at.length);
    return parser__fail(parser, parser->token.at, expected, suggestion, "expected %s, found `%s`",
                        expected, parser__show(found, shown));
}
