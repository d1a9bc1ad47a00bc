/* SPDX-License-Identifier: Apache-2.0 */
/* plan_expression: a tree of the language -> typed expressions: literals, names, logic, arithmetic.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "query/plan_private.h"

enum { WHOLE_DEPTH_MAX = 30 }; /* of + and - that stay exact in 128 bits */

void *planner_fail(struct planner *planner, struct place at, const char *expected,
                   const char *suggestion, const char *format, ...)
{
    char message[400];
    va_list args;
    if (planner_failed(planner))
        return expr_leaf(planner, OP_NULL_, ASK_ANY);
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    planner->status = language_fail(planner->error, planner->question->tree->text, at,
                                    STATUS_INVALID, expected, suggestion, "%s", message);
    return expr_leaf(planner, OP_NULL_, ASK_ANY);
}

void planner_warn(struct planner *planner, const char *format, ...)
{
    char message[400];
    va_list args;
    struct plan *plan = planner->plan;
    if (plan->warning_count == ASK_WARNINGS_MAX)
        return;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    struct str text = arena_copy(planner->arena, str_from(message));
    for (size_t i = 0; i < plan->warning_count; i++)
        if (str_equal(plan->warnings[i], text))
            return;
    if (text.ptr)
        plan->warnings[plan->warning_count++] = text;
}

/* The engine compiles it: what it says of a wrong one is said at its place. */
bool plan_regex_check(struct planner *planner, struct str regex, struct place at)
{
    struct sql sql = {0};
    struct store_rows *rows;
    struct error error = {0};
    sql_add(&sql, "SELECT regexp_matches('', ");
    sql_text(&sql, regex);
    sql_add(&sql, ")");
    if (sql_run(&sql, planner->question->query, NULL, &rows, &error) == STATUS_OK) {
        store_rows_free(rows);
        return true;
    }
    const char *why = strstr(error.text, "Error: ");
    planner_fail(planner, at, "a regular expression (RE2: no look-around, no back references)",
                 NULL, "the regular expression is wrong: %s", why ? why + 7 : error.text);
    return false;
}

static struct plan_expr *logic(struct planner *planner, const struct expression *tree,
                               enum plan_op op)
{
    struct plan_expr **args = arena_array(planner->arena, struct plan_expr *, tree->argument_count);
    if (!args)
        return expr_leaf(planner, OP_FALSE_, ASK_BOOLEAN);
    for (size_t i = 0; i < tree->argument_count; i++)
        args[i] = as_boolean(planner, plan_expression(planner, tree->arguments[i]));
    return expr_make(planner, op, ASK_BOOLEAN, args, tree->argument_count);
}

static struct plan_expr *plan_operand(struct planner *planner, const struct expression *tree)
{
    return tree->kind == EXPRESSION_PERIOD
               ? expr_number(planner, tree->number * (double)period_unit_ns(tree->unit) / 1e6)
               : plan_expression(planner, tree);
}

/* Attributes are whole numbers or not, row by row: sums of them keep every digit. */
static struct plan_expr *add_any(struct planner *planner, struct plan_expr *left,
                                 struct plan_expr *right, bool add)
{
    bool dynamic = left->type == ASK_ANY || right->type == ASK_ANY;
    bool exact = (left->type == ASK_ANY || left->type == ASK_INTEGER) &&
                 (right->type == ASK_ANY || right->type == ASK_INTEGER);
    if (!dynamic || !exact || left->form != FORM_PLAIN || right->form != FORM_PLAIN)
        return NULL;
    return EXPR(planner, OP_ANY_ADD, ASK_ANY, as_any(planner, left), as_any(planner, right),
                expr_integer(planner, add ? 1 : -1));
}

