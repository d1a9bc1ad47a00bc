/* SPDX-License-Identifier: Apache-2.0 */
/*
 * expression: operators, from the loosest to the tightest, one function a level. A long `and` or
 * `or` is one node.
 *
 *   or < and < not ! < = != < <= > >= like =~ in < + - < * / % < ^ < - (sign) < call ( ) .name [i]
 */
#include "language/language_private.h"

static struct expression *operation(struct parser *parser, enum operator_id operator_id,
                                    struct place word_at, struct expression *left,
                                    struct expression *right)
{
    struct expression *node = parser__new_node(parser, EXPRESSION_OPERATOR, word_at);
    size_t capacity = 0;
    if (!node || !parser__add_argument(parser, node, &capacity, left))
        return NULL;
    if (operator_id != OPERATOR_NOT && operator_id != OPERATOR_NEGATE &&
        !parser__add_argument(parser, node, &capacity, right))
        return NULL;
    node->operator_id = operator_id;
    uint32_t start = left->at.offset < word_at.offset ? left->at.offset : word_at.offset;
    return parser__finish(parser, node, start);
}

/* --- arithmetic ------------------------------------------------------------------------------ */

static struct expression *parse_sign(struct parser *parser)
{
    struct place at = parser->token.at;
    if (!parser__is_sign(parser, '-'))
        return parser__operand(parser);
    if (!parser__enter(parser))
        return NULL;
    parser__take(parser);
    struct expression *inner = parse_sign(parser);
    parser__leave(parser);
    if (!inner || parser->failed)
        return NULL;
    bool plain = inner->kind == EXPRESSION_NUMBER || inner->kind == EXPRESSION_PERIOD;
    if (!plain)
        return operation(parser, OPERATOR_NEGATE, at, inner, NULL);
    inner->number = -inner->number;
    inner->integer = -inner->integer;
    return parser__finish(parser, inner, at.offset);
}

static struct expression *parse_power(struct parser *parser)
{
    struct expression *base = parse_sign(parser);
    struct place at = parser->token.at;
    if (!base || !parser__is_sign(parser, '^') || !parser__enter(parser))
        return base;
    parser__take(parser);
    struct expression *exponent = parse_power(parser);
    parser__leave(parser);
    return exponent ? operation(parser, OPERATOR_POWER, at, base, exponent) : NULL;
}

static struct expression *parse_product(struct parser *parser)
{
    struct expression *left = parse_power(parser);
    while (left && !parser->failed) {
        struct place at = parser->token.at;
        enum operator_id operator_id;
        if (parser__is_sign(parser, '*'))
            operator_id = OPERATOR_MULTIPLY;
        else if (parser__is_sign(parser, '/'))
            operator_id = OPERATOR_DIVIDE;
        else if (parser__is_sign(parser, '%'))
            operator_id = OPERATOR_MODULO;
        else
            return left;
        parser__take(parser);
        struct expression *right = parse_power(parser);
        left = right ? operation(parser, operator_id, at, left, right) : NULL;
    }
    return left;
}

struct expression *parser__sum(struct parser *parser)
{
    struct expression *left = parse_product(parser);
    while (left && !parser->failed) {
        struct place at = parser->token.at;
        bool plus = parser__is_sign(parser, '+');
        if (!plus && !parser__is_sign(parser, '-'))
            return left;
        parser__take(parser);
        struct expression *right = parse_product(parser);
        left = right ? operation(parser, plus ? OPERATOR_ADD : OPERATOR_SUBTRACT, at, left, right)
                     : NULL;
    }
    return left;
}

/* --- comparing ------------------------------------------------------------------------------- */

static bool comparison_sign(const struct parser *parser, enum operator_id *out)
{
    static const struct {
        int sign;
        enum operator_id operator_id;
    } signs[] = {
        {'=', OPERATOR_EQUAL},
        {SIGN('!', '='), OPERATOR_NOT_EQUAL},
        {'<', OPERATOR_LESS},
        {SIGN('<', '='), OPERATOR_LESS_EQUAL},
        {'>', OPERATOR_GREATER},
        {SIGN('>', '='), OPERATOR_GREATER_EQUAL},
        {SIGN('=', '~'), OPERATOR_LIKE},
        {SIGN('!', '~'), OPERATOR_NOT_LIKE},
    };
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        if (!parser__is_sign(parser, signs[i].sign))
            continue;
        *out = signs[i].operator_id;
        return true;
    }
    return false;
}

/* Takes the operator, if there is one. */
static bool take_comparison(struct parser *parser, enum operator_id *out, struct place *out_at)
{
    uint32_t start = parser->token.at.offset;
    bool negated = false;
    if (comparison_sign(parser, out)) {
        parser__take(parser);
    } else {
        if (parser__is_word(parser, "not")) {
            negated = true;
            parser__take(parser);
        }
        if (parser__take_word(parser, "like"))
            *out = negated ? OPERATOR_NOT_LIKE : OPERATOR_LIKE;
        else if (parser__take_word(parser, "in"))
            *out = negated ? OPERATOR_NOT_IN : OPERATOR_IN;
        else if (negated)
            return parser__expected(parser, "`like` or `in` behind `not`", NULL) != NULL;
        else
            return false;
    }
    *out_at = parser__since(parser, start);
    return true;
}

