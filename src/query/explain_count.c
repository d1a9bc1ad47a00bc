/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain_count: counts the values of every dimension in a range and in its baseline, in one
 * statement.
 *
 * `hit` are the spans that count. `value` has a row for each dimension of each hit: from its own
 * span or from all spans of its trace, and from what is known of the trace as a whole.
 */
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "query/explain_private.h"

enum {
    VALUES_READ = 60,     /* of a dimension, the largest */
    OF_READ = 1000,       /* of a dimension, those with most spans */
    TRACE_SLACK_S = 3600, /* a trace may have begun so long before the span that was looked at */
};
#define TAIL_QUANTILE "0.95"

/* --- conditions ------------------------------------------------------------------------------- */

static void add_between(struct sql *sql, const char *column, struct time_range range)
{
    sql_add(sql, "(%s >= ", column);
    sql_int(sql, range.from_ns);
    sql_add(sql, " AND %s < ", column);
    sql_int(sql, range.to_ns);
    sql_add(sql, ")");
}

static struct time_range around(const struct explain_question *question)
{
    struct time_range now = question->ranges[EXPLAIN_NOW];
    struct time_range before = question->ranges[EXPLAIN_BASELINE];
    return (struct time_range){
        now.from_ns < before.from_ns ? now.from_ns : before.from_ns,
        now.to_ns > before.to_ns ? now.to_ns : before.to_ns,
    };
}

/* Filters that the spans counted hold themselves: those of charts. The others hold for their trace.
 */
static void filters_of_spans(const struct filters *filters, struct filters *out_filters)
{
    out_filters->count = 0;
    for (size_t i = 0; i < filters->count; i++)
        if (filters->items[i].field->label_column)
            out_filters->items[out_filters->count++] = filters->items[i];
}

static void add_filters(struct sql *sql, const struct explain_scan *scan)
{
    const struct explain_question *question = scan->question;
    const struct trace_list_question traces = {
        .project_id = question->project_id,
        .range = around(question),
        .filters = question->filters,
    };
    if (!question->filters->count)
        return;
    sql_add(sql, " AND (s.trace_hi, s.trace_lo) IN (");
    trace_select(sql, scan->query, &traces, "p.trace_hi, p.trace_lo");
    sql_add(sql, ")");
    if (!scan->measure->whole) {
        struct filters own;
        filters_of_spans(question->filters, &own);
        filter_spans(&own, scan->query, sql);
    }
}

/* Traces are chosen by bits of their id, so that all spans of one are in or out. */
static void add_sample(struct sql *sql, const struct explain_scan *scan)
{
    if (scan->samples[EXPLAIN_NOW] == EXPLAIN_SAMPLE_ALL &&
        scan->samples[EXPLAIN_BASELINE] == EXPLAIN_SAMPLE_ALL)
        return;
    sql_add(sql, " AND xor(s.trace_hi, s.trace_lo) & %d < CASE WHEN ", EXPLAIN_SAMPLE_ALL - 1);
    add_between(sql, "s.start_ns", scan->question->ranges[EXPLAIN_NOW]);
    sql_add(sql, " THEN %d ELSE %d END", scan->samples[EXPLAIN_NOW],
            scan->samples[EXPLAIN_BASELINE]);
}

/* FROM spans s WHERE …: both ranges, the measure's spans, the filters. */
static void add_spans(struct sql *sql, const struct explain_scan *scan, const char *condition)
{
    const struct explain_question *question = scan->question;
    sql_add(sql, " FROM spans s WHERE s.project = ");
    sql_int(sql, question->project_id);
    sql_add(sql, " AND ");
    add_between(sql, "s.start_ns", around(question));
    sql_add(sql, " AND (");
    add_between(sql, "s.start_ns", question->ranges[EXPLAIN_NOW]);
    sql_add(sql, " OR ");
    add_between(sql, "s.start_ns", question->ranges[EXPLAIN_BASELINE]);
    sql_add(sql, ") AND %s", condition);
    add_sample(sql, scan);
    add_filters(sql, scan);
}

static void add_hit(struct sql *sql, const struct explain_scan *scan)
{
    sql_add(sql, "(%s", scan->measure->hit);
    if (!isnan(scan->threshold_ns)) {
        sql_add(sql, " AND %s > ", scan->measure->tail);
        sql_int(sql, (int64_t)scan->threshold_ns);
    }
    sql_add(sql, ")");
}

/* --- all there is ----------------------------------------------------------------------------- */

