/* SPDX-License-Identifier: Apache-2.0 */
/* plan_aggregates: what the functions of stats are made of. */
#include "query/plan_private.h"

static struct plan_expr *operand(struct planner *planner, const struct expression *tree)
{
    return tree->argument_count ? plan_expression(planner, tree->arguments[0])
                                : expr_leaf(planner, OP_NULL_, ASK_ANY);
}

/* Of numbers, and of texts that spell one; whole numbers keep all their digits. */
static struct plan_expr *extreme(struct planner *planner, struct plan_expr *value, enum plan_op op)
{
    value = as_shown(planner, value);
    if (expr_is_number(value) || value->type == ASK_TIME)
        return EXPR(planner, op, value->type, value);
    if (value->type == ASK_BOOLEAN)
        return EXPR(planner, op, ASK_INTEGER, as_number(planner, value));
    value = as_any(planner, value);
    return EXPR(planner, op == OP_MINIMUM ? OP_EARLIEST : OP_LATEST, ASK_ANY,
                EXPR(planner, OP_ANY_NUMERIC, ASK_ANY, value),
                EXPR(planner, OP_NUMBER_KEY, ASK_ANY, value));
}

/* The value of the row that comes first or last by something else. */
static struct plan_expr *by_other(struct planner *planner, struct plan_expr *value,
                                  struct plan_expr *order, enum plan_op op)
{
    value = as_value(planner, value);
    struct plan_expr *expr = EXPR(planner, op, value->type, value, order);
    expr->form = value->form;
    return expr;
}

static struct plan_expr *quantile(struct planner *planner, const struct expression *tree,
                                  double percent)
{
    if (!(percent >= 0 && percent <= 100))
        return planner_fail(planner, tree->arguments[1]->at, "0 to 100", NULL,
                            "there is no such percentile");
    return EXPR(planner, OP_QUANTILE, ASK_NUMBER, as_double(planner, operand(planner, tree)),
                expr_number(planner, percent / 100));
}

static struct plan_expr *count(struct planner *planner, const struct expression *tree)
{
    if (tree->argument_count == 0 || tree->arguments[0]->kind == EXPRESSION_STAR)
        return expr_make(planner, OP_COUNT_ROWS, ASK_INTEGER, NULL, 0);
    return EXPR(planner, OP_COUNT, ASK_INTEGER,
                as_key(planner, plan_expression(planner, tree->arguments[0])));
}

static struct plan_expr *aggregate(struct planner *planner, const struct expression *tree)
{
    struct plan_expr *value;
    switch (tree->function) {
    case FUNCTION_COUNT:
        return count(planner, tree);
    case FUNCTION_COUNT_DISTINCT:
        return EXPR(planner, OP_COUNT_DISTINCT, ASK_INTEGER,
                    as_key(planner, operand(planner, tree)));
    case FUNCTION_SUM:
        value = as_number(planner, operand(planner, tree));
        if (value->op == OP_ANY_NUMBER || value->op == OP_TEXT_NUMBER)
            return EXPR(planner, OP_SUM_NEAREST, ASK_NUMBER, value);
        return EXPR(planner, OP_SUM, value->type, value);
    case FUNCTION_AVG:
        return EXPR(planner, OP_AVERAGE, ASK_NUMBER, as_double(planner, operand(planner, tree)));
    case FUNCTION_MIN:
        return extreme(planner, operand(planner, tree), OP_MINIMUM);
    case FUNCTION_MAX:
        return extreme(planner, operand(planner, tree), OP_MAXIMUM);
    case FUNCTION_PCT:
        return quantile(planner, tree, tree->arguments[1]->number);
    case FUNCTION_MEDIAN:
        return quantile(planner, tree, 50);
    case FUNCTION_STDDEV:
        return EXPR(planner, OP_DEVIATION, ASK_NUMBER, as_double(planner, operand(planner, tree)));
    case FUNCTION_VARIANCE:
        return EXPR(planner, OP_VARIANCE, ASK_NUMBER, as_double(planner, operand(planner, tree)));
    case FUNCTION_HISTOGRAM:
        return EXPR(planner, OP_HISTOGRAM, ASK_ANY, as_any(planner, operand(planner, tree)),
                    expr_integer(planner, tree->arguments[1]->integer));
    case FUNCTION_COLLECT_VALUES:
        return EXPR(planner, OP_VALUES, ASK_ANY,
                    as_key(planner, as_any(planner, operand(planner, tree))));
    case FUNCTION_EARLIEST:
    case FUNCTION_LATEST:
        return by_other(planner, operand(planner, tree),
                        scope_find(planner, STR("@timestamp"), tree->word_at),
                        tree->function == FUNCTION_EARLIEST ? OP_EARLIEST : OP_LATEST);
    case FUNCTION_SORTS_FIRST:
    case FUNCTION_SORTS_LAST:
        value = operand(planner, tree);
        return by_other(planner, value, as_sort(planner, value),
                        tree->function == FUNCTION_SORTS_FIRST ? OP_EARLIEST : OP_LATEST);
    default:
        return planner_fail(planner, tree->word_at, NULL, NULL, "%s is not executed here yet",
                            function_words[tree->function].name);
    }
}

struct plan_expr *plan_aggregate(struct planner *planner, const struct expression *tree)
{
    if (!planner->in_stats || planner->in_aggregate)
        return planner_fail(planner, tree->word_at, NULL, NULL, "%s only stands in stats",
                            function_words[tree->function].name);
    planner->in_aggregate = true;
    struct plan_expr *expr = aggregate(planner, tree);
    planner->in_aggregate = false;
    return expr;
}
