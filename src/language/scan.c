/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scan: characters -> tokens. A slash is a sign until someone who expects an operand has it read as
 * a regex; a number with letters behind is a period. `#` starts a comment; a backslash and a letter
 * outside of strings, which copied queries have instead of line ends, is white space.
 */
#include "language/language_private.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Every character beyond ASCII is a letter, but for typographic spaces and punctuation. */
static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '@' ||
           (unsigned char)c >= 0x80;
}

static char at(const struct parser *parser, size_t offset)
{
    return offset < parser->text.len ? parser->text.ptr[offset] : 0;
}

static bool starts(const struct parser *parser, size_t offset, const char *bytes)
{
    return str_starts(str_sub(parser->text, offset, 4), str_from(bytes));
}

/* U+2010…U+205F: dashes, quotes, bullets; and U+00A0, U+FEFF, which look like nothing. */
static size_t odd_character(const struct parser *parser, size_t offset)
{
    if (starts(parser, offset, "\xC2\xA0"))
        return 2;
    if (starts(parser, offset, "\xE2\x80") || starts(parser, offset, "\xE2\x81") ||
        starts(parser, offset, "\xEF\xBB\xBF"))
        return 3;
    return 0;
}

static size_t blank_length(const struct parser *parser, size_t offset)
{
    char c = at(parser, offset);
    if (offset >= parser->text.len)
        return 0;
    if (c == ' ' || (c >= '\t' && c <= '\r'))
        return 1;
    if (c == '\\' && memchr("nrt", at(parser, offset + 1), 3))
        return 2;
    if (c == '#') {
        size_t end = str_find_byte(str_sub(parser->text, offset, parser->text.len), '\n');
        return end;
    }
    if (starts(parser, offset, "\xC2\xA0"))
        return 2;
    return starts(parser, offset, "\xEF\xBB\xBF") ? 3 : 0;
}

static size_t skip_blanks(const struct parser *parser, size_t offset)
{
    for (size_t length; (length = blank_length(parser, offset)) > 0;)
        offset += length;
    return offset;
}

char parser__peek(const struct parser *parser)
{
    const struct place *token = &parser->token.at;
    return at(parser, skip_blanks(parser, token->offset + token->length));
}

/* --- pieces ---------------------------------------------------------------------------------- */

static size_t word_end(const struct parser *parser, size_t offset)
{
    for (;; offset++) {
        char c = at(parser, offset), next = at(parser, offset + 1);
        bool inner_dot = c == '.' && (is_letter(next) || is_digit(next));
        if (!is_letter(c) && !is_digit(c) && !inner_dot)
            return offset;
        if (odd_character(parser, offset))
            return offset;
    }
}

static void set(struct parser *parser, enum token_kind kind, size_t start, size_t end)
{
    parser->token = (struct token){
        .kind = kind,
        .at = {(uint32_t)start, (uint32_t)(end - start)},
        .text = str_sub(parser->text, start, end - start),
    };
}

/* Backslash escapes. One that is not known stays as it is: patterns are full of them. */
static struct str unescape(struct parser *parser, struct str raw, char quote)
{
    if (str_find_byte(raw, '\\') == raw.len)
        return raw;
    char *out = arena_alloc(parser->arena, raw.len + 1);
    size_t len = 0;
    if (!out) {
        parser__full(parser);
        return STR_NONE;
    }
    for (size_t i = 0; i < raw.len; i++) {
        char c = raw.ptr[i], next = i + 1 < raw.len ? raw.ptr[i + 1] : 0;
        if (c != '\\' || !next) {
            out[len++] = c;
            continue;
        }
        i++;
        if (quote == '`' ? next == '`' : next == '"' || next == '\'' || next == '\\')
            out[len++] = next;
        else if (quote != '`' && (next == 'n' || next == 't' || next == 'r'))
            out[len++] = next == 'n' ? '\n' : next == 't' ? '\t' : '\r';
        else
            out[len++] = c, out[len++] = next;
    }
    return (struct str){out, len};
}

