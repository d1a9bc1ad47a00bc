/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan_compare: comparisons, `like` and `in`. What the index keeps as numbers is compared as
 * numbers: the text is looked up once. A comparison with something absent is null, which is not
 * true wherever it is used (as_boolean()).
 */
#include <string.h>

#include "base/clock.h"
#include "query/plan_private.h"

enum { COMPARED_MAX = 20 }; /* values of a list that are compared one by one */

static struct plan_expr *never(struct planner *planner)
{
    return expr_leaf(planner, OP_FALSE_, ASK_BOOLEAN);
}

/* --- a value written out against what the index keeps ------------------------------------------
 */

static struct plan_expr *equal_words(struct planner *planner, struct plan_expr *expr,
                                     struct str word, bool equal)
{
    struct plan_expr *args[FORM_WORDS_MAX + 1] = {expr};
    size_t count = 1;
    for (size_t i = 0; i < form_words(expr->form); i++)
        if (form_word(expr->form, (int64_t)i) &&
            str_equal(str_from(form_word(expr->form, (int64_t)i)), word))
            args[count++] = expr_integer(planner, (int64_t)i);
    if (count == 1)
        return equal ? never(planner) : as_present(planner, expr);
    struct plan_expr *in = expr_make(planner, OP_IN, ASK_BOOLEAN, args, count);
    return equal ? in : EXPR(planner, OP_NOT, ASK_BOOLEAN, in);
}

static int64_t half_of(const uint8_t *bytes)
{
    return id_half(bytes);
}

/* NULL: no id spells like this. */
static struct plan_expr *constant_id(struct planner *planner, enum field_form form, struct str text)
{
    uint8_t id[TRACE_ID_BYTES];
    if (form == FORM_SPAN_ID)
        return str_hex_decode(text, id, SPAN_ID_BYTES) ? expr_integer(planner, half_of(id)) : NULL;
    if (form == FORM_NAME)
        return expr_integer(planner, store_name_id(planner->question->query->store, text));
    if (!str_hex_decode(text, id, TRACE_ID_BYTES))
        return NULL;
    struct plan_expr *trace = expr_leaf(planner, OP_TRACE, ASK_TEXT);
    trace->integer = half_of(id);
    trace->second = half_of(id + 8);
    return trace;
}

static struct plan_expr *equal_kept(struct planner *planner, struct plan_expr *expr,
                                    struct str text, bool equal)
{
    if (form_words(expr->form))
        return equal_words(planner, expr, text, equal);
    struct plan_expr *id = constant_id(planner, expr->form, text);
    if (!id)
        return equal ? never(planner) : as_present(planner, expr);
    if (equal && expr->form == FORM_NAME && expr->op == OP_FIELD)
        return EXPR(
            planner, OP_CASE, ASK_BOOLEAN, as_present(planner, expr),
            EXPR(planner, OP_SURE, ASK_BOOLEAN, EXPR(planner, OP_EQUAL, ASK_BOOLEAN, expr, id)),
            expr_leaf(planner, OP_NULL_, ASK_BOOLEAN));
    if (equal)
        return EXPR(planner, OP_EQUAL, ASK_BOOLEAN, expr, id);
    return EXPR(planner, OP_NOT_EQUAL, ASK_BOOLEAN, as_key(planner, expr), id);
}

/* --- two values ---------------------------------------------------------------------------- */

static enum plan_op op_of(enum operator_id operator_id)
{
    switch (operator_id) {
    case OPERATOR_EQUAL:
        return OP_EQUAL;
    case OPERATOR_NOT_EQUAL:
        return OP_NOT_EQUAL;
    case OPERATOR_LESS:
        return OP_LESS;
    case OPERATOR_LESS_EQUAL:
        return OP_LESS_EQUAL;
    case OPERATOR_GREATER:
        return OP_GREATER;
    default:
        return OP_GREATER_EQUAL;
    }
}

static enum plan_op mirrored(enum plan_op op)
{
    switch (op) {
    case OP_LESS:
        return OP_GREATER;
    case OP_LESS_EQUAL:
        return OP_GREATER_EQUAL;
    case OP_GREATER:
        return OP_LESS;
    case OP_GREATER_EQUAL:
        return OP_LESS_EQUAL;
    default:
        return op;
    }
}

