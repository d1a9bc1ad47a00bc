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

enum { MINUTE_S = 60, HOUR_S = 3600, DAY_S = 86400, HOURS_LEAST = 12 };

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

static int64_t round_up(int64_t number, int64_t unit)
{
    return (number / unit + (number % unit != 0)) * unit;
}

/* The whole hours of the range, of them the whole days. False: too few to be worth it. */
static bool cut(struct plan_rollup *rollup, struct time_range range, int64_t step_s)
{
    int64_t from_s =
        round_up(range.from_ns < 0 ? 0 : range.from_ns, HOUR_S * NS_PER_SEC) / NS_PER_SEC;
    int64_t to_s = range.to_ns / NS_PER_SEC / HOUR_S * HOUR_S;
    if (to_s - from_s < HOURS_LEAST * HOUR_S)
        return false;
    *rollup = (struct plan_rollup){
        .resolution_s = step_s % HOUR_S == 0 ? HOUR_S : MINUTE_S,
        .step_s = step_s ? step_s : INT64_MAX / NS_PER_SEC, /* all times are one */
        .from_s = from_s,
        .to_s = to_s,
        .days_from_s = to_s,
        .days_to_s = to_s,
    };
    if (step_s % DAY_S == 0 && to_s / DAY_S * DAY_S > round_up(from_s, DAY_S)) {
        rollup->days_from_s = round_up(from_s, DAY_S);
        rollup->days_to_s = to_s / DAY_S * DAY_S;
    }
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
    return cut(&plan->rollup, plan->range, finder.step_ns / NS_PER_SEC);
}
