/* SPDX-License-Identifier: Apache-2.0 */
/* plan_calls: what each function of the language is made of. */
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "query/plan_private.h"
#include "search/expression.h"

struct call_of {
    struct planner *planner;
    const struct expression *tree;
};

static struct plan_expr *arg(const struct call_of *call, size_t n)
{
    return n < call->tree->argument_count ? plan_expression(call->planner, call->tree->arguments[n])
                                          : expr_leaf(call->planner, OP_NULL_, ASK_ANY);
}

static bool has(const struct call_of *call, size_t n)
{
    return n < call->tree->argument_count;
}

static struct plan_expr *text(const struct call_of *call, size_t n)
{
    return as_text(call->planner, arg(call, n));
}

static struct plan_expr *number(const struct call_of *call, size_t n)
{
    return as_double(call->planner, arg(call, n));
}

static struct plan_expr *any(const struct call_of *call, size_t n)
{
    return as_any(call->planner, arg(call, n));
}

/* --- one row of the table below: argument letters and the operation ----------------------------
 */

struct simple {
    enum plan_op op;
    enum ask_type type;
    const char *args; /* t text, n number, a anything, m time, i integer; 0 … 9: that constant */
    bool ready;
};

static const struct simple simples[FUNCTION_END] = {
    [FUNCTION_ABS] = {OP_ABS, ASK_NUMBER, "n", true},
    [FUNCTION_CEIL] = {OP_CEIL, ASK_NUMBER, "n", true},
    [FUNCTION_FLOOR] = {OP_FLOOR, ASK_NUMBER, "n", true},
    [FUNCTION_LOG] = {OP_LOG, ASK_NUMBER, "n", true},
    [FUNCTION_SQRT] = {OP_SQRT, ASK_NUMBER, "n", true},
    [FUNCTION_HAVERSINE] = {OP_HAVERSINE, ASK_NUMBER, "nnnn", true},
    [FUNCTION_MESSAGE_SIZE] = {OP_BYTES, ASK_INTEGER, "x", true},
    [FUNCTION_JSON_PARSE] = {OP_JSON_PARSE, ASK_ANY, "a", true},
    [FUNCTION_JSON_STRINGIFY] = {OP_JSON_TEXT, ASK_TEXT, "a", true},
    [FUNCTION_JSON_ARRAY_SIZE] = {OP_LIST_SIZE, ASK_INTEGER, "a", true},
    [FUNCTION_JSON_ARRAY_CONTAINS] = {OP_LIST_HAS, ASK_BOOLEAN, "aa", true},
    [FUNCTION_IS_VALID_IP] = {OP_IP_VALID, ASK_BOOLEAN, "t0", true},
    [FUNCTION_IS_VALID_IP_V4] = {OP_IP_VALID, ASK_BOOLEAN, "t4", true},
    [FUNCTION_IS_VALID_IP_V6] = {OP_IP_VALID, ASK_BOOLEAN, "t6", true},
    [FUNCTION_IS_IP_IN_SUBNET] = {OP_IP_IN_SUBNET, ASK_BOOLEAN, "tt0", true},
    [FUNCTION_IS_IPV4_IN_SUBNET] = {OP_IP_IN_SUBNET, ASK_BOOLEAN, "tt4", true},
    [FUNCTION_IS_IPV6_IN_SUBNET] = {OP_IP_IN_SUBNET, ASK_BOOLEAN, "tt6", true},
    [FUNCTION_IPV4_TO_NUMBER] = {OP_IP_NUMBER, ASK_INTEGER, "t", true},
    [FUNCTION_IS_PRIVATE_IP] = {OP_IP_SCOPE, ASK_BOOLEAN, "t0", true},
    [FUNCTION_IS_RESERVED_IP] = {OP_IP_SCOPE, ASK_BOOLEAN, "t1", true},
    [FUNCTION_IS_PUBLIC_IP] = {OP_IP_SCOPE, ASK_BOOLEAN, "t2", true},
    [FUNCTION_IS_EMPTY] = {OP_EMPTY, ASK_BOOLEAN, "x", true},
    [FUNCTION_IS_BLANK] = {OP_BLANK, ASK_BOOLEAN, "a", true},
    [FUNCTION_STRLEN] = {OP_LENGTH, ASK_INTEGER, "t", true},
    [FUNCTION_TO_UPPER] = {OP_UPPER, ASK_TEXT, "t", true},
    [FUNCTION_TO_LOWER] = {OP_LOWER, ASK_TEXT, "t", true},
    [FUNCTION_REPLACE] = {OP_REPLACE, ASK_TEXT, "ttt", true},
    [FUNCTION_STARTS_WITH] = {OP_STARTS, ASK_BOOLEAN, "tt", true},
    [FUNCTION_ENDS_WITH] = {OP_ENDS, ASK_BOOLEAN, "tt", true},
    [FUNCTION_URL_ENCODE] = {OP_URL_ENCODE, ASK_TEXT, "t", true},
    [FUNCTION_URL_DECODE] = {OP_URL_DECODE, ASK_TEXT, "t", true},
    [FUNCTION_BASE64_ENCODE] = {OP_BASE64_ENCODE, ASK_TEXT, "t", true},
    [FUNCTION_BASE64_DECODE] = {OP_BASE64_DECODE, ASK_TEXT, "t", true},
    [FUNCTION_SPLIT] = {OP_SPLIT, ASK_ANY, "tt", true},
    [FUNCTION_HEX_TO_ASCII] = {OP_HEX_ASCII, ASK_TEXT, "t", true},
    [FUNCTION_HEX_TO_DEC] = {OP_HEX_NUMBER, ASK_INTEGER, "t", true},
    [FUNCTION_DEC_TO_HEX] = {OP_NUMBER_HEX, ASK_TEXT, "n", true},
};

