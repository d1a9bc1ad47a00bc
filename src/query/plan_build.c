/* SPDX-License-Identifier: Apache-2.0 */
/* plan_build: nodes of expressions, and what turns a value of one type into another. */
#include <string.h>

#include "query/plan_private.h"

bool planner_failed(const struct planner *planner)
{
    return planner->status != STATUS_OK;
}

static void fail_plainly(struct planner *planner, enum status status, const char *message)
{
    if (planner_failed(planner))
        return;
    planner->status = status;
    language_fail(planner->error, planner->question->tree->text, (struct place){0, 0}, status, NULL,
                  NULL, "%s", message);
    planner->error->has_position = false;
}

struct plan_expr *expr_leaf(struct planner *planner, enum plan_op op, enum ask_type type)
{
    struct plan_expr *expr = arena_new(planner->arena, struct plan_expr);
    static _Thread_local struct plan_expr nothing;
    if (!expr) {
        nothing = (struct plan_expr){.op = OP_NULL_, .constant = true, .nodes = 1, .depth = 1};
        fail_plainly(planner, STATUS_TOO_LARGE, "the query is too large");
        return &nothing;
    }
    *expr = (struct plan_expr){.op = op,
                               .type = type,
                               .nodes = 1,
                               .depth = 1,
                               .constant = op == OP_NULL_ || op == OP_INTEGER || op == OP_NUMBER ||
                                           op == OP_TEXT || op == OP_TRUE_ || op == OP_FALSE_ ||
                                           op == OP_TRACE,
                               .journal = op == OP_JOURNAL};
    return expr;
}

static bool is_aggregate(enum plan_op op)
{
    return op >= OP_COUNT_ROWS && op <= OP_LATEST;
}

struct plan_expr *expr_make(struct planner *planner, enum plan_op op, enum ask_type type,
                            struct plan_expr *const *args, size_t count)
{
    struct plan_expr *expr = expr_leaf(planner, op, type);
    struct plan_expr **copy = arena_array(planner->arena, struct plan_expr *, count + 1);
    if (planner_failed(planner) || !copy)
        return expr_leaf(planner, OP_NULL_, type);
    expr->args = copy;
    expr->arg_count = (uint32_t)count;
    expr->constant = count > 0;
    expr->aggregate = is_aggregate(op);
    for (size_t i = 0; i < count; i++) {
        copy[i] = args[i];
        expr->nodes += args[i]->nodes;
        expr->depth = args[i]->depth >= expr->depth ? args[i]->depth + 1 : expr->depth;
        expr->constant = expr->constant && args[i]->constant;
        expr->journal = expr->journal || args[i]->journal;
        expr->aggregate = expr->aggregate || args[i]->aggregate;
    }
    if (expr->nodes > PLAN_NODES_MAX || expr->depth > PLAN_DEPTH_MAX) {
        fail_plainly(planner, STATUS_TOO_LARGE,
                     "the query's names stand for too large expressions");
        return expr_leaf(planner, OP_NULL_, type);
    }
    return expr;
}

struct plan_expr *expr_integer(struct planner *planner, int64_t number)
{
    struct plan_expr *expr = expr_leaf(planner, OP_INTEGER, ASK_INTEGER);
    if (!planner_failed(planner))
        expr->integer = number;
    return expr;
}

struct plan_expr *expr_number(struct planner *planner, double number)
{
    struct plan_expr *expr = expr_leaf(planner, OP_NUMBER, ASK_NUMBER);
    if (!planner_failed(planner))
        expr->number = number;
    return expr;
}

struct plan_expr *expr_text(struct planner *planner, struct str text)
{
    struct plan_expr *expr = expr_leaf(planner, OP_TEXT, ASK_TEXT);
    if (!planner_failed(planner))
        expr->text = text.ptr ? text : STR("");
    return expr;
}

struct plan_expr *expr_field(struct planner *planner, const struct query_field *field)
{
    bool journal = field->form == FORM_JOURNAL;
    struct plan_expr *expr = expr_leaf(planner, journal ? OP_JOURNAL : OP_FIELD, field->type);
    if (planner_failed(planner))
        return expr;
    expr->field = field;
    expr->text = str_from(field->name);
    expr->form = journal ? FORM_PLAIN : field->form;
    if (journal && field->type == ASK_TEXT) {
        expr->type = ASK_ANY; /* what a lookup gives is dynamic */
        return EXPR(planner, OP_ANY_STRING, ASK_TEXT, expr);
    }
    return expr;
}

/* --- conversions --------------------------------------------------------------------------- */

bool expr_is_number(const struct plan_expr *expr)
{
    return expr->type == ASK_INTEGER || expr->type == ASK_NUMBER;
}

struct plan_expr *as_shown(struct planner *planner, struct plan_expr *expr)
{
    return expr->form == FORM_PLAIN ? expr : EXPR(planner, OP_SHOW, ASK_TEXT, expr);
}

struct plan_expr *as_number(struct planner *planner, struct plan_expr *expr)
{
    expr = as_shown(planner, expr);
    switch (expr->type) {
    case ASK_INTEGER:
    case ASK_NUMBER:
        return expr;
    case ASK_TIME:
        return EXPR(planner, OP_TIME_MS, ASK_NUMBER, expr);
    case ASK_BOOLEAN:
        return EXPR(planner, OP_BOOLEAN_INTEGER, ASK_INTEGER, expr);
    case ASK_TEXT:
        return EXPR(planner, OP_TEXT_NUMBER, ASK_NUMBER, expr);
    default:
        return EXPR(planner, OP_ANY_NUMBER, ASK_NUMBER, expr);
    }
}