static struct expression *parse_in(struct parser *parser)
{
    if (parser__is_sign(parser, '['))
        return parser__operand(parser);
    if (!parser__is_sign(parser, '('))
        return parser__expected(parser, "a list like [1, 2] or a query in parentheses", NULL);
    char first = parser__peek(parser);
    if ((first >= '0' && first <= '9') || first == '"' || first == '\'')
        return parser__expected(parser, "a list like [1, 2]", "a list stands in brackets");
    struct place at = parser->token.at;
    struct expression *node = parser__new_node(parser, EXPRESSION_SUBQUERY, at);
    struct language_query *query = parser__subquery(parser);
    if (!node || !query)
        return NULL;
    node->subquery = query;
    return parser__finish(parser, node, at.offset);
}

static struct expression *parse_right(struct parser *parser, enum operator_id operator_id)
{
    if (operator_id == OPERATOR_IN || operator_id == OPERATOR_NOT_IN)
        return parse_in(parser);
    bool like = operator_id == OPERATOR_LIKE || operator_id == OPERATOR_NOT_LIKE;
    if (!like && parser__is_word(parser, "null"))
        return parser__fail(parser, parser->token.at, NULL, "write `ispresent(field)`",
                            "nothing compares with null");
    struct expression *right = like ? parser__operand(parser) : parser__sum(parser);
    if (!right || parser->failed)
        return NULL;
    bool fits = right->kind == EXPRESSION_STRING || right->kind == EXPRESSION_REGEX;
    if (like && !fits)
        return parser__fail(parser, right->at, "a string or a /regular expression/",
                            "for two fields there is strcontains(field, part)",
                            "`like` takes what is written out");
    return right;
}

/* Operators of other languages, in a place where one of ours would go on. */
static struct expression *refuse_foreign(struct parser *parser)
{
    if (parser__is_sign(parser, SIGN('=', '=')))
        return parser__expected(parser, "an operator", "did you mean `=`?");
    if (parser__is_sign(parser, SIGN('<', '>')))
        return parser__expected(parser, "an operator", "did you mean `!=`?");
    if (parser__is_sign(parser, SIGN('&', '&')))
        return parser__expected(parser, "an operator", "did you mean `and`?");
    if (parser__is_word(parser, "is"))
        return parser__expected(parser, "an operator", "write `ispresent(field)`");
    if (parser__is_word(parser, "between"))
        return parser__expected(parser, "an operator", "write `field >= a and field <= b`");
    return NULL;
}

static struct expression *parse_comparison(struct parser *parser)
{
    struct expression *left = parser__sum(parser);
    enum operator_id operator_id;
    struct place at;
    if (!left || parser->failed)
        return NULL;
    if (!take_comparison(parser, &operator_id, &at)) {
        refuse_foreign(parser);
        return parser->failed ? NULL : left;
    }
    struct expression *right = parse_right(parser, operator_id);
    struct expression *node = right ? operation(parser, operator_id, at, left, right) : NULL;
    if (node && take_comparison(parser, &operator_id, &at))
        return parser__fail(parser, at, "`and`, `or` or the end of the condition",
                            "put parentheses around the first comparison",
                            "comparisons cannot be chained");
    return parser->failed ? NULL : node;
}

/* --- and, or, not ---------------------------------------------------------------------------- */

static struct expression *parse_not(struct parser *parser)
{
    struct place at = parser->token.at;
    if (!parser__is_word(parser, "not") && !parser__is_sign(parser, '!'))
        return parse_comparison(parser);
    if (!parser__enter(parser))
        return NULL;
    parser__take(parser);
    struct expression *inner = parse_not(parser);
    parser__leave(parser);
    return inner ? operation(parser, OPERATOR_NOT, at, inner, NULL) : NULL;
}

static struct expression *parse_chain(struct parser *parser, enum operator_id operator_id,
                                      const char *word, struct expression *(*next)(struct parser *))
{
    struct expression *first = next(parser), *node;
    struct place at = parser->token.at;
    size_t capacity = 0;
    if (!first || !parser__is_word(parser, word))
        return first;
    node = parser__new_node(parser, EXPRESSION_OPERATOR, at);
    if (!node || !parser__add_argument(parser, node, &capacity, first))
        return NULL;
    node->operator_id = operator_id;
    while (parser__take_word(parser, word))
        if (!parser__add_argument(parser, node, &capacity, next(parser)))
            return NULL;
    return parser__finish(parser, node, first->at.offset);
}

static struct expression *parse_and(struct parser *parser)
{
    return parse_chain(parser, OPERATOR_AND, "and", parse_not);
}

struct expression *parser__expression(struct parser *parser)
{
    return parse_chain(parser, OPERATOR_OR, "or", parse_and);
}