/* Lists and maps too, as JSON. */
static struct plan_expr *any_text(const struct call_of *call, size_t n)
{
    struct plan_expr *expr = as_shown(call->planner, arg(call, n));
    return expr->type == ASK_ANY ? EXPR(call->planner, OP_ANY_TEXT, ASK_TEXT, expr)
                                 : as_text(call->planner, expr);
}

static struct plan_expr *plan_simple(const struct call_of *call, const struct simple *simple)
{
    struct plan_expr *args[8];
    size_t count = 0;
    for (const char *letter = simple->args; *letter; letter++, count++)
        args[count] = *letter == 't'   ? text(call, count)
                      : *letter == 'n' ? number(call, count)
                      : *letter == 'a' ? any(call, count)
                      : *letter == 'x' ? any_text(call, count)
                                       : expr_integer(call->planner, *letter - '0');
    return expr_make(call->planner, simple->op, simple->type, args, count);
}

/* --- choices ------------------------------------------------------------------------------- */

/* Makes values one type: the one they share, a number of numbers, else anything. */
static void unify(struct planner *planner, struct plan_expr **values, size_t count,
                  enum ask_type *out_type, enum field_form *out_form)
{
    bool same = true, numeric = true, seen = false;
    const struct plan_expr *first = NULL;
    for (size_t i = 0; i < count; i++) {
        if (values[i]->op == OP_NULL_)
            continue;
        if (!seen)
            first = values[i];
        seen = true;
        same = same && values[i]->form == first->form && values[i]->type == first->type;
        numeric = numeric && expr_is_number(values[i]);
    }
    *out_form = seen && same ? first->form : FORM_PLAIN;
    if (seen && same) {
        *out_type = first->type;
        for (size_t i = 0; i < count; i++)
            values[i] = as_value(planner, values[i]);
        return;
    }
    *out_type = numeric ? ASK_NUMBER : ASK_ANY;
    bool texts = seen;
    for (size_t i = 0; i < count; i++)
        texts = texts && (values[i]->op == OP_NULL_ || values[i]->type == ASK_TEXT);
    if (texts)
        *out_type = ASK_TEXT;
    for (size_t i = 0; i < count; i++) {
        if (values[i]->op == OP_NULL_)
            continue;
        values[i] = numeric ? as_double(planner, values[i])
                    : texts ? as_text(planner, values[i])
                            : as_any(planner, values[i]);
    }
}

static struct plan_expr *plan_coalesce(const struct call_of *call)
{
    enum ask_type type;
    enum field_form form;
    size_t count = call->tree->argument_count;
    struct plan_expr **values = arena_array(call->planner->arena, struct plan_expr *, count + 1);
    for (size_t i = 0; values && i < count; i++)
        values[i] = arg(call, i);
    if (!values)
        return arg(call, count);
    unify(call->planner, values, count, &type, &form);
    struct plan_expr *expr = expr_make(call->planner, OP_COALESCE, type, values, count);
    expr->form = form;
    return expr;
}