/* The baseline's 95th percentile; NaN when it has no span. */
enum status explain_threshold(struct explain_scan *scan, struct error *error)
{
    struct sql sql = {0};
    struct store_rows *rows;
    scan->threshold_ns = NAN;
    if (!scan->measure->tail)
        return STATUS_OK;
    sql_add(&sql, "SELECT quantile_disc(%s, " TAIL_QUANTILE ")", scan->measure->tail);
    add_spans(&sql, scan, scan->measure->of);
    sql_add(&sql, " AND NOT ");
    add_between(&sql, "s.start_ns", scan->question->ranges[EXPLAIN_NOW]);
    enum status status = sql_run(&sql, scan->query, scan->question->cancelled, &rows, error);
    if (status != STATUS_OK)
        return status;
    if (store_rows_next(rows))
        scan->threshold_ns = store_rows_double(rows, 0);
    store_rows_free(rows);
    return STATUS_OK;
}

enum status explain_totals(const struct explain_scan *scan, struct explain_whole *out_whole,
                           struct error *error)
{
    struct sql sql = {0};
    struct store_rows *rows;
    sql_add(&sql, "SELECT ");
    add_between(&sql, "s.start_ns", scan->question->ranges[EXPLAIN_NOW]);
    sql_add(&sql, " AS now, count(*), count(*) FILTER (");
    add_hit(&sql, scan);
    sql_add(&sql, "), CAST(sum(%s) FILTER (", scan->measure->weight);
    add_hit(&sql, scan);
    sql_add(&sql, ") AS DOUBLE), sum(CAST(%s AS DOUBLE) ** 2) FILTER (", scan->measure->weight);
    add_hit(&sql, scan);
    sql_add(&sql, ")");
    add_spans(&sql, scan, scan->measure->of[0] ? scan->measure->of : scan->measure->hit);
    sql_add(&sql, " GROUP BY 1");
    enum status status = sql_run(&sql, scan->query, scan->question->cancelled, &rows, error);
    if (status != STATUS_OK)
        return status;
    *out_whole = (struct explain_whole){.falls = scan->falls};
    while (store_rows_next(rows)) {
        enum explain_side side = store_rows_int(rows, 0) ? EXPLAIN_NOW : EXPLAIN_BASELINE;
        out_whole->of[side] = store_rows_double(rows, 1);
        out_whole->spans[side] = store_rows_double(rows, 2);
        double amount = store_rows_double(rows, 3);
        out_whole->amounts[side] = isnan(amount) ? 0 : amount;
        double squares = store_rows_double(rows, 4);
        out_whole->squares += isnan(squares) ? 0 : squares;
    }
    store_rows_free(rows);
    return STATUS_OK;
}

/* --- values ----------------------------------------------------------------------------------- */

static const char *const span_columns =
    "s.model, s.provider, s.op, s.kind, s.tool, s.agent, s.graph_node, s.error_kind, "
    "s.error_type, s.finish, s.name, s.service, s.prompt, s.prompt_version";

static void with_hits(struct sql *sql, const struct explain_scan *scan)
{
    sql_add(sql, "WITH hit AS MATERIALIZED (SELECT s.trace_hi, s.trace_lo, "
                 "concat(s.trace_hi, ',', s.trace_lo, ',', s.span_id) AS id, "
                 "xor(s.trace_hi, s.trace_lo) AS n, s.start_ns, ");
    add_between(sql, "s.start_ns", scan->question->ranges[EXPLAIN_NOW]);
    sql_add(sql, " AS now, CAST(%s AS DOUBLE) AS w, %s AS size, %s", scan->measure->weight,
            scan->measure->biggest, span_columns);
    add_spans(sql, scan, scan->measure->of[0] ? scan->measure->of : scan->measure->hit);
    sql_add(sql, " AND ");
    add_hit(sql, scan);
    sql_add(sql, ")");
}

/* The dimensions of a level as lists to unnest: their places, and the columns of each. */
static void add_lists(struct sql *sql, bool of_spans)
{
    static const char *const names[] = {"dimension", "a", "b", "t"};
    for (int list = 0; list < 4; list++) {
        const char *comma = "";
        sql_add(sql, ", unnest([");
        for (size_t i = 0; i < explain_dimension_count; i++) {
            const struct explain_dimension *each = &explain_dimensions[i];
            bool is_text = each->level == EXPLAIN_OF_TEXT;
            if ((each->level == EXPLAIN_OF_SPAN) != of_spans)
                continue;
            if (list == 0)
                sql_add(sql, "%s%zu", comma, i);
            else if (list == 1)
                sql_add(sql, "%sCAST(%s AS BIGINT)", comma, is_text ? "0" : each->column);
            else if (list == 2)
                sql_add(sql, "%sCAST(%s AS BIGINT)", comma, each->second ? each->second : "0");
            else
                sql_add(sql, "%sCAST(%s AS VARCHAR)", comma, is_text ? each->column : "NULL");
            comma = ", ";
        }
        sql_add(sql, "]) AS %s", names[list]);
    }
}