struct plan_expr *as_double(struct planner *planner, struct plan_expr *expr)
{
    expr = as_number(planner, expr);
    if (expr->op == OP_INTEGER)
        return expr_number(planner, (double)expr->integer);
    return expr->type == ASK_INTEGER ? EXPR(planner, OP_TO_DOUBLE, ASK_NUMBER, expr) : expr;
}

struct plan_expr *as_integer(struct planner *planner, struct plan_expr *expr)
{
    expr = as_shown(planner, expr);
    if (expr->type == ASK_ANY || expr->type == ASK_TEXT)
        return EXPR(planner, OP_ANY_INTEGER, ASK_INTEGER, expr);
    expr = as_number(planner, expr);
    return expr->type == ASK_INTEGER ? expr : EXPR(planner, OP_TO_BIGINT, ASK_INTEGER, expr);
}

struct plan_expr *as_text(struct planner *planner, struct plan_expr *expr)
{
    expr = as_shown(planner, expr);
    switch (expr->type) {
    case ASK_TEXT:
        return expr;
    case ASK_INTEGER:
        return EXPR(planner, OP_INTEGER_TEXT, ASK_TEXT, expr);
    case ASK_NUMBER:
        return EXPR(planner, OP_NUMBER_TEXT, ASK_TEXT, expr);
    case ASK_TIME:
        return EXPR(planner, OP_TIME_TEXT, ASK_TEXT, expr);
    case ASK_BOOLEAN:
        return EXPR(planner, OP_INTEGER_TEXT, ASK_TEXT,
                    EXPR(planner, OP_BOOLEAN_INTEGER, ASK_INTEGER, expr));
    default:
        return EXPR(planner, OP_ANY_STRING, ASK_TEXT, expr);
    }
}

struct plan_expr *as_any(struct planner *planner, struct plan_expr *expr)
{
    expr = as_shown(planner, expr);
    switch (expr->type) {
    case ASK_ANY:
        return expr;
    case ASK_INTEGER:
        return EXPR(planner, OP_INTEGER_ANY, ASK_ANY, expr);
    case ASK_NUMBER:
        return EXPR(planner, OP_NUMBER_ANY, ASK_ANY, expr);
    case ASK_BOOLEAN:
        return EXPR(planner, OP_INTEGER_ANY, ASK_ANY,
                    EXPR(planner, OP_BOOLEAN_INTEGER, ASK_INTEGER, expr));
    default:
        return EXPR(planner, OP_TEXT_ANY, ASK_ANY, as_text(planner, expr));
    }
}

/* Never null. */
static bool is_sure(const struct plan_expr *expr)
{
    switch (expr->op) {
    case OP_SURE:
    case OP_PRESENT:
    case OP_NAME_PRESENT:
    case OP_TRUE_:
    case OP_FALSE_:
    case OP_EMPTY:
    case OP_BLANK:
    case OP_FIELD:
        return true;
    case OP_AND:
    case OP_OR:
    case OP_NOT:
        for (uint32_t i = 0; i < expr->arg_count; i++)
            if (!is_sure(expr->args[i]))
                return false;
        return true;
    default:
        return false;
    }
}

struct plan_expr *as_boolean(struct planner *planner, struct plan_expr *expr)
{
    expr = as_shown(planner, expr);
    if (expr->type == ASK_BOOLEAN)
        return is_sure(expr) ? expr : EXPR(planner, OP_SURE, ASK_BOOLEAN, expr);
    if (expr->type == ASK_ANY || expr->type == ASK_TEXT)
        return EXPR(planner, OP_SURE, ASK_BOOLEAN, EXPR(planner, OP_ANY_TRUE, ASK_BOOLEAN, expr));
    return EXPR(planner, OP_SURE, ASK_BOOLEAN,
                EXPR(planner, OP_NOT_ZERO, ASK_BOOLEAN, as_number(planner, expr)));
}

struct plan_expr *as_time(struct planner *planner, struct plan_expr *expr)
{
    expr = as_shown(planner, expr);
    if (expr->type == ASK_TIME)
        return expr;
    if (expr->type == ASK_TEXT || expr->type == ASK_ANY)
        return EXPR(planner, OP_ANY_TIME, ASK_TIME, as_any(planner, expr));
    return EXPR(planner, OP_MS_TIME, ASK_TIME, as_double(planner, expr));
}

struct plan_expr *as_present(struct planner *planner, struct plan_expr *expr)
{
    if (expr->form == FORM_NAME && expr->op == OP_FIELD)
        return EXPR(planner, OP_NAME_PRESENT, ASK_BOOLEAN, expr);
    return EXPR(planner, OP_PRESENT, ASK_BOOLEAN, expr);
}

struct plan_expr *as_key(struct planner *planner, struct plan_expr *expr)
{
    return expr->type == ASK_ANY && expr->op != OP_ANY_KEY
               ? EXPR(planner, OP_ANY_KEY, ASK_ANY, expr)
               : as_value(planner, expr);
}

struct plan_expr *as_value(struct planner *planner, struct plan_expr *expr)
{
    if (expr->form != FORM_NAME || expr->op == OP_NAME_VALUE || expr->op == OP_COLUMN)
        return expr;
    struct plan_expr *value = EXPR(planner, OP_NAME_VALUE, ASK_TEXT, expr);
    value->form = FORM_NAME;
    return value;
}

struct plan_expr *as_sort(struct planner *planner, struct plan_expr *expr)
{
    expr = as_shown(planner, expr);
    return expr->type == ASK_TEXT || expr->type == ASK_ANY
               ? EXPR(planner, OP_SORT_KEY, ASK_ANY, expr)
               : expr;
}