static bool is_equality(enum plan_op op)
{
    return op == OP_EQUAL || op == OP_NOT_EQUAL;
}

static bool is_numeric(const struct plan_expr *expr)
{
    return expr_is_number(expr) || expr->type == ASK_BOOLEAN;
}

/* As a double, too. */
static bool is_exact(int64_t number)
{
    return number > -(INT64_C(1) << 53) && number < INT64_C(1) << 53;
}

/* Yes or no against 1 or 0 is itself or its opposite. NULL: it is no such comparison. */
static struct plan_expr *compare_yes(struct planner *planner, enum plan_op op,
                                     struct plan_expr *left, const struct plan_expr *right)
{
    if (left->type != ASK_BOOLEAN || right->op != OP_INTEGER || !is_equality(op) ||
        (right->integer != 0 && right->integer != 1))
        return NULL;
    bool itself = (right->integer == 1) == (op == OP_EQUAL);
    return itself ? left : EXPR(planner, OP_NOT, ASK_BOOLEAN, left);
}

static bool is_text_constant(const struct plan_expr *expr)
{
    return expr->op == OP_TEXT;
}

/* A time against a text, a number by its magnitude, or milliseconds. */
static struct plan_expr *compare_time(struct planner *planner, enum plan_op op,
                                      struct plan_expr *time, struct plan_expr *other,
                                      struct place at)
{
    int64_t ns;
    if (is_text_constant(other)) {
        if (!clock_parse(other->text, &ns))
            return planner_fail(
                planner, at, "a time such as 2026-01-31T12:00:00Z", NULL, "'%.*s' is not a time",
                (int)(other->text.len > 60 ? 60 : other->text.len), other->text.ptr);
        return EXPR(planner, op, ASK_BOOLEAN, time, expr_integer(planner, ns));
    }
    if (other->op == OP_INTEGER && clock_from_number((double)other->integer, &ns)) {
        /* Beyond 2^53 it can only be nanoseconds, every one of which counts. */
        if (other->integer > INT64_C(1) << 53)
            ns = other->integer;
        return EXPR(planner, op, ASK_BOOLEAN, time, expr_integer(planner, ns));
    }
    if (other->type == ASK_TIME)
        return EXPR(planner, op, ASK_BOOLEAN, time, other);
    if (other->type == ASK_ANY || other->type == ASK_TEXT)
        return EXPR(planner, op, ASK_BOOLEAN, time, as_time(planner, other));
    return EXPR(planner, op, ASK_BOOLEAN, as_double(planner, time), as_double(planner, other));
}

static struct plan_expr *compare_any(struct planner *planner, enum plan_op op,
                                     struct plan_expr *left, struct plan_expr *right)
{
    left = as_any(planner, left);
    right = as_any(planner, right);
    if (op == OP_LESS || op == OP_GREATER)
        return op == OP_LESS ? EXPR(planner, OP_ANY_LESS, ASK_BOOLEAN, left, right)
                             : EXPR(planner, OP_ANY_LESS, ASK_BOOLEAN, right, left);
    if (op == OP_LESS_EQUAL || op == OP_GREATER_EQUAL)
        return op == OP_LESS_EQUAL ? EXPR(planner, OP_ANY_LESS_EQUAL, ASK_BOOLEAN, left, right)
                                   : EXPR(planner, OP_ANY_LESS_EQUAL, ASK_BOOLEAN, right, left);
    return EXPR(planner, op == OP_EQUAL ? OP_ANY_EQUAL : OP_ANY_DIFFERS, ASK_BOOLEAN, left, right);
}