/* What is known of the hits' traces. */
static void add_values_of_traces(struct sql *sql, const struct explain_scan *scan)
{
    struct time_range range = around(scan->question);
    sql_add(sql, "SELECT hit.id, hit.start_ns, hit.now, hit.w, hit.size");
    add_lists(sql, false);
    sql_add(sql, " FROM hit JOIN (SELECT p.trace_hi, p.trace_lo, max(p.environment) AS "
                 "environment, max(p.release) AS release, max(p.tenant) AS tenant, "
                 "arg_max(p.name, p.name_rank) AS trace_name, max(p.session) AS session, "
                 "max(p.user_id) AS user_id FROM trace_parts p WHERE p.project = ");
    sql_int(sql, scan->question->project_id);
    sql_add(sql, " AND p.start_ns >= ");
    sql_int(sql, range.from_ns - TRACE_SLACK_S * NS_PER_SEC);
    sql_add(sql, " AND p.start_ns < ");
    sql_int(sql, range.to_ns);
    sql_add(sql, " AND xor(p.trace_hi, p.trace_lo) IN (SELECT n FROM hit) GROUP BY 1, 2) trace ON "
                 "trace.trace_lo = hit.trace_lo AND trace.trace_hi = hit.trace_hi");
}

/* What the spans say whose values a hit has; a hit has a value once, however many of them say it.
 */
static void add_values_of_spans(struct sql *sql, const struct explain_scan *scan)
{
    struct time_range range = around(scan->question);
    const char *columns = "id, start_ns, now, w, size";
    if (!scan->measure->whole) {
        sql_add(sql, "SELECT %s", columns);
        add_lists(sql, true);
        sql_add(sql, " FROM hit");
        return;
    }
    /* Told apart as numbers; what else is known of a hit is joined to what is left. */
    sql_add(sql, "SELECT one.id, one.start_ns, one.now, one.w, one.size, told.dimension, told.a, "
                 "told.b, told.t FROM (SELECT DISTINCT n, dimension, a, b, t FROM (SELECT n");
    add_lists(sql, true);
    sql_add(sql,
            " FROM (SELECT DISTINCT hit.n, %s FROM spans s "
            "JOIN hit ON s.trace_lo = hit.trace_lo AND s.trace_hi = hit.trace_hi "
            "WHERE s.project = ",
            span_columns);
    sql_int(sql, scan->question->project_id);
    sql_add(sql, " AND s.start_ns >= ");
    sql_int(sql, range.from_ns - TRACE_SLACK_S * NS_PER_SEC);
    sql_add(sql, " AND s.start_ns < ");
    sql_int(sql, range.to_ns + TRACE_SLACK_S * NS_PER_SEC);
    sql_add(sql,
            " AND %s)) WHERE a <> 0) told JOIN (SELECT n, any_value(id) AS id, any_value(start_ns) "
            "AS start_ns, any_value(now) AS now, any_value(w) AS w, any_value(size) AS size "
            "FROM hit GROUP BY n) one ON one.n = told.n",
            scan->measure->whole);
}

static void with_values(struct sql *sql, const struct explain_scan *scan)
{
    with_hits(sql, scan);
    sql_add(sql, ", value AS (");
    add_values_of_spans(sql, scan);
    sql_add(sql, " UNION ALL ");
    add_values_of_traces(sql, scan);
    sql_add(sql, ") ");
}

/* The largest of each dimension. */
static void group_values(struct sql *sql, const char *size, int most)
{
    sql_add(sql,
            " FROM value WHERE a <> 0 OR t IS NOT NULL GROUP BY dimension, a, b, t QUALIFY "
            "row_number() OVER (PARTITION BY dimension ORDER BY %s DESC) <= %d",
            size, most);
}

/* Column numbers of a value's row. */
enum {
    C_DIMENSION,
    C_NUMBER,
    C_SECOND,
    C_TEXT,
    C_SPANS_NOW,
    C_SPANS_BEFORE,
    C_AMOUNT_NOW,
    C_AMOUNT_BEFORE,
    C_SQUARES,
    C_COMPARED,
    C_FIRST_NS,
    C_FIRST,
    C_BIGGEST
};

/* "high,low,span", as `hit` writes ids. */
static void read_example(struct str text, struct trace_key *out_trace, int64_t *out_span)
{
    struct str high = STR(""), low = STR("");
    bool read = str_take(&text, ',', &high) && str_take(&text, ',', &low) &&
                str_to_i64(high, &out_trace->hi) && str_to_i64(low, &out_trace->lo) &&
                str_to_i64(text, out_span);
    if (!read)
        *out_span = 0;
}