/* OP_CASE: condition, value, condition, value, …, otherwise. */
static struct plan_expr *plan_case(const struct call_of *call)
{
    struct planner *planner = call->planner;
    size_t given = call->tree->argument_count, pairs = given / 2;
    enum ask_type type;
    enum field_form form;
    struct plan_expr **values = arena_array(planner->arena, struct plan_expr *, pairs + 1);
    struct plan_expr **args = arena_array(planner->arena, struct plan_expr *, 2 * pairs + 1);
    if (!values || !args)
        return arg(call, given);
    for (size_t i = 0; i < pairs; i++)
        values[i] = arg(call, 2 * i + 1);
    values[pairs] = arg(call, given % 2 ? given - 1 : given);
    unify(planner, values, pairs + 1, &type, &form);
    for (size_t i = 0; i < pairs; i++) {
        args[2 * i] = as_boolean(planner, arg(call, 2 * i));
        args[2 * i + 1] = values[i];
    }
    args[2 * pairs] = values[pairs];
    struct plan_expr *expr = expr_make(planner, OP_CASE, type, args, 2 * pairs + 1);
    expr->form = form;
    return expr;
}

static struct plan_expr *plan_extreme(const struct call_of *call, enum plan_op op)
{
    size_t count = call->tree->argument_count;
    struct plan_expr **values = arena_array(call->planner->arena, struct plan_expr *, count + 1);
    for (size_t i = 0; values && i < count; i++)
        values[i] = number(call, i);
    return values ? expr_make(call->planner, op, ASK_NUMBER, values, count) : arg(call, count);
}

static struct plan_expr *plan_concat(const struct call_of *call)
{
    size_t count = call->tree->argument_count;
    struct plan_expr **values = arena_array(call->planner->arena, struct plan_expr *, count + 1);
    for (size_t i = 0; values && i < count; i++)
        values[i] = text(call, i);
    return values ? expr_make(call->planner, OP_CONCAT, ASK_TEXT, values, count) : arg(call, count);
}

/* --- time ---------------------------------------------------------------------------------- */

/* The greatest count of a unit that bin() takes, as in CloudWatch. */
static double most_of(enum period_unit unit)
{
    switch (unit) {
    case UNIT_MILLISECOND:
        return 1000;
    case UNIT_SECOND:
    case UNIT_MINUTE:
        return 60;
    case UNIT_HOUR:
        return 24;
    default:
        return 1000000;
    }
}

static int64_t months_of(enum period_unit unit)
{
    return unit == UNIT_MONTH ? 1 : unit == UNIT_QUARTER ? 3 : unit == UNIT_YEAR ? 12 : 0;
}

double plan_bin_count(const struct expression *period)
{
    return fmin(period->number, most_of(period->unit));
}

struct plan_expr *plan_bin(struct planner *planner, struct plan_expr *time,
                           const struct expression *period, const struct expression *offset,
                           bool up, bool capped)
{
    double count = capped ? plan_bin_count(period) : period->number;
    if (count < period->number) {
        planner_warn(planner, "bin: at most %.0f%s, as in CloudWatch", count,
                     period_unit_text(period->unit));
    }
    double ns = count * (double)period_unit_ns(period->unit);
    double shift = offset ? offset->number * (double)period_unit_ns(offset->unit) : 0;
    if (!(ns >= 1 && ns < 3e18) || !(shift >= -3e18 && shift < 3e18))
        return planner_fail(planner, period->at, "a period such as 5m", NULL,
                            "the period is out of range");
    time = as_time(planner, time);
    if (shift != 0)
        time = EXPR(planner, OP_SUBTRACT, ASK_TIME, time, expr_integer(planner, (int64_t)shift));
    int64_t months = (int64_t)count * months_of(period->unit);
    int64_t weeks = period->unit == UNIT_WEEK ? (int64_t)count : 0;
    if (months || weeks) {
        time = EXPR(planner, OP_FLOOR_CALENDAR, ASK_TIME, time, expr_integer(planner, months),
                    expr_integer(planner, weeks), expr_integer(planner, up));
    } else {
        int64_t step = (int64_t)ns;
        if (up)
            time = EXPR(planner, OP_ADD, ASK_TIME, time, expr_integer(planner, step - 1));
        time = EXPR(planner, OP_FLOOR_NS, ASK_TIME, time, expr_integer(planner, step));
    }
    return shift != 0 ? EXPR(planner, OP_ADD, ASK_TIME, time, expr_integer(planner, (int64_t)shift))
                      : time;
}

