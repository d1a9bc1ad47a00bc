/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan_rollups: whether rollups can answer a plan, and from which of their times to which.
 *
 * A row of the rollups stands for so many spans that agree in their label, their time and whether
 * they failed. So what is asked must be made of these alone, and times only of periods that are
 * whole steps of a resolution. What lies in front of the first whole period and behind the last one
 * is read from the spans. Sums of tokens and money are not asked of them: the rollups know those of
 * billed spans only, and nothing of spans without any.
 *
 * Rollups outlive spans, minutes are not kept for ever, and labels that are too many are one. The
 * statement itself asks for that, at the moment at which it runs (plan_duckdb_source.c).
 */
#include <string.h>

#include "base/clock.h"
#include "query/plan_private.h"
#include "query/sql.h"

enum { MINUTE_S = 60, HOUR_S = 3600, DAY_S = 86400, UNITS_LEAST = 12 };

struct finder {
    int64_t step_ns; /* that divides every period asked for; 0: there is none */
};

static bool is_dimension(const struct query_field *field)
{
    static const char *const names[] = {"kind",     "op",      "status",      "error_kind",
                                        "is_error", "is_root", "model",       "provider",
                                        "service",  "prompt",  "environment", "schemaType"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(field->name, names[i]))
            return true;
    return false;
}

static int64_t common_step(int64_t a, int64_t b)
{
    while (b) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static bool is_whole_period(struct finder *finder, const struct plan_expr *expr)
{
    const struct plan_expr *time = expr->args[0], *period = expr->args[1];
    if (time->op != OP_FIELD || strcmp(time->field->name, "@timestamp") != 0 ||
        period->op != OP_INTEGER || period->integer <= 0)
        return false;
    finder->step_ns = common_step(period->integer, finder->step_ns);
    return finder->step_ns % (MINUTE_S * NS_PER_SEC) == 0;
}

/* Added up in any order and times any number, whole numbers stay exact. */
static bool is_whole(const struct plan_expr *expr)
{
    return expr->type == ASK_INTEGER ||
           (expr->op == OP_TO_DOUBLE && expr->args[0]->type == ASK_INTEGER);
}

static bool is_known(struct finder *finder, const struct plan_expr *expr)
{
    switch (expr->op) {
    case OP_FIELD:
        return is_dimension(expr->field);
    case OP_FLOOR_NS:
        if (is_whole_period(finder, expr))
            return true;
        break;
    case OP_RAW:
    case OP_COLUMN:
    case OP_JOURNAL:
    case OP_LOOKUP:
    case OP_ITEM:
    case OP_ITEM_NUMBER:
    case OP_ROW_ITEM:
    case OP_ROW_NUMBER:
    case OP_SUM_NEAREST:
    case OP_QUANTILE:
    case OP_DEVIATION:
    case OP_VARIANCE:
    case OP_HISTOGRAM:
        return false;
    case OP_SUM:
    case OP_AVERAGE:
        if (!is_whole(expr->args[0]))
            return false;
        break;
    default:
        break;
    }
    for (uint32_t i = 0; i < expr->arg_count; i++)
        if (!is_known(finder, expr->args[i]))
            return false;
    return true;
}

static bool are_known(struct finder *finder, const struct plan_exprs *exprs)
{
    for (size_t i = 0; i < exprs->count; i++)
        if (!is_known(finder, exprs->items[i]))
            return false;
    return true;
}

/* The whole periods of `unit_s` in the range. False: too few to be worth it. */
static bool cut(struct plan *plan, int64_t resolution_s, int64_t unit_s)
{
    int64_t unit_ns = unit_s * NS_PER_SEC;
    int64_t from_ns = plan->range.from_ns < 0 ? 0 : plan->range.from_ns;
    int64_t from = from_ns / unit_ns + (from_ns % unit_ns != 0), to = plan->range.to_ns / unit_ns;
    if (to - from < UNITS_LEAST)
        return false;
    plan->rollup.resolution_s = resolution_s;
    plan->rollup.from_s = from * unit_s;
    plan->rollup.to_s = to * unit_s;
    return true;
}

bool plan_use_rollups(struct plan *plan)
{
    const struct plan_block *block = plan->top;
    struct finder finder = {0};
    while (block->below)
        block = block->below;
    if (plan->source != SOURCE_SPANS || block->from != FROM_SOURCE || !block->grouped ||
        block->paths.count || block->dedup.count || block->unnested || block->sorts.count ||
        plan->range.to_ns <= plan->range.from_ns)
        return false;
    if (!are_known(&finder, &block->columns) || !are_known(&finder, &block->where))
        return false;
    int64_t step_s = finder.step_ns / NS_PER_SEC;
    plan->rollup.step_s = step_s ? step_s : INT64_MAX / NS_PER_SEC; /* all times are one */
    if (step_s % DAY_S == 0 && cut(plan, DAY_S, DAY_S))
        return true;
    if (step_s % HOUR_S == 0)
        return cut(plan, HOUR_S, HOUR_S);
    return cut(plan, MINUTE_S, HOUR_S);
}
