/* SPDX-License-Identifier: Apache-2.0 */
/*
 * expression: recursive descent over
 *
 *   or      = and { "OR" and }
 *   and     = not { [ "AND" ] not }
 *   not     = { "NOT" | "-" } primary
 *   primary = [ field ":" ] ( "(" or ")" | word | "phrase" | /regex/ )
 */
#include "search/expression.h"

#include <stdlib.h>
#include <string.h>

#include "search/fold.h"
#include "search/match.h"
#include "search/regex.h"

const char *search_field_name(enum search_field field)
{
    static const char *const names[] = {
#define FIELD(name, help) #name,
#include "search/fields.def"
#undef FIELD
    };
    return names[field];
}

struct parser {
    struct search_expression *expression;
    struct str text;
    size_t at;
    uint32_t fields; /* of the terms being read */
    int depth;
    struct error *error;
};

/* Counts characters, as people do. */
static enum status wrong(struct parser *parser, enum status status, size_t at, const char *what)
{
    size_t number = 1;
    for (size_t i = 0; i < at && i < parser->text.len; i++)
        number += (parser->text.ptr[i] & 0xc0) != 0x80;
    return fail(parser->error, status, "q: at character %zu: %s", number, what);
}

static bool is_space(char byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

static char peek(const struct parser *parser)
{
    return parser->at < parser->text.len ? parser->text.ptr[parser->at] : 0;
}

static bool at_end(const struct parser *parser)
{
    return parser->at >= parser->text.len;
}

static void skip_spaces(struct parser *parser)
{
    while (!at_end(parser) && is_space(peek(parser)))
        parser->at++;
}

/* Where a word that begins here ends. */
static size_t word_end(const struct parser *parser, size_t at)
{
    const struct str text = parser->text;
    while (at < text.len && !is_space(text.ptr[at]) && !memchr("()\"", text.ptr[at], 3))
        at++;
    return at;
}

static bool take_keyword(struct parser *parser, struct str keyword)
{
    struct str word = str_sub(parser->text, parser->at, word_end(parser, parser->at) - parser->at);
    if (!str_equal(word, keyword))
        return false;
    parser->at += keyword.len;
    return true;
}

static enum status add_node(struct parser *parser, struct search_node node, uint16_t *out_node)
{
    struct search_expression *expression = parser->expression;
    if (expression->node_count == SEARCH_NODES_MAX)
        return wrong(parser, STATUS_TOO_LARGE, parser->at, "the expression has too many parts");
    *out_node = (uint16_t)expression->node_count;
    expression->nodes[expression->node_count++] = node;
    return STATUS_OK;
}

/* --- terms */

static bool is_plain(struct str folded)
{
    for (size_t i = 0; i < folded.len; i++) {
        char byte = folded.ptr[i];
        if (byte < ' ' || byte > '~' || byte == '"' || byte == '\\' || byte == '/')
            return false;
    }
    return true;
}

static enum status set_literal(struct parser *parser, struct search_term *term, struct str text)
{
    struct buf folded = {0};
    search_fold(text, &folded);
    term->folded = arena_copy(&parser->expression->arena, buf_str(&folded));
    bool failed = folded.failed || !term->folded.ptr;
    buf_done(&folded);
    term->piece = search_longest_piece(term->folded);
    term->is_plain = is_plain(term->folded);
    term->shape = search_shape_of_text(term->piece, &parser->expression->arena);
    if (failed)
        return wrong(parser, STATUS_TOO_LARGE, term->offset, "there is no memory for this text");
    if (term->folded.len == 0)
        return wrong(parser, STATUS_INVALID, term->offset, "expected a text that is not empty");
    return STATUS_OK;
}

/* "[:alpha:]" at the front, within a class; 0: it is none. */
static size_t named_class_length(struct str rest)
{
    size_t end = str_find_byte(rest, ']');
    bool is_one =
        str_starts(rest, STR("[:")) && end >= 3 && end < rest.len && rest.ptr[end - 1] == ':';
    return is_one ? end + 1 : 0;
}

/* The pattern without its anchors: what it matches within a text, it matches around it too. */
static struct str without_anchors(struct str pattern, struct arena *arena)
{
    if (str_contains(pattern, STR("\\Q")))
        return STR_NONE; /* what is within is not ours to tell: rare enough */
    char *to = arena_alloc(arena, pattern.len + 1);
    size_t len = 0;
    bool in_class = false;
    for (size_t i = 0; to && i < pattern.len; i++) {
        char byte = pattern.ptr[i], after = i + 1 < pattern.len ? pattern.ptr[i + 1] : 0;
        if (byte == '\\' && after) {
            i++;
            if (!in_class && (after == 'A' || after == 'z'))
                continue;
            to[len++] = '\\';
            to[len++] = after;
            continue;
        }
        if (!in_class && (byte == '^' || byte == '$'))
            continue;
        size_t named = in_class ? named_class_length(str_sub(pattern, i, pattern.len)) : 0;
        if (named) {
            memcpy(to + len, pattern.ptr + i, named);
            len += named;
            i += named - 1;
            continue;
        }
        if (byte == '[') {
            bool opens = !in_class;
            in_class = true;
            to[len++] = byte;
            /* "[]…]" and "[^]…]": the first bracket is one of the class. */
            if (opens && after == '^')
                to[len++] = pattern.ptr[++i];
            if (opens && i + 1 < pattern.len && pattern.ptr[i + 1] == ']')
                to[len++] = pattern.ptr[++i];
            continue;
        }
        if (byte == ']')
            in_class = false;
        to[len++] = byte;
    }
    return to ? (struct str){to, len} : STR_NONE;
}

static enum status set_regex(struct parser *parser, struct search_term *term, struct str pattern)
{
    struct error why = {0};
    if (pattern.len == 0)
        return wrong(parser, STATUS_INVALID, term->offset,
                     "expected a regular expression between the slashes");
    enum status status = search_regex_new(pattern, false, &term->regex, &why);
    if (status != STATUS_OK)
        return wrong(parser, status, term->offset, why.text);
    term->pattern = arena_copy(&parser->expression->arena, pattern);
    struct str loose = without_anchors(pattern, &parser->expression->arena);
    if (!loose.ptr || search_regex_new(loose, true, &term->loose, NULL) != STATUS_OK)
        term->loose = NULL;
    term->shape = search_shape_of_regex(pattern, &parser->expression->arena);
    term->extent = search_shape_extent(pattern, &parser->expression->arena, &term->is_bounded);
    return STATUS_OK;
}

static enum status new_term(struct parser *parser, size_t offset, struct search_term **out_term,
                            uint16_t *out_node)
{
    struct search_expression *expression = parser->expression;
    if (expression->term_count == SEARCH_TERMS_MAX)
        return wrong(parser, STATUS_TOO_LARGE, offset, "there are more than 32 words and phrases");
    struct search_term *term = &expression->terms[expression->term_count];
    *term = (struct search_term){.fields = parser->fields, .offset = offset};
    *out_term = term;
    return add_node(
        parser, (struct search_node){SEARCH_TERM, (uint16_t)expression->term_count++, 0}, out_node);
}

static enum status parse_phrase(struct parser *parser, uint16_t *out_node)
{
    struct search_term *term;
    size_t start = parser->at++, len = 0;
    char *text = arena_alloc(&parser->expression->arena, parser->text.len + 1);
    for (; text && !at_end(parser) && peek(parser) != '"'; parser->at++) {
        char after = parser->at + 1 < parser->text.len ? parser->text.ptr[parser->at + 1] : 0;
        if (peek(parser) == '\\' && (after == '"' || after == '\\'))
            parser->at++;
        text[len++] = peek(parser);
    }
    if (at_end(parser))
        return wrong(parser, STATUS_INVALID, start, "expected a closing quote for this one");
    parser->at++;
    enum status status = new_term(parser, start, &term, out_node);
    if (status != STATUS_OK)
        return status;
    term->len = parser->at - start;
    return set_literal(parser, term, (struct str){text, text ? len : 0});
}

/* Where the slash stands that ends the regex: the first behind which a space, a bracket or nothing
 * comes. 0: none, so it is a word such as /api/users. */
static size_t regex_end(const struct parser *parser)
{
    const struct str text = parser->text;
    for (size_t at = parser->at + 1; at < text.len; at++) {
        char after = at + 1 < text.len ? text.ptr[at + 1] : ' ';
        if (text.ptr[at] == '\\')
            at++;
        else if (text.ptr[at] == '/' && (is_space(after) || after == ')'))
            return at;
    }
    return 0;
}

static enum status parse_regex(struct parser *parser, size_t end, uint16_t *out_node)
{
    struct search_term *term;
    size_t start = parser->at;
    struct buf pattern = {0};
    for (size_t at = start + 1; at < end; at++) {
        bool escapes_slash = parser->text.ptr[at] == '\\' && parser->text.ptr[at + 1] == '/';
        bool escapes = parser->text.ptr[at] == '\\' && !escapes_slash;
        at += escapes_slash;
        buf_add_byte(&pattern, (uint8_t)parser->text.ptr[at]);
        if (escapes && at + 1 < end)
            buf_add_byte(&pattern, (uint8_t)parser->text.ptr[++at]);
    }
    parser->at = end + 1;
    enum status status = new_term(parser, start, &term, out_node);
    if (status == STATUS_OK) {
        term->len = parser->at - start;
        status = set_regex(parser, term, buf_str(&pattern));
    }
    buf_done(&pattern);
    return status;
}

static enum status parse_word(struct parser *parser, uint16_t *out_node)
{
    struct search_term *term;
    size_t start = parser->at;
    parser->at = word_end(parser, start);
    enum status status = new_term(parser, start, &term, out_node);
    if (status != STATUS_OK)
        return status;
    term->len = parser->at - start;
    return set_literal(parser, term, str_sub(parser->text, start, term->len));
}

/* --- structure */

static enum status parse_or(struct parser *parser, uint16_t *out_node);

/* `field:` when it is one of ours; anything else with a colon is a word. */
static uint32_t take_field(struct parser *parser)
{
    struct str rest = str_sub(parser->text, parser->at, parser->text.len);
    for (int i = 0; i < SEARCH_FIELD_COUNT; i++) {
        struct str name = str_from(search_field_name((enum search_field)i));
        if (str_starts_nocase(rest, name) && rest.len > name.len && rest.ptr[name.len] == ':') {
            parser->at += name.len + 1;
            return UINT32_C(1) << i;
        }
    }
    return 0;
}

static enum status parse_primary(struct parser *parser, uint16_t *out_node)
{
    size_t start = parser->at, end;
    uint32_t outer = parser->fields, inner = take_field(parser);
    enum status status;
    if (inner)
        parser->fields = inner;
    if (at_end(parser) || is_space(peek(parser)))
        return wrong(parser, STATUS_INVALID, parser->at,
                     inner ? "expected a word, \"phrase\" or /regex/ behind the colon"
                           : "expected a word, \"phrase\", /regex/ or '('");
    if (peek(parser) == ')')
        return wrong(parser, STATUS_INVALID, parser->at,
                     "expected a word, \"phrase\", /regex/ or '(' before this ')'");
    if (peek(parser) == '(') {
        parser->at++;
        if (++parser->depth > SEARCH_DEPTH_MAX)
            return wrong(parser, STATUS_TOO_LARGE, start, "parentheses are nested too deeply");
        status = parse_or(parser, out_node);
        if (status != STATUS_OK)
            return status;
        if (peek(parser) != ')')
            return wrong(parser, STATUS_INVALID, start, "expected a ')' for this '('");
        parser->at++;
        parser->depth--;
    } else if (peek(parser) == '"') {
        status = parse_phrase(parser, out_node);
    } else if (peek(parser) == '/' && (end = regex_end(parser)) > 0) {
        status = parse_regex(parser, end, out_node);
    } else {
        status = parse_word(parser, out_node);
    }
    parser->fields = outer;
    return status;
}

/* A minus sign right before what it denies; `--option` is a word. */
static bool at_minus(const struct parser *parser)
{
    char after = parser->at + 1 < parser->text.len ? parser->text.ptr[parser->at + 1] : ' ';
    return peek(parser) == '-' && after != '-' && !is_space(after);
}

static enum status parse_not(struct parser *parser, uint16_t *out_node)
{
    bool negated = false;
    for (;;) {
        skip_spaces(parser);
        if (take_keyword(parser, STR("NOT")))
            negated = !negated;
        else if (at_minus(parser))
            negated = !negated, parser->at++;
        else
            break;
    }
    enum status status = parse_primary(parser, out_node);
    if (status == STATUS_OK && negated)
        status = add_node(parser, (struct search_node){SEARCH_NOT, *out_node, 0}, out_node);
    return status;
}

static bool next_is_or(struct parser *parser)
{
    size_t at = parser->at;
    bool is_or = take_keyword(parser, STR("OR"));
    parser->at = at;
    return is_or;
}

static enum status parse_and(struct parser *parser, uint16_t *out_node)
{
    uint16_t right;
    enum status status = parse_not(parser, out_node);
    while (status == STATUS_OK) {
        skip_spaces(parser);
        if (at_end(parser) || peek(parser) == ')' || next_is_or(parser))
            break;
        take_keyword(parser, STR("AND"));
        status = parse_not(parser, &right);
        if (status == STATUS_OK)
            status = add_node(parser, (struct search_node){SEARCH_AND, *out_node, right}, out_node);
    }
    return status;
}

static enum status parse_or(struct parser *parser, uint16_t *out_node)
{
    uint16_t right;
    enum status status = parse_and(parser, out_node);
    while (status == STATUS_OK) {
        skip_spaces(parser);
        if (!take_keyword(parser, STR("OR")))
            break;
        status = parse_and(parser, &right);
        if (status == STATUS_OK)
            status = add_node(parser, (struct search_node){SEARCH_OR, *out_node, right}, out_node);
    }
    return status;
}

/* --- a whole expression */

static struct search_expression *expression_new(void)
{
    struct search_expression *expression = calloc(1, sizeof *expression);
    if (expression)
        arena_init(&expression->arena, (size_t)SEARCH_BYTES_MAX * SEARCH_TERMS_MAX * 4);
    return expression;
}

void search_expression_free(struct search_expression *expression)
{
    if (!expression)
        return;
    for (size_t i = 0; i < expression->term_count; i++) {
        search_regex_free(expression->terms[i].regex);
        search_regex_free(expression->terms[i].loose);
    }
    arena_done(&expression->arena);
    free(expression);
}

/* Terms under an even number of NOTs. */
static uint32_t wanted_terms(const struct search_expression *expression, uint16_t at, bool wanted)
{
    const struct search_node *node = &expression->nodes[at];
    if (node->kind == SEARCH_TERM)
        return wanted ? UINT32_C(1) << node->left : 0;
    if (node->kind == SEARCH_NOT)
        return wanted_terms(expression, node->left, !wanted);
    return wanted_terms(expression, node->left, wanted) |
           wanted_terms(expression, node->right, wanted);
}

static enum status parse_all(struct parser *parser)
{
    struct str text = parser->text;
    if (text.len > SEARCH_BYTES_MAX)
        return fail(parser->error, STATUS_TOO_LARGE, "q: has %zu bytes, at most %d are allowed",
                    text.len, SEARCH_BYTES_MAX);
    enum status status = parse_or(parser, &parser->expression->root);
    if (status == STATUS_OK && !at_end(parser))
        status = wrong(parser, STATUS_INVALID, parser->at, "this ')' has no '('");
    if (status == STATUS_OK)
        parser->expression->wanted =
            wanted_terms(parser->expression, parser->expression->root, true);
    return status;
}

static enum status parse_single(struct parser *parser, bool is_regex)
{
    struct search_term *term;
    enum status status = new_term(parser, 0, &term, &parser->expression->root);
    if (status == STATUS_OK)
        status = is_regex ? set_regex(parser, term, parser->text)
                          : set_literal(parser, term, parser->text);
    parser->expression->wanted = 1;
    return status;
}

static enum status finish(struct parser *parser, enum status status,
                          struct search_expression **out_expression)
{
    if (status == STATUS_OK)
        *out_expression = parser->expression;
    else
        search_expression_free(parser->expression);
    return status;
}

enum status search_parse(struct str text, struct search_expression **out_expression,
                         struct error *error)
{
    struct parser parser = {.expression = expression_new(), .text = str_trim(text), .error = error};
    if (!parser.expression)
        return fail(error, STATUS_BUSY, "no memory for the search");
    return finish(&parser, parse_all(&parser), out_expression);
}

enum status search_single(struct str text, bool is_regex, struct search_expression **out_expression,
                          struct error *error)
{
    struct parser parser = {.expression = expression_new(), .text = text, .error = error};
    if (!parser.expression)
        return fail(error, STATUS_BUSY, "no memory for the search");
    if (text.len > SEARCH_BYTES_MAX)
        return finish(&parser,
                      fail(error, STATUS_TOO_LARGE,
                           "a text to search for has %zu bytes, at most %d are allowed", text.len,
                           SEARCH_BYTES_MAX),
                      out_expression);
    return finish(&parser, parse_single(&parser, is_regex), out_expression);
}