static struct plan_expr *bin_of(const struct call_of *call)
{
    size_t last = call->tree->argument_count - 1;
    struct plan_expr *time =
        last ? arg(call, 0) : scope_find(call->planner, STR("@timestamp"), call->tree->at);
    call->planner->has_bin = true;
    return plan_bin(call->planner, time, call->tree->arguments[last], NULL, false, true);
}

/* --- texts --------------------------------------------------------------------------------- */

static struct plan_expr *plan_trim(const struct call_of *call, int64_t ends)
{
    struct planner *planner = call->planner;
    struct plan_expr *set = has(call, 1) ? text(call, 1) : expr_text(planner, STR(" \t\r\n\f\v"));
    return EXPR(planner, OP_TRIM, ASK_TEXT, text(call, 0), set, expr_integer(planner, ends));
}

static struct plan_expr *plan_contains(const struct call_of *call)
{
    struct planner *planner = call->planner;
    struct plan_expr *whole = text(call, 0), *part = text(call, 1);
    if (has(call, 2)) {
        struct plan_expr *fold = as_boolean(planner, arg(call, 2));
        if (fold->op != OP_FALSE_) {
            whole = EXPR(planner, OP_LOWER, ASK_TEXT, whole);
            part = EXPR(planner, OP_LOWER, ASK_TEXT, part);
        }
    }
    return EXPR(planner, OP_CONTAINS, ASK_BOOLEAN, whole, part);
}

static struct plan_expr *plan_regex_replace(const struct call_of *call)
{
    const struct expression *regex = call->tree->arguments[1];
    if (!plan_regex_check(call->planner, regex->text, regex->at))
        return arg(call, 9);
    return EXPR(call->planner, OP_REGEX_REPLACE, ASK_TEXT, text(call, 0),
                expr_text(call->planner, regex->text), text(call, 2));
}

static struct plan_expr *zone(const struct call_of *call)
{
    return has(call, 2) ? text(call, 2) : expr_text(call->planner, STR("UTC"));
}

static struct plan_expr *is_numeric(const struct call_of *call)
{
    struct plan_expr *expr = as_shown(call->planner, arg(call, 0));
    return EXPR(call->planner, OP_PRESENT, ASK_BOOLEAN, as_number(call->planner, expr));
}

/* CloudWatch's query times are milliseconds. */
static struct plan_expr *range_ms(const struct call_of *call, int64_t ns)
{
    return expr_integer(call->planner, ns / NS_PER_MS);
}

/* Which spans match is found before the rows are read; a row asks whether it is one of them. */
static struct plan_expr *plan_search(struct planner *planner, const struct expression *tree)
{
    struct plan *plan = planner->plan;
    const struct expression *words = tree->arguments[0];
    struct search_expression *expression;
    struct error error = {0};
    if (plan->source != SOURCE_SPANS)
        return planner_fail(planner, tree->word_at, "source spans", NULL,
                            "search looks into spans: elsewhere, filter @message like …");
    if (planner->question->rows)
        return planner_fail(planner, tree->word_at, "search(…) in front of the command", NULL,
                            "search looks into spans, and these are rows that a command made");
    if (plan->search_count == PLAN_SEARCHES_MAX)
        return planner_fail(planner, tree->at, NULL, NULL, "a query searches at most %d times",
                            PLAN_SEARCHES_MAX);
    if (search_parse(words->text, &expression, &error) != STATUS_OK)
        return planner_fail(planner, words->at, "words, \"a phrase\", /a regex/, AND, OR, NOT",
                            NULL, "%s", error.text);
    search_expression_free(expression);
    plan->searches[plan->search_count++] = (struct plan_search){words->text, words->at};
    struct plan_expr *found = expr_leaf(planner, OP_JOURNAL, ASK_ANY);
    if (planner_failed(planner))
        return found;
    found->integer = (int64_t)plan->search_count;
    found->text = arena_printf(planner->arena, "search %zu", plan->search_count);
    return EXPR(planner, OP_ANY_TRUE, ASK_BOOLEAN,
                scope_lift(planner, found, planner->blocks[0], planner->block));
}