static struct plan_expr *compare(struct planner *planner, enum plan_op op, struct plan_expr *left,
                                 struct plan_expr *right, struct place at)
{
    if (left->op == OP_NULL_ || right->op == OP_NULL_)
        return never(planner);
    if (left->constant && !right->constant)
        return compare(planner, mirrored(op), right, left, at);
    if (left->form != FORM_PLAIN && is_text_constant(right) && is_equality(op))
        return equal_kept(planner, left, right->text, op == OP_EQUAL);
    if (left->form != FORM_PLAIN && left->form == right->form && is_equality(op))
        return EXPR(planner, op, ASK_BOOLEAN, as_key(planner, left), as_key(planner, right));
    left = as_shown(planner, left);
    right = as_shown(planner, right);
    if (left->type == ASK_TIME)
        return compare_time(planner, op, left, right, at);
    if (right->type == ASK_TIME)
        return compare_time(planner, mirrored(op), right, left, at);
    struct plan_expr *yes = compare_yes(planner, op, left, right);
    if (yes)
        return yes;
    if (is_numeric(left) && is_numeric(right)) {
        bool whole = left->type == ASK_INTEGER && right->type == ASK_INTEGER;
        return whole ? EXPR(planner, op, ASK_BOOLEAN, left, right)
                     : EXPR(planner, op, ASK_BOOLEAN, as_double(planner, left),
                            as_double(planner, right));
    }
    bool huge = right->op == OP_INTEGER && !is_exact(right->integer);
    if ((is_numeric(left) || is_numeric(right)) && op != OP_NOT_EQUAL && !huge)
        return EXPR(planner, op, ASK_BOOLEAN, as_double(planner, left), as_double(planner, right));
    if (left->type == ASK_TEXT && right->type == ASK_TEXT && is_equality(op))
        return EXPR(planner, op, ASK_BOOLEAN, left, right);
    return compare_any(planner, op, left, right);
}

/* --- like ---------------------------------------------------------------------------------- */

static struct plan_expr *searched(struct planner *planner, struct plan_expr *expr)
{
    expr = as_shown(planner, expr);
    return expr->type == ASK_ANY ? EXPR(planner, OP_ANY_TEXT, ASK_TEXT, expr)
                                 : as_text(planner, expr);
}

static struct plan_expr *plan_like(struct planner *planner, const struct expression *tree)
{
    const struct expression *pattern = tree->arguments[1];
    bool is_regex = pattern->kind == EXPRESSION_REGEX, not = tree->operator_id == OPERATOR_NOT_LIKE;
    struct plan_expr *left = plan_expression(planner, tree->arguments[0]), *found;
    struct plan_expr *right = is_regex ? expr_text(planner, pattern->text)
                                       : as_text(planner, plan_expression(planner, pattern));
    if (is_regex && !plan_regex_check(planner, pattern->text, pattern->at))
        return never(planner);
    if (left->form == FORM_NAME && right->constant) {
        found =
            EXPR(planner, is_regex ? OP_NAME_MATCHES : OP_NAME_CONTAINS, ASK_BOOLEAN, left, right);
        found = as_boolean(planner, found);
        found = not ? EXPR(planner, OP_NOT, ASK_BOOLEAN, found) : found;
        return EXPR(planner, OP_CASE, ASK_BOOLEAN, as_present(planner, left), found,
                    expr_leaf(planner, OP_NULL_, ASK_BOOLEAN));
    }
    found = EXPR(planner, is_regex ? OP_MATCHES : OP_CONTAINS, ASK_BOOLEAN, searched(planner, left),
                 right);
    return not ? EXPR(planner, OP_NOT, ASK_BOOLEAN, found) : found;
}

/* --- in ------------------------------------------------------------------------------------ */

static bool all_texts(const struct expression *list)
{
    for (size_t i = 0; i < list->argument_count; i++)
        if (list->arguments[i]->kind != EXPRESSION_STRING)
            return false;
    return true;
}

/* One look-up in a set, where every item is a text and the left side is one, or a name's id. */
static struct plan_expr *in_set(struct planner *planner, struct plan_expr *left,
                                const struct expression *list)
{
    struct plan_expr **args =
        arena_array(planner->arena, struct plan_expr *, list->argument_count + 1);
    if (!args)
        return never(planner);
    args[0] = as_key(planner, left);
    for (size_t i = 0; i < list->argument_count; i++)
        args[i + 1] = left->form == FORM_NAME
                          ? constant_id(planner, FORM_NAME, list->arguments[i]->text)
                          : expr_text(planner, list->arguments[i]->text);
    return expr_make(planner, OP_IN, ASK_BOOLEAN, args, list->argument_count + 1);
}

