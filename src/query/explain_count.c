/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain_count: the three statements of an explanation. The first gives how much there is in each
 * of EXPLAIN_SAMPLE_ALL parts of the traces, so that any share of them has its totals; then, of the
 * shares that are looked at, the spans whose values a hit has and what is known of its trace as a
 * whole go to the tally.
 */
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "query/explain_private.h"

enum { TRACE_SLACK_S = 3600 }; /* a trace may have begun so long before the span looked at */
#define TAIL_QUANTILE "0.95"
#define PART          "(xor(s.trace_hi, s.trace_lo) & 1023)"
_Static_assert(EXPLAIN_SAMPLE_ALL == 1024, "PART");

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

static void add_side(struct sql *sql, const struct explain_scan *scan, enum explain_side side)
{
    add_between(sql, "s.start_ns", scan->question->ranges[side]);
}

/* There is time between the two that is of neither. */
static bool has_gap(const struct explain_question *question)
{
    struct time_range now = question->ranges[EXPLAIN_NOW];
    struct time_range before = question->ranges[EXPLAIN_BASELINE];
    return now.from_ns > before.to_ns || before.from_ns > now.to_ns;
}

/* FROM spans s WHERE …: both ranges, the measure's spans, the filters. */
static void add_spans(struct sql *sql, const struct explain_scan *scan)
{
    const struct explain_question *question = scan->question;
    const struct explain_measure *measure = scan->measure;
    sql_add(sql, " FROM spans s WHERE s.project = ");
    sql_int(sql, question->project_id);
    sql_add(sql, " AND ");
    add_between(sql, "s.start_ns", around(question));
    if (has_gap(question)) {
        sql_add(sql, " AND (");
        add_side(sql, scan, EXPLAIN_NOW);
        sql_add(sql, " OR ");
        add_side(sql, scan, EXPLAIN_BASELINE);
        sql_add(sql, ")");
    }
    sql_add(sql, " AND %s", measure->of[0] ? measure->of : measure->hit);
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

static void add_sample(struct sql *sql, const struct explain_scan *scan,
                       const int samples[EXPLAIN_SIDES])
{
    int now = samples[EXPLAIN_NOW], before = samples[EXPLAIN_BASELINE];
    if (now == EXPLAIN_SAMPLE_ALL && before == EXPLAIN_SAMPLE_ALL) {
        sql_add(sql, "true");
        return;
    }
    if (now == before) {
        sql_add(sql, PART " < %d", now);
        return;
    }
    sql_add(sql, PART " < CASE WHEN ");
    add_side(sql, scan, EXPLAIN_NOW);
    sql_add(sql, " THEN %d ELSE %d END", now, before);
}

/* The spans of the shares that are looked at. */
static void add_chosen(struct sql *sql, const struct explain_scan *scan)
{
    add_spans(sql, scan);
    sql_add(sql, " AND (");
    add_hit(sql, scan);
    sql_add(sql, " AND ");
    add_sample(sql, scan, scan->hits);
    if (scan->measure->of[0]) {
        sql_add(sql, " OR ");
        add_sample(sql, scan, scan->could);
    }
    sql_add(sql, ")");
}

/* --- all there is ----------------------------------------------------------------------------- */

/* A row for each span that could count: its side, its part, whether it counts, its weight. */
static void add_rows(struct sql *sql, const struct explain_scan *scan)
{
    const struct explain_measure *measure = scan->measure;
    sql_add(sql, "SELECT ");
    add_side(sql, scan, EXPLAIN_NOW);
    sql_add(sql, " AS now, CAST(" PART " AS SMALLINT) AS part, (%s) AS hit, %s AS w, %s AS size",
            measure->hit, measure->weight, measure->tail ? measure->tail : "0");
    add_spans(sql, scan);
}

static void add_totals(struct sql *sql, const struct explain_scan *scan)
{
    static const char sums[] = "now, part, count(*), count(*) FILTER (hit), CAST(sum(w) FILTER "
                               "(hit) AS DOUBLE), sum(CAST(w AS DOUBLE) * w) FILTER (hit)";
    if (!scan->measure->tail) {
        sql_add(sql, "SELECT %s, NULL FROM (", sums);
        add_rows(sql, scan);
        sql_add(sql, ") GROUP BY now, part");
        return;
    }
    sql_add(sql, "WITH could AS MATERIALIZED (");
    add_rows(sql, scan);
    sql_add(sql,
            "), edge AS (SELECT quantile_disc(size, " TAIL_QUANTILE
            ") AS size FROM could WHERE NOT "
            "now) SELECT %s, any_value(edge_size) FROM (SELECT could.* REPLACE (hit AND "
            "coalesce(could.size > edge.size, true) AS hit), edge.size AS edge_size FROM could, "
            "edge) GROUP BY now, part",
            sums);
}

enum status explain_totals_read(struct explain_scan *scan, struct explain_totals *out_totals,
                                struct error *error)
{
    enum { C_NOW, C_PART, C_OF, C_SPANS, C_AMOUNT, C_SQUARES, C_THRESHOLD };
    struct sql sql = {0};
    struct store_rows *rows;
    add_totals(&sql, scan);
    scan->threshold_ns = NAN;
    memset(out_totals, 0, sizeof *out_totals);
    enum status status = sql_run(&sql, scan->query, scan->question->cancelled, &rows, error);
    if (status != STATUS_OK)
        return status;
    while (store_rows_next(rows)) {
        enum explain_side side = store_rows_int(rows, C_NOW) ? EXPLAIN_NOW : EXPLAIN_BASELINE;
        out_totals->parts[side][store_rows_int(rows, C_PART) % EXPLAIN_SAMPLE_ALL] =
            (struct explain_part){
                .of = store_rows_double(rows, C_OF),
                .spans = store_rows_double(rows, C_SPANS),
                .amount = store_rows_null(rows, C_AMOUNT) ? 0 : store_rows_double(rows, C_AMOUNT),
                .squares =
                    store_rows_null(rows, C_SQUARES) ? 0 : store_rows_double(rows, C_SQUARES),
            };
        if (scan->measure->tail)
            scan->threshold_ns = store_rows_double(rows, C_THRESHOLD);
    }
    store_rows_free(rows);
    return STATUS_OK;
}

struct explain_whole explain_sampled(const struct explain_totals *totals,
                                     const int samples[EXPLAIN_SIDES])
{
    struct explain_whole whole = {0};
    for (int side = 0; side < EXPLAIN_SIDES; side++)
        for (int i = 0; i < samples[side]; i++) {
            const struct explain_part *part = &totals->parts[side][i];
            whole.of[side] += part->of;
            whole.spans[side] += part->spans;
            whole.amounts[side] += part->amount;
            whole.squares += part->squares;
        }
    return whole;
}

/* --- spans ------------------------------------------------------------------------------------ */

/* Columns of a hit and of a span whose values it has; behind them those of the dimensions. */
enum { C_HI, C_LO, C_SPAN, C_START, C_SIZE, C_WEIGHT, C_HIT, C_FITS, C_DIMENSIONS };

static void add_hit_columns(struct sql *sql, const struct explain_scan *scan)
{
    sql_add(sql, "s.trace_hi, s.trace_lo, s.span_id, s.start_ns, %s AS size, %s AS w, ",
            scan->measure->biggest, scan->measure->weight);
    add_hit(sql, scan);
    sql_add(sql, " AS hit");
}

static void add_dimension_columns(struct sql *sql)
{
    for (size_t i = 0; i < explain_dimension_count; i++) {
        const struct explain_dimension *each = &explain_dimensions[i];
        if (each->level == EXPLAIN_OF_SPAN)
            sql_add(sql, each->second ? ", s.%s, s.%s" : ", s.%s", each->column, each->second);
    }
}

/* Hits with their own values, or with those of all spans of their traces. */
static void add_values(struct sql *sql, const struct explain_scan *scan)
{
    struct time_range range = around(scan->question);
    sql_add(sql, "SELECT ");
    if (!scan->measure->whole) {
        add_hit_columns(sql, scan);
        sql_add(sql, ", 1 AS fits");
        add_dimension_columns(sql);
        add_chosen(sql, scan);
        return;
    }
    sql_add(sql, "hit.*, (%s) AS fits", scan->measure->whole);
    add_dimension_columns(sql);
    sql_add(sql, " FROM spans s JOIN (SELECT ");
    add_hit_columns(sql, scan);
    add_chosen(sql, scan);
    sql_add(sql, ") hit ON s.trace_lo = hit.trace_lo AND s.trace_hi = hit.trace_hi "
                 "WHERE s.project = ");
    sql_int(sql, scan->question->project_id);
    sql_add(sql, " AND s.start_ns >= ");
    sql_int(sql, range.from_ns - TRACE_SLACK_S * NS_PER_SEC);
    sql_add(sql, " AND s.start_ns < ");
    sql_int(sql, range.to_ns + TRACE_SLACK_S * NS_PER_SEC);
}

/* What the statements' rows are given to. */
struct taking {
    const struct explain_scan *scan;
    struct explain_counter counter;
};

static enum status too_many(struct error *error)
{
    return fail(error, STATUS_TOO_LARGE, "explain: too many values");
}

static bool is_in(struct trace_key trace, int sample)
{
    return (int)((uint64_t)(trace.hi ^ trace.lo) % EXPLAIN_SAMPLE_ALL) < sample;
}

static struct explain_hit hit_of_row(const struct explain_scan *scan, const int64_t *const *columns,
                                     size_t row)
{
    struct time_range now = scan->question->ranges[EXPLAIN_NOW];
    struct explain_hit hit = {
        .trace = {columns[C_HI][row], columns[C_LO][row]},
        .span = columns[C_SPAN][row],
        .start_ns = columns[C_START][row],
        .size = columns[C_SIZE][row],
        .weight = (double)columns[C_WEIGHT][row],
    };
    bool is_now = hit.start_ns >= now.from_ns && hit.start_ns < now.to_ns;
    hit.side = is_now ? EXPLAIN_NOW : EXPLAIN_BASELINE;
    hit.counts = columns[C_HIT][row] && is_in(hit.trace, scan->hits[hit.side]);
    hit.could = scan->measure->of[0] && is_in(hit.trace, scan->could[hit.side]);
    return hit;
}

static enum status take_spans(void *context, const int64_t *const *columns, size_t row_count,
                              struct error *error)
{
    struct taking *taking = context;
    for (size_t row = 0; row < row_count; row++) {
        struct explain_hit like = hit_of_row(taking->scan, columns, row);
        struct explain_hit *hit = explain_hit_at(&taking->counter, &like);
        size_t column = C_DIMENSIONS;
        if (!hit)
            return too_many(error);
        for (size_t i = 0; i < explain_dimension_count; i++) {
            if (explain_dimensions[i].level != EXPLAIN_OF_SPAN)
                continue;
            struct explain_value_key key = {.dimension = i, .number = columns[column++][row]};
            if (explain_dimensions[i].second)
                key.second = columns[column++][row];
            if (key.number && !explain_count(&taking->counter, hit, key, columns[C_FITS][row] != 0))
                return too_many(error);
        }
    }
    return STATUS_OK;
}

/* --- traces ----------------------------------------------------------------------------------- */

/* What is known of the hits' traces as a whole. */
static void add_traces(struct sql *sql, const struct explain_scan *scan)
{
    struct time_range range = around(scan->question);
    sql_add(sql, "SELECT p.trace_hi, p.trace_lo");
    for (size_t i = 0; i < explain_dimension_count; i++) {
        const struct explain_dimension *each = &explain_dimensions[i];
        if (each->level != EXPLAIN_OF_SPAN)
            sql_add(sql,
                    strcmp(each->column, "trace_name") != 0 ? ", max(p.%s)"
                                                            : ", arg_max(p.name, p.name_rank)",
                    each->column);
    }
    sql_add(sql, " FROM trace_parts p WHERE p.project = ");
    sql_int(sql, scan->question->project_id);
    sql_add(sql, " AND p.start_ns >= ");
    sql_int(sql, range.from_ns - TRACE_SLACK_S * NS_PER_SEC);
    sql_add(sql, " AND p.start_ns < ");
    sql_int(sql, range.to_ns);
    sql_add(sql, " AND xor(p.trace_hi, p.trace_lo) IN (SELECT xor(s.trace_hi, s.trace_lo)");
    add_chosen(sql, scan);
    sql_add(sql, ") GROUP BY p.trace_hi, p.trace_lo");
}

static enum status take_trace(void *context, const struct store_rows *row, struct error *error)
{
    struct taking *taking = context;
    struct trace_key trace = {store_rows_int(row, 0), store_rows_int(row, 1)};
    struct explain_hit *hit = explain_hit_of(&taking->counter, trace);
    for (; hit; hit = explain_hit_next(&taking->counter, hit)) {
        size_t column = 2;
        for (size_t i = 0; i < explain_dimension_count; i++) {
            enum explain_level level = explain_dimensions[i].level;
            if (level == EXPLAIN_OF_SPAN)
                continue;
            struct explain_value_key key = {.dimension = i};
            bool is_null = store_rows_null(row, column);
            if (level == EXPLAIN_OF_TEXT)
                key.text = store_rows_text(row, column);
            else
                key.number = store_rows_int(row, column);
            column++;
            bool is_told = level == EXPLAIN_OF_TEXT ? !is_null : key.number != 0;
            if (is_told && !explain_count(&taking->counter, hit, key, true))
                return too_many(error);
        }
    }
    return STATUS_OK;
}

enum status explain_values(const struct explain_scan *scan, struct arena *arena,
                           struct explain_tallies *out_tallies, struct error *error)
{
    const struct store_question how = {.cancelled = scan->question->cancelled};
    struct taking taking = {
        .scan = scan,
        .counter = {.arena = arena, .told = scan->falls ? EXPLAIN_BASELINE : EXPLAIN_NOW},
    };
    struct sql spans = {0}, traces = {0};
    add_values(&spans, scan);
    enum status status = sql_stream_columns(&spans, scan->query, scan->question->cancelled,
                                            take_spans, &taking, error);
    if (status == STATUS_OK) {
        add_traces(&traces, scan);
        status = sql_stream(&traces, scan->query, &how, take_trace, &taking, error);
    }
    if (status == STATUS_OK)
        explain_counted(&taking.counter, out_tallies);
    explain_counter_done(&taking.counter);
    return status;
}
