/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sandbox_text: where a statement ends. Only strings, quoted names and comments are known here;
 * should this disagree with the engine's parser, what we make of the statement does not parse.
 */
#define _GNU_SOURCE
#include <string.h>

#include "store/sandbox_private.h"

static size_t behind(struct str text, size_t from, struct str end)
{
    size_t found = str_find(str_sub(text, from, text.len), end);
    return from + found + end.len > text.len ? text.len : from + found + end.len;
}

/* Quotes are doubled to stand for themselves: two neighbouring strings, to this scan. In E'…' a
 * backslash takes the next byte with it. */
static size_t behind_quoted(struct str text, size_t at, bool escapes)
{
    char quote = text.ptr[at++];
    for (; at < text.len && text.ptr[at] != quote; at++)
        at += escapes && text.ptr[at] == '\\';
    return at < text.len ? at + 1 : text.len;
}

static bool is_name_byte(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '_' || (unsigned char)byte >= 0x80;
}

static size_t behind_comment(struct str text, size_t at)
{
    int depth = 0;
    for (; at + 1 < text.len; at++) {
        if (text.ptr[at] == '/' && text.ptr[at + 1] == '*') {
            depth++;
            at++;
        } else if (text.ptr[at] == '*' && text.ptr[at + 1] == '/') {
            at++;
            if (--depth == 0)
                return at + 1;
        }
    }
    return text.len;
}

/* $tag$ … $tag$ */
static size_t behind_dollar(struct str text, size_t at)
{
    size_t end = at + 1;
    while (end < text.len && is_name_byte(text.ptr[end]))
        end++;
    if (end >= text.len || text.ptr[end] != '$')
        return at + 1;
    return behind(text, end + 1, str_sub(text, at, end + 1 - at));
}

struct str sandbox__without_end(struct str text)
{
    size_t at = 0;
    while (at < text.len && text.ptr[at] != ';') {
        char byte = text.ptr[at], next = at + 1 < text.len ? text.ptr[at + 1] : 0;
        bool after_name = at > 0 && is_name_byte(text.ptr[at - 1]);
        if (byte == '\'')
            at = behind_quoted(text, at,
                               after_name && (text.ptr[at - 1] == 'e' || text.ptr[at - 1] == 'E') &&
                                   (at < 2 || !is_name_byte(text.ptr[at - 2])));
        else if (byte == '"')
            at = behind_quoted(text, at, false);
        else if (byte == '-' && next == '-')
            at = behind(text, at, STR("\n"));
        else if (byte == '/' && next == '*')
            at = behind_comment(text, at);
        else if (byte == '$' && !after_name)
            at = behind_dollar(text, at);
        else
            at++;
    }
    return str_sub(text, 0, at);
}