static struct plan_expr *arithmetic(struct planner *planner, const struct expression *tree)
{
    bool add = tree->operator_id == OPERATOR_ADD, whole;
    struct plan_expr *left = plan_operand(planner, tree->arguments[0]);
    struct plan_expr *right = plan_operand(planner, tree->arguments[1]), *sum = NULL;
    if (add || tree->operator_id == OPERATOR_SUBTRACT)
        sum = add_any(planner, left, right, add);
    if (sum)
        return sum;
    left = as_number(planner, left);
    right = as_number(planner, right);
    switch (tree->operator_id) {
    case OPERATOR_ADD:
    case OPERATOR_SUBTRACT:
        whole = left->type == ASK_INTEGER && right->type == ASK_INTEGER &&
                left->depth < WHOLE_DEPTH_MAX && right->depth < WHOLE_DEPTH_MAX;
        if (whole)
            return EXPR(planner, add ? OP_ADD_WHOLE : OP_SUBTRACT_WHOLE, ASK_INTEGER, left, right);
        return EXPR(planner, add ? OP_ADD : OP_SUBTRACT, ASK_NUMBER, as_double(planner, left),
                    as_double(planner, right));
    case OPERATOR_MULTIPLY:
    case OPERATOR_DIVIDE:
    case OPERATOR_MODULO:
    default: {
        static const enum plan_op ops[OPERATOR_END] = {[OPERATOR_MULTIPLY] = OP_MULTIPLY,
                                                       [OPERATOR_DIVIDE] = OP_DIVIDE,
                                                       [OPERATOR_MODULO] = OP_MODULO,
                                                       [OPERATOR_POWER] = OP_POWER};
        return EXPR(planner, ops[tree->operator_id], ASK_NUMBER, as_double(planner, left),
                    as_double(planner, right));
    }
    }
}

static struct plan_expr *plan_operator(struct planner *planner, const struct expression *tree)
{
    switch (tree->operator_id) {
    case OPERATOR_OR:
        return logic(planner, tree, OP_OR);
    case OPERATOR_AND:
        return logic(planner, tree, OP_AND);
    case OPERATOR_NOT:
        return logic(planner, tree, OP_NOT);
    case OPERATOR_NEGATE:
        return EXPR(planner, OP_NEGATE, ASK_NUMBER,
                    as_double(planner, plan_expression(planner, tree->arguments[0])));
    case OPERATOR_ADD:
    case OPERATOR_SUBTRACT:
    case OPERATOR_MULTIPLY:
    case OPERATOR_DIVIDE:
    case OPERATOR_MODULO:
    case OPERATOR_POWER:
        return arithmetic(planner, tree);
    default:
        return plan_comparison(planner, tree);
    }
}

static struct plan_expr *plan_index(struct planner *planner, const struct expression *tree)
{
    struct plan_expr *index = plan_expression(planner, tree->arguments[1]);
    return EXPR(planner, OP_GET, ASK_ANY,
                as_any(planner, plan_expression(planner, tree->arguments[0])),
                as_text(planner, index));
}

/* [a, b] as a value. */
static struct plan_expr *plan_list(struct planner *planner, const struct expression *tree)
{
    return planner_fail(planner, tree->at, "a value", NULL, "a list only stands behind `in`");
}

struct plan_expr *plan_expression(struct planner *planner, const struct expression *tree)
{
    if (planner_failed(planner))
        return expr_leaf(planner, OP_NULL_, ASK_ANY);
    switch (tree->kind) {
    case EXPRESSION_NUMBER:
        return tree->is_integer ? expr_integer(planner, tree->integer)
                                : expr_number(planner, tree->number);
    case EXPRESSION_STRING:
    case EXPRESSION_REGEX:
        return expr_text(planner, tree->text);
    case EXPRESSION_BOOLEAN:
        return expr_leaf(planner, tree->integer ? OP_TRUE_ : OP_FALSE_, ASK_BOOLEAN);
    case EXPRESSION_PERIOD:
        return plan_operand(planner, tree);
    case EXPRESSION_FIELD:
        return scope_find(planner, tree->text, tree->at);
    case EXPRESSION_LIST:
        return plan_list(planner, tree);
    case EXPRESSION_CALL:
        return function_words[tree->function].aggregate ? plan_aggregate(planner, tree)
                                                        : plan_call(planner, tree);
    case EXPRESSION_OPERATOR:
        return plan_operator(planner, tree);
    case EXPRESSION_MEMBER:
        return EXPR(planner, OP_GET, ASK_ANY,
                    as_any(planner, plan_expression(planner, tree->arguments[0])),
                    expr_text(planner, tree->text));
    case EXPRESSION_INDEX:
        return plan_index(planner, tree);
    default:
        return planner_fail(planner, tree->at, "a value", NULL, "this is no value");
    }
}