static void read_quoted(struct parser *parser, size_t start)
{
    char quote = at(parser, start);
    size_t end = start + 1;
    while (end < parser->text.len && at(parser, end) != quote)
        end += at(parser, end) == '\\' && end + 1 < parser->text.len ? 2 : 1;
    if (end >= parser->text.len) {
        const char *what = quote == '`' ? "name" : "string";
        char expected[40];
        snprintf(expected, sizeof expected, "a closing %c", quote);
        parser__fail(parser, (struct place){(uint32_t)start, (uint32_t)(parser->text.len - start)},
                     expected, NULL, "this %s is not closed", what);
        return;
    }
    struct str raw = str_sub(parser->text, start + 1, end - start - 1);
    struct str text = unescape(parser, raw, quote);
    if (parser->failed)
        return;
    set(parser, quote == '`' ? TOKEN_QUOTED : TOKEN_STRING, start, end + 1);
    parser->token.text = text;
}

static size_t digits_end(const struct parser *parser, size_t offset)
{
    while (is_digit(at(parser, offset)))
        offset++;
    return offset;
}

static size_t number_end(const struct parser *parser, size_t start)
{
    size_t end = digits_end(parser, start);
    if (at(parser, end) == '.' && is_digit(at(parser, end + 1)))
        end = digits_end(parser, end + 1);
    char e = at(parser, end), sign = at(parser, end + 1);
    if (e == 'e' || e == 'E') {
        size_t digits = end + (sign == '+' || sign == '-' ? 2 : 1);
        if (is_digit(at(parser, digits)))
            end = digits_end(parser, digits);
    }
    return end;
}

/* 5m, 1.5s; and what people write without the quotes it needs. */
static void read_number(struct parser *parser, size_t start)
{
    size_t digits = number_end(parser, start), end = word_end(parser, digits);
    struct str number = str_sub(parser->text, start, digits - start);
    char shown[64];
    set(parser, TOKEN_NUMBER, start, end);
    struct token *token = &parser->token;
    token->is_integer = str_to_i64(number, &token->integer);
    if (!str_to_double(number, &token->number) || !isfinite(token->number)) {
        parser__fail(parser, token->at, "a number", NULL, "%s is too large for a number",
                     parser__show(number, shown));
        return;
    }
    if (end == digits)
        return;
    token->kind = TOKEN_PERIOD;
    if (words__find_unit(str_sub(parser->text, digits, end - digits), &token->unit))
        return;
    token->kind = TOKEN_BAD;
}

static void read_sign(struct parser *parser, size_t start)
{
    static const char pairs[][3] = {"!=", "<=", ">=", "=~", "!~", "==", "<>", "&&"};
    char c = at(parser, start);
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        if (c == pairs[i][0] && at(parser, start + 1) == pairs[i][1]) {
            set(parser, TOKEN_SIGN, start, start + 2);
            parser->token.sign = SIGN(pairs[i][0], pairs[i][1]);
            return;
        }
    }
    set(parser, TOKEN_SIGN, start, start + 1);
    parser->token.sign = c;
    if (c && strchr("|()[],.:+-*/%^!=<>", c))
        return;
    parser->token.kind = TOKEN_END;
    if (c < ' ' || c == 0x7F)
        parser__fail(parser, parser->token.at, NULL, NULL,
                     "a control character (code %d) cannot stand here", c);
    else
        parser__fail(parser, parser->token.at, NULL,
                     c == ';' ? "commands are separated by |" : "a name with it needs backticks",
                     "`%c` has no meaning here", c);
}

static void refuse_odd(struct parser *parser, size_t start, size_t length)
{
    bool quote = at(parser, start + 2) >= '\x98' && at(parser, start + 2) <= '\x9F';
    parser__fail(parser, (struct place){(uint32_t)start, (uint32_t)length}, NULL,
                 quote ? "use the straight quotes ' and \"" : "use the plain character",
                 "`%.*s` is a typographic character", (int)length, parser->text.ptr + start);
}

/* --- tokens ---------------------------------------------------------------------------------- */

static void note_blank(struct parser *parser, size_t start, size_t end)
{
    if (start == end || (end == start + 1 && at(parser, start) == ' '))
        return;
    if (!arena_grow(parser->arena, &parser->blanks, parser->blank_count, &parser->blank_capacity)) {
        parser__full(parser);
        return;
    }
    parser->blanks[parser->blank_count++] =
        (struct place){(uint32_t)start, (uint32_t)(end - start)};
}

static void read_token(struct parser *parser, size_t offset)
{
    size_t start = skip_blanks(parser, offset), odd;
    note_blank(parser, offset, start);
    if (parser->failed)
        return;
    char c = at(parser, start);
    if (start >= parser->text.len)
        set(parser, TOKEN_END, parser->text.len, parser->text.len);
    else if ((odd = odd_character(parser, start)) > 0)
        refuse_odd(parser, start, odd);
    else if (is_letter(c))
        set(parser, TOKEN_WORD, start, word_end(parser, start));
    else if (is_digit(c) || (c == '.' && is_digit(at(parser, start + 1))))
        read_number(parser, start);
    else if (c == '"' || c == '\'' || c == '`')
        read_quoted(parser, start);
    else
        read_sign(parser, start);
}

