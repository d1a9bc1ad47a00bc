/* SPDX-License-Identifier: Apache-2.0 */
/*
 * operand: values, names, lists and calls, and what stands behind them: .name [i]. Also how a node
 * is made: a depth is counted wherever a node or a function could nest, so nobody who walks a tree
 * can run out of stack.
 */
#include "language/language_private.h"

#include <string.h>

static void *too_deep(struct parser *parser, struct place at)
{
    return parser__fail_status(parser, STATUS_INVALID, at,
                               "the expression is nested deeper than %d levels",
                               LANGUAGE_DEPTH_MAX);
}

bool parser__enter(struct parser *parser)
{
    if (++parser->depth > LANGUAGE_DEPTH_MAX)
        too_deep(parser, parser->token.at);
    return !parser->failed;
}

void parser__leave(struct parser *parser)
{
    parser->depth--;
}

/* --- nodes ----------------------------------------------------------------------------------- */

struct expression *parser__new_node(struct parser *parser, enum expression_kind kind,
                                    struct place at)
{
    struct expression *node = parser->failed ? NULL : arena_new(parser->arena, struct expression);
    if (!node)
        return parser__full(parser);
    node->kind = kind;
    node->at = node->word_at = at;
    node->depth = 1;
    return node;
}

/* Knows its text, and its arguments' depth and aggregates. NULL when the parser has failed. */
struct expression *parser__finish(struct parser *parser, struct expression *node, uint32_t start)
{
    if (parser->failed || !node)
        return NULL;
    node->at = parser__since(parser, start);
    node->source_text = parser__source(parser, node->at);
    for (size_t i = 0; i < node->argument_count; i++) {
        const struct expression *argument = node->arguments[i];
        if (argument->depth >= node->depth)
            node->depth = argument->depth + 1;
        node->has_aggregate |= argument->has_aggregate;
    }
    if (node->kind == EXPRESSION_CALL)
        node->has_aggregate |= function_words[node->function].aggregate;
    return node->depth > LANGUAGE_DEPTH_MAX ? too_deep(parser, node->at) : node;
}

bool parser__add_argument(struct parser *parser, struct expression *node, size_t *capacity,
                          struct expression *argument)
{
    if (!argument || parser->failed)
        return false;
    if (!arena_grow(parser->arena, &node->arguments, node->argument_count, capacity))
        return parser__full(parser) != NULL;
    node->arguments[node->argument_count++] = argument;
    return true;
}

/* --- leaves ---------------------------------------------------------------------------------- */

static struct expression *take_leaf(struct parser *parser, enum expression_kind kind)
{
    struct token token = parser->token;
    struct expression *node = parser__new_node(parser, kind, token.at);
    if (!node)
        return NULL;
    node->text = token.text;
    node->number = token.number;
    node->integer = token.integer;
    node->is_integer = token.is_integer;
    node->unit = token.unit;
    parser__take(parser);
    return parser__finish(parser, node, token.at.offset);
}