/* A look-up in a set of any values: as groups tell them apart. */
static struct plan_expr *in_keys(struct planner *planner, struct plan_expr *left,
                                 const struct expression *list)
{
    size_t count = list->argument_count;
    struct plan_expr **args = arena_array(planner->arena, struct plan_expr *, count + 1);
    if (!args)
        return never(planner);
    args[0] = as_key(planner, as_any(planner, left));
    for (size_t i = 0; i < count; i++)
        args[i + 1] =
            as_key(planner, as_any(planner, plan_expression(planner, list->arguments[i])));
    return expr_make(planner, OP_IN, ASK_BOOLEAN, args, count + 1);
}

/* What the query between the parentheses answers. */
static const struct expression *values_of(struct planner *planner, const struct expression *tree)
{
    const struct plan_question *question = planner->question;
    struct expression *list = NULL;
    if (!question->subquery) {
        planner_fail(planner, tree->at, NULL, NULL, "a query inside a query cannot hold another");
        return tree;
    }
    enum status status =
        question->subquery(question->context, tree->subquery, &list, planner->error);
    if (status != STATUS_OK)
        planner->status = status;
    return list;
}

static struct plan_expr *plan_in(struct planner *planner, const struct expression *tree)
{
    const struct expression *list = tree->arguments[1];
    struct plan_expr *left = plan_expression(planner, tree->arguments[0]), *found;
    bool kept = left->form == FORM_NAME || (left->form == FORM_PLAIN && left->type == ASK_TEXT);
    if (list->kind == EXPRESSION_SUBQUERY)
        list = values_of(planner, list);
    if (planner_failed(planner))
        return never(planner);
    if (list->argument_count == 0) {
        found = never(planner);
    } else if (kept && all_texts(list)) {
        found = in_set(planner, left, list);
    } else if (list->argument_count > COMPARED_MAX) {
        found = in_keys(planner, left, list);
    } else {
        struct plan_expr **args =
            arena_array(planner->arena, struct plan_expr *, list->argument_count);
        for (size_t i = 0; args && i < list->argument_count; i++)
            args[i] = compare(planner, OP_EQUAL, left, plan_expression(planner, list->arguments[i]),
                              list->arguments[i]->at);
        found = args ? expr_make(planner, OP_OR, ASK_BOOLEAN, args, list->argument_count)
                     : never(planner);
    }
    bool not = tree->operator_id == OPERATOR_NOT_IN;
    if (!not &&found->op == OP_IN)
        return found;
    /* Of nothing, neither `in` nor `not in` is true; of all else, one of them is. */
    found = as_boolean(planner, found);
    if (not )
        found = EXPR(planner, OP_NOT, ASK_BOOLEAN, found);
    found = EXPR(planner, OP_CASE, ASK_BOOLEAN, as_present(planner, left), found,
                 expr_leaf(planner, OP_NULL_, ASK_BOOLEAN));
    return found;
}

/* --- periods ------------------------------------------------------------------------------- */

/* In the unit of what it is compared with: nanoseconds, else milliseconds. */
static struct plan_expr *period_for(struct planner *planner, const struct expression *period,
                                    const struct plan_expr *other)
{
    double ns = period->number * (double)period_unit_ns(period->unit);
    bool is_ns = other->field && !strcmp(other->field->unit, "ns");
    return expr_number(planner, is_ns ? ns : ns / 1e6);
}

struct plan_expr *plan_comparison(struct planner *planner, const struct expression *tree)
{
    const struct expression *left_tree = tree->arguments[0], *right_tree = tree->arguments[1];
    switch (tree->operator_id) {
    case OPERATOR_LIKE:
    case OPERATOR_NOT_LIKE:
        return plan_like(planner, tree);
    case OPERATOR_IN:
    case OPERATOR_NOT_IN:
        return plan_in(planner, tree);
    default:
        break;
    }
    struct plan_expr *left = plan_expression(planner, left_tree);
    struct plan_expr *right = right_tree->kind == EXPRESSION_PERIOD
                                  ? period_for(planner, right_tree, left)
                                  : plan_expression(planner, right_tree);
    if (left_tree->kind == EXPRESSION_PERIOD)
        left = period_for(planner, left_tree, right);
    return compare(planner, op_of(tree->operator_id), left, right, right_tree->at);
}