static struct plan_expr *plan_text_call(const struct call_of *call)
{
    switch (call->tree->function) {
    case FUNCTION_CONCAT:
        return plan_concat(call);
    case FUNCTION_TRIM:
        return plan_trim(call, 3);
    case FUNCTION_LTRIM:
        return plan_trim(call, 1);
    case FUNCTION_RTRIM:
        return plan_trim(call, 2);
    case FUNCTION_SUBSTR:
        return EXPR(call->planner, OP_SUBSTRING, ASK_TEXT, text(call, 0), number(call, 1),
                    has(call, 2) ? number(call, 2) : expr_number(call->planner, -1));
    case FUNCTION_REGEX_REPLACE:
        return plan_regex_replace(call);
    case FUNCTION_STR_CONTAINS:
        return plan_contains(call);
    case FUNCTION_SEARCH:
        return plan_search(call->planner, call->tree);
    default:
        return planner_fail(call->planner, call->tree->word_at, NULL, NULL,
                            "%s is not executed here yet",
                            function_words[call->tree->function].name);
    }
}

struct plan_expr *plan_call(struct planner *planner, const struct expression *tree)
{
    const struct call_of call = {planner, tree};
    struct time_range range = planner->question->range;
    if (simples[tree->function].ready)
        return plan_simple(&call, &simples[tree->function]);
    switch (tree->function) {
    case FUNCTION_GREATEST:
        return plan_extreme(&call, OP_GREATEST);
    case FUNCTION_LEAST:
        return plan_extreme(&call, OP_LEAST);
    case FUNCTION_ROUND:
        return has(&call, 1)
                   ? EXPR(planner, OP_ROUND_TO, ASK_NUMBER, number(&call, 0), number(&call, 1))
                   : EXPR(planner, OP_ROUND, ASK_NUMBER, number(&call, 0));
    case FUNCTION_TO_NUMBER:
    case FUNCTION_TO_DOUBLE:
        return number(&call, 0);
    case FUNCTION_TO_INT:
        return EXPR(planner, OP_TO_INTEGER, ASK_INTEGER, number(&call, 0));
    case FUNCTION_TO_LONG:
        return as_integer(planner, arg(&call, 0));
    case FUNCTION_BIN:
        return bin_of(&call);
    case FUNCTION_DATEFLOOR:
    case FUNCTION_DATECEIL:
        return plan_bin(planner, arg(&call, 0), tree->arguments[1], NULL,
                        tree->function == FUNCTION_DATECEIL, false);
    case FUNCTION_FROM_MILLIS:
        return EXPR(planner, OP_MS_TIME, ASK_TIME, number(&call, 0));
    case FUNCTION_TO_MILLIS:
        return EXPR(planner, OP_TO_BIGINT, ASK_INTEGER,
                    EXPR(planner, OP_TIME_MS, ASK_NUMBER, as_time(planner, arg(&call, 0))));
    case FUNCTION_NOW:
        return expr_integer(planner, planner->question->now_ns / NS_PER_SEC);
    case FUNCTION_PARSE_DATE:
        return EXPR(planner, OP_PARSE_DATE, ASK_INTEGER, text(&call, 0), text(&call, 1),
                    zone(&call));
    case FUNCTION_FORMAT_DATE:
        return EXPR(planner, OP_FORMAT_DATE, ASK_TEXT, as_time(planner, arg(&call, 0)),
                    text(&call, 1), zone(&call));
    case FUNCTION_IS_PRESENT:
        return as_present(planner, arg(&call, 0));
    case FUNCTION_COALESCE:
        return plan_coalesce(&call);
    case FUNCTION_CASE:
    case FUNCTION_IF:
        return plan_case(&call);
    case FUNCTION_IS_NUMERIC:
        return is_numeric(&call);
    case FUNCTION_QUERY_START_TIME:
        return range_ms(&call, range.from_ns);
    case FUNCTION_QUERY_END_TIME:
        return range_ms(&call, range.to_ns);
    case FUNCTION_QUERY_TIME_RANGE:
        return range_ms(&call, range.to_ns - range.from_ns);
    case FUNCTION_UNMASK:
        return arg(&call, 0);
    default:
        return plan_text_call(&call);
    }
}