static bool is_reserved(const struct parser *parser)
{
    static const char *const words[] = {"and", "or", "not", "in", "like", "as", "by"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (parser__is_word(parser, words[i]))
            return true;
    return false;
}

bool parser__is_field(const struct parser *parser)
{
    if (parser->token.kind == TOKEN_QUOTED)
        return true;
    return parser->token.kind == TOKEN_WORD && !is_reserved(parser) && parser__peek(parser) != '(';
}

static struct expression *name_too_long(struct parser *parser, struct place at)
{
    return parser__fail_status(parser, STATUS_INVALID, at, "a name has at most %d bytes",
                               LANGUAGE_NAME_MAX);
}

/* name.part: what stands between dots may be in backticks; all is one name. */
static struct expression *join_name(struct parser *parser, struct expression *field,
                                    struct str part)
{
    if (!field || parser->failed)
        return NULL;
    if (field->text.len + part.len >= LANGUAGE_NAME_MAX)
        return name_too_long(parser, field->at);
    field->text = arena_printf(parser->arena, "%.*s.%.*s", STR_ARGS(field->text), STR_ARGS(part));
    return field->text.ptr ? parser__finish(parser, field, field->at.offset) : parser__full(parser);
}

static struct expression *parse_field(struct parser *parser)
{
    struct place at = parser->token.at;
    if (parser->token.kind == TOKEN_QUOTED && parser->token.text.len == 0)
        return parser__fail(parser, at, "a name", NULL, "there is no name between the backticks");
    if (parser->token.text.len > LANGUAGE_NAME_MAX)
        return name_too_long(parser, at);
    return take_leaf(parser, EXPRESSION_FIELD);
}

static bool is_url(const struct parser *parser)
{
    struct place at = parser->token.at;
    return parser->token.kind == TOKEN_WORD &&
           str_starts(str_sub(parser->text, at.offset + at.length, 3), STR("://"));
}

static struct expression *parse_list(struct parser *parser)
{
    uint32_t start = parser->token.at.offset;
    struct expression *list = parser__new_node(parser, EXPRESSION_LIST, parser->token.at);
    size_t capacity = 0;
    parser__take(parser);
    while (!parser->failed && !parser__is_sign(parser, ']')) {
        if (list->argument_count == LANGUAGE_LIST_MAX)
            return parser__fail_status(parser, STATUS_INVALID, parser->token.at,
                                       "a list has at most %d items", LANGUAGE_LIST_MAX);
        if (!parser__add_argument(parser, list, &capacity, parser__sum(parser)))
            return NULL;
        if (!parser__take_sign(parser, ',') && !parser__is_sign(parser, ']'))
            return parser__expected(parser, "`,` or `]`", NULL);
    }
    parser__take(parser);
    return parser__finish(parser, list, start);
}

/* --- calls ----------------------------------------------------------------------------------- */

static struct expression *parse_argument(struct parser *parser)
{
    struct token star = parser->token;
    if (!parser__is_sign(parser, '*'))
        return parser__expression(parser);
    struct expression *node = parser__new_node(parser, EXPRESSION_STAR, star.at);
    parser__take(parser);
    return parser__finish(parser, node, star.at.offset);
}

static struct expression *parse_call(struct parser *parser)
{
    struct token word = parser->token;
    struct expression *call = parser__new_node(parser, EXPRESSION_CALL, word.at);
    char shown[64], advice[100];
    size_t capacity = 0;
    if (!call)
        return NULL;
    if (!language_find_function(word.text, &call->function))
        return parser__fail(parser, word.at, "a function",
                            words__suggest_function(word.text, advice), "no function `%s`",
                            parser__show(word.text, shown));
    parser__take(parser);
    parser__take(parser); /* ( */
    while (!parser->failed && !parser__is_sign(parser, ')')) {
        if (call->argument_count == LANGUAGE_ARGUMENTS_MAX)
            return parser__fail_status(parser, STATUS_INVALID, parser->token.at,
                                       "a call has at most %d arguments", LANGUAGE_ARGUMENTS_MAX);
        if (!parser__add_argument(parser, call, &capacity, parse_argument(parser)))
            return NULL;
        if (parser__is_sign(parser, ')'))
            break;
        if (!parser__take_sign(parser, ','))
            return parser__expected(parser, "`,` or `)`", NULL);
        if (parser__is_sign(parser, ')'))
            return parser__expected(parser, "an argument", NULL);
    }
    parser__take(parser);
    call = parser__finish(parser, call, word.at.offset);
    if (call)
        call->word_at = word.at;
    return call && parser__check_call(parser, call) ? call : NULL;
}

static struct expression *parse_group(struct parser *parser)
{
    uint32_t start = parser->token.at.offset;
    parser__take(parser);
    struct expression *inner = parser__expression(parser);
    if (!inner || parser->failed)
        return NULL;
    if (!parser__take_sign(parser, ')'))
        return parser__expected(parser, "`)`", NULL);
    struct place word_at = inner->word_at;
    inner = parser__finish(parser, inner, start);
    if (inner)
        inner->word_at = word_at;
    return inner;
}

static struct expression *fail_operand(struct parser *parser)
{
    if (parser__is_sign(parser, '*'))
        return parser__expected(parser, "a value", "`*` stands only in count(*)");
    if (is_reserved(parser))
        return parser__expected(parser, "a value",
                                "a field with the name of a keyword needs backticks");
    return parser__expected(parser, "a value", NULL);
}

static struct expression *parse_primary(struct parser *parser)
{
    switch (parser->token.kind) {
    case TOKEN_NUMBER:
        return take_leaf(parser, EXPRESSION_NUMBER);
    case TOKEN_PERIOD:
        return take_leaf(parser, EXPRESSION_PERIOD);
    case TOKEN_STRING:
        return take_leaf(parser, EXPRESSION_STRING);
    case TOKEN_QUOTED:
        return parse_field(parser);
    case TOKEN_SIGN:
        if (parser__is_sign(parser, '('))
            return parse_group(parser);
        if (parser__is_sign(parser, '['))
            return parse_list(parser);
        if (parser__is_sign(parser, '/')) {
            parser__read_regex(parser);
            return parser->failed ? NULL : take_leaf(parser, EXPRESSION_REGEX);
        }
        return fail_operand(parser);
    case TOKEN_WORD:
        break;
    default:
        return fail_operand(parser);
    }
    if (is_reserved(parser))
        return fail_operand(parser);
    if (is_url(parser)) {
        parser__read_bare(parser);
        return take_leaf(parser, EXPRESSION_STRING);
    }
    bool boolean = parser__is_word(parser, "true") || parser__is_word(parser, "false");
    if (!boolean)
        return parser__peek(parser) == '(' ? parse_call(parser) : parse_field(parser);
    bool truth = parser__is_word(parser, "true");
    struct expression *node = take_leaf(parser, EXPRESSION_BOOLEAN);
    if (node)
        node->integer = truth, node->number = truth, node->is_integer = true;
    return node;
}

/* --- behind a value: .name [i] --------------------------------------------------------------- */

static struct expression *parse_member(struct parser *parser, struct expression *of)
{
    parser__take(parser);
    parser__read_name(parser);
    struct token name = parser->token;
    if (name.kind != TOKEN_WORD && name.kind != TOKEN_QUOTED)
        return parser__expected(parser, "a name behind the dot", NULL);
    if (name.text.len > LANGUAGE_NAME_MAX)
        return name_too_long(parser, name.at);
    parser__take(parser);
    if (of->kind == EXPRESSION_FIELD)
        return join_name(parser, of, name.text);
    struct expression *node = parser__new_node(parser, EXPRESSION_MEMBER, name.at);
    size_t capacity = 0;
    if (!node || !parser__add_argument(parser, node, &capacity, of))
        return NULL;
    node->text = name.text;
    node = parser__finish(parser, node, of->at.offset);
    if (node)
        node->word_at = name.at;
    return node;
}

static struct expression *parse_index(struct parser *parser, struct expression *of)
{
    parser__take(parser);
    struct expression *index = parser__sum(parser), *node;
    size_t capacity = 0;
    if (!index || parser->failed)
        return NULL;
    if (!parser__take_sign(parser, ']'))
        return parser__expected(parser, "`]`", NULL);
    bool constant = index->kind == EXPRESSION_NUMBER;
    if (constant && (!index->is_integer || index->integer < 0))
        return parser__fail(parser, index->at, "a whole number from 0", NULL,
                            "%.*s is no place in a list", STR_ARGS(index->source_text));
    if (constant && of->kind == EXPRESSION_FIELD)
        return join_name(parser, of,
                         arena_printf(parser->arena, "%lld", (long long)index->integer));
    node = parser__new_node(parser, EXPRESSION_INDEX, of->at);
    if (!node || !parser__add_argument(parser, node, &capacity, of) ||
        !parser__add_argument(parser, node, &capacity, index))
        return NULL;
    return parser__finish(parser, node, of->at.offset);
}

static bool has_members(const struct expression *node)
{
    return node->kind == EXPRESSION_FIELD || node->kind == EXPRESSION_CALL ||
           node->kind == EXPRESSION_MEMBER || node->kind == EXPRESSION_INDEX;
}

struct expression *parser__operand(struct parser *parser)
{
    if (!parser__enter(parser))
        return NULL;
    struct expression *node = parse_primary(parser);
    while (node && !parser->failed && has_members(node)) {
        if (parser__is_sign(parser, '.'))
            node = parse_member(parser, node);
        else if (parser__is_sign(parser, '['))
            node = parse_index(parser, node);
        else
            break;
    }
    parser__leave(parser);
    return parser->failed ? NULL : node;
}

struct expression *parser__period(struct parser *parser)
{
    if (parser->token.kind != TOKEN_PERIOD)
        return parser__expected(parser, "a period like 5m", NULL);
    return take_leaf(parser, EXPRESSION_PERIOD);
}

struct word parser__name(struct parser *parser, const char *what)
{
    parser__read_name(parser);
    struct word name = {parser->token.text, parser->token.at};
    if (parser->token.kind != TOKEN_WORD && parser->token.kind != TOKEN_QUOTED) {
        parser__expected(parser, what,
                         parser->token.kind == TOKEN_STRING ? "names stand in backticks: `name`"
                                                            : NULL);
        return (struct word){0};
    }
    if (name.text.len == 0)
        parser__fail(parser, name.at, what, NULL, "there is no name between the backticks");
    else if (name.text.len > LANGUAGE_NAME_MAX)
        name_too_long(parser, name.at);
    parser__take(parser);
    return name;
}