static bool take_value(struct explain_tallies *tallies, const struct store_rows *rows,
                       struct arena *arena)
{
    if (!arena_grow(arena, &tallies->items, tallies->count, &tallies->capacity))
        return false;
    size_t dimension = (size_t)store_rows_int(rows, C_DIMENSION);
    /* Every row of a dimension says how many values it has. */
    if (!(tallies->seen & UINT64_C(1) << dimension))
        tallies->compared += (size_t)store_rows_int(rows, C_COMPARED);
    tallies->seen |= UINT64_C(1) << dimension;
    tallies->items[tallies->count] = (struct explain_tally){
        .dimension = dimension,
        .number = store_rows_int(rows, C_NUMBER),
        .second = store_rows_int(rows, C_SECOND),
        .text = arena_copy(arena, store_rows_text(rows, C_TEXT)),
        .spans = {store_rows_double(rows, C_SPANS_NOW), store_rows_double(rows, C_SPANS_BEFORE)},
        .amounts = {store_rows_double(rows, C_AMOUNT_NOW),
                    store_rows_double(rows, C_AMOUNT_BEFORE)},
        .squares = store_rows_double(rows, C_SQUARES),
        .first_ns = store_rows_int(rows, C_FIRST_NS),
    };
    struct explain_tally *tally = &tallies->items[tallies->count++];
    read_example(store_rows_text(rows, C_FIRST), &tally->first, &tally->first_span);
    read_example(store_rows_text(rows, C_BIGGEST), &tally->biggest, &tally->biggest_span);
    return true;
}

enum status explain_values(const struct explain_scan *scan, struct arena *arena,
                           struct explain_tallies *out_tallies, struct error *error)
{
    struct sql sql = {0};
    struct store_rows *rows;
    const char *side = scan->falls ? "NOT now" : "now";
    with_values(&sql, scan);
    sql_add(&sql,
            "SELECT dimension, a, b, t, count(*) FILTER (now), count(*) FILTER (NOT now), "
            "coalesce(sum(w) FILTER (now), 0) AS more, "
            "coalesce(sum(w) FILTER (NOT now), 0) AS less, sum(w * w), "
            "count(*) OVER (PARTITION BY dimension), min(start_ns) FILTER (%s), "
            "arg_min(id, start_ns) FILTER (%s), arg_max(id, size) FILTER (%s)",
            side, side, side);
    group_values(&sql, "greatest(more, less)", VALUES_READ);
    enum status status = sql_run(&sql, scan->query, scan->question->cancelled, &rows, error);
    if (status != STATUS_OK)
        return status;
    while (status == STATUS_OK && store_rows_next(rows))
        if (!take_value(out_tallies, rows, arena))
            status = fail(error, STATUS_TOO_LARGE, "explain: too many values");
    store_rows_free(rows);
    return status;
}

/* --- how many spans there were of each value ---------------------------------------------------
 */

static struct explain_tally *find_tally(const struct explain_tallies *tallies,
                                        const struct store_rows *rows)
{
    size_t dimension = (size_t)store_rows_int(rows, C_DIMENSION);
    for (size_t i = 0; i < tallies->count; i++) {
        struct explain_tally *tally = &tallies->items[i];
        if (tally->dimension == dimension && tally->number == store_rows_int(rows, C_NUMBER) &&
            tally->second == store_rows_int(rows, C_SECOND) &&
            str_equal(tally->text, store_rows_text(rows, C_TEXT)))
            return tally;
    }
    return NULL;
}

enum status explain_of(const struct explain_scan *scan, struct explain_tallies *tallies,
                       struct error *error)
{
    struct explain_measure all = *scan->measure;
    struct explain_scan of = *scan;
    struct sql sql = {0};
    struct store_rows *rows;
    all.hit = "true";
    all.whole = all.whole ? "true" : NULL;
    of.measure = &all;
    of.threshold_ns = NAN;
    with_values(&sql, &of);
    sql_add(&sql, "SELECT dimension, a, b, t, count(*) FILTER (now), count(*) FILTER (NOT now)");
    group_values(&sql, "count(*)", OF_READ);
    enum status status = sql_run(&sql, scan->query, scan->question->cancelled, &rows, error);
    if (status != STATUS_OK)
        return status;
    while (store_rows_next(rows)) {
        struct explain_tally *tally = find_tally(tallies, rows);
        if (!tally)
            continue;
        tally->of[EXPLAIN_NOW] = store_rows_double(rows, C_SPANS_NOW);
        tally->of[EXPLAIN_BASELINE] = store_rows_double(rows, C_SPANS_BEFORE);
    }
    store_rows_free(rows);
    return STATUS_OK;
}