void parser__start(struct parser *parser)
{
    read_token(parser, 0);
}

void parser__take(struct parser *parser)
{
    if (parser->failed || (parser->token.kind == TOKEN_END))
        return;
    parser->end = parser->token.at.offset + parser->token.at.length;
    read_token(parser, parser->end);
}

void parser__read_regex(struct parser *parser)
{
    size_t start = parser->token.at.offset, end = start + 1, in_class = 0;
    for (; end < parser->text.len; end++) {
        char c = at(parser, end);
        if (c == '\\')
            end++;
        else if (c == '[' && !in_class)
            in_class = end + (at(parser, end + 1) == '^');
        else if (c == ']' && in_class && end > in_class + 1)
            in_class = 0;
        else if (c == '/' && !in_class)
            break;
    }
    if (end >= parser->text.len) {
        parser__fail(parser, (struct place){(uint32_t)start, (uint32_t)(parser->text.len - start)},
                     "a closing /", NULL, "this regular expression is not closed");
        return;
    }
    char *out = arena_alloc(parser->arena, end - start);
    size_t len = 0;
    if (!out) {
        parser__full(parser);
        return;
    }
    for (size_t i = start + 1; i < end; i++) {
        if (at(parser, i) == '\\' && at(parser, i + 1) != '/')
            out[len++] = at(parser, i++);
        else if (at(parser, i) == '\\')
            i++;
        out[len++] = at(parser, i);
    }
    set(parser, TOKEN_REGEX, start, end + 1);
    parser->token.text = (struct str){out, len};
}

void parser__read_name(struct parser *parser)
{
    size_t start = parser->token.at.offset;
    if (is_letter(at(parser, start)) || is_digit(at(parser, start)))
        set(parser, TOKEN_WORD, start, word_end(parser, start));
}

void parser__read_bare(struct parser *parser)
{
    size_t start = parser->token.at.offset, end = start;
    while (end < parser->text.len && !blank_length(parser, end) && !strchr("|),", at(parser, end)))
        end++;
    set(parser, TOKEN_STRING, start, end);
}

/* --- asking ---------------------------------------------------------------------------------- */

bool parser__is_sign(const struct parser *parser, int sign)
{
    return parser->token.kind == TOKEN_SIGN && parser->token.sign == sign;
}

bool parser__is_word(const struct parser *parser, const char *word)
{
    return parser->token.kind == TOKEN_WORD && str_equal_nocase(parser->token.text, str_from(word));
}

bool parser__take_sign(struct parser *parser, int sign)
{
    bool is = parser__is_sign(parser, sign);
    if (is)
        parser__take(parser);
    return is;
}

bool parser__take_word(struct parser *parser, const char *word)
{
    bool is = parser__is_word(parser, word);
    if (is)
        parser__take(parser);
    return is;
}

struct place parser__since(const struct parser *parser, uint32_t offset)
{
    return (struct place){offset, parser->end > offset ? parser->end - offset : 0};
}

struct str parser__source(struct parser *parser, struct place place)
{
    struct str slice = str_sub(parser->text, place.offset, place.length);
    size_t first = parser->blank_count, end = place.offset + place.length;
    while (first > 0 && parser->blanks[first - 1].offset >= place.offset)
        first--;
    while (first < parser->blank_count && parser->blanks[first].offset < place.offset)
        first++;
    if (first == parser->blank_count || parser->blanks[first].offset >= end)
        return slice;
    char *out = arena_alloc(parser->arena, slice.len + 1);
    size_t len = 0, from = place.offset;
    if (!out) {
        parser__full(parser);
        return STR_NONE;
    }
    for (size_t i = first; i < parser->blank_count && parser->blanks[i].offset < end; i++) {
        size_t piece = parser->blanks[i].offset - from;
        memcpy(out + len, parser->text.ptr + from, piece);
        len += piece;
        out[len++] = ' ';
        from = parser->blanks[i].offset + parser->blanks[i].length;
    }
    memcpy(out + len, parser->text.ptr + from, end > from ? end - from : 0);
    len += end > from ? end - from : 0;
    return (struct str){out, len};
}
