/* SPDX-License-Identifier: Apache-2.0 */
/*
 * quality: see quality.h. Five questions over the spans and scores of the range and of the week
 * before it; step -1 is that week.
 */
#include "query/quality.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "query/outcome.h"

#define BASELINE_NS (BASELINE_DAYS * INT64_C(86400) * NS_PER_SEC)

struct asking {
    const struct query *query;
    const struct quality_question *question;
    struct arena *arena;
    struct quality *quality;
};

double quality_drift(const int64_t *now, const int64_t *before, size_t classes)
{
    int64_t now_sum = 0, before_sum = 0;
    double used = 0, drift = 0;
    for (size_t i = 0; i < classes; i++) {
        now_sum += now[i];
        before_sum += before[i];
        used += now[i] || before[i];
    }
    if (now_sum < DRIFT_ANSWERS_MIN || before_sum < DRIFT_ANSWERS_MIN)
        return (double)NAN;
    for (size_t i = 0; i < classes; i++) {
        if (!now[i] && !before[i])
            continue;
        double p = ((double)now[i] + 0.5) / ((double)now_sum + 0.5 * used);
        double q = ((double)before[i] + 0.5) / ((double)before_sum + 0.5 * used);
        drift += (p - q) * log(p / q);
    }
    return drift;
}

static int64_t start_ns(const struct asking *asking)
{
    return asking->quality->steps.start_s * NS_PER_SEC;
}

static void select_step(struct sql *sql, const struct asking *asking, const char *time)
{
    const struct steps *steps = &asking->quality->steps;
    sql_add(sql, "CASE WHEN %s < ", time);
    sql_int(sql, start_ns(asking));
    sql_add(sql, " THEN -1 ELSE (%s // 1000000000 - ", time);
    sql_int(sql, steps->start_s);
    sql_add(sql, ") // %lld END AS step", (long long)steps->step_s);
}

static void where_range(struct sql *sql, const struct asking *asking, const char *time)
{
    const struct steps *steps = &asking->quality->steps;
    sql_add(sql, " AND %s >= ", time);
    sql_int(sql, asking->quality->baseline_from_ns);
    sql_add(sql, " AND %s < ", time);
    sql_int(sql, start_ns(asking) + (int64_t)steps->count * steps->step_s * NS_PER_SEC);
}

static enum status run_spans(struct sql *sql, const struct asking *asking, const char *ending,
                             struct store_rows **out_rows, struct error *error)
{
    sql_add(sql, " AND s.project = ");
    sql_int(sql, asking->question->project_id);
    where_range(sql, asking, "s.start_ns");
    enum status status = filter_rows(asking->question->filters, asking->query, sql, error);
    if (status != STATUS_OK) {
        sql_done(sql);
        return status;
    }
    sql_add(sql, "%s", ending);
    return sql_run(sql, asking->query, asking->question->cancelled, out_rows, error);
}

/* --- outcomes -------------------------------------------------------------------------------- */

/* Where the counts of a step go; NULL: nowhere. */
static struct quality_counts *counts_of(const struct asking *asking, const struct store_rows *rows)
{
    int64_t step = store_rows_int(rows, 0);
    if (step < 0)
        return &asking->quality->baseline;
    return step < (int64_t)asking->quality->steps.count ? &asking->quality->values[step] : NULL;
}

static enum status read_outcomes(const struct asking *asking, struct error *error)
{
    struct sql sql = {0};
    struct store_rows *rows;
    const int call = OBSERVATION_BILLED;
    sql_add(&sql, "SELECT ");
    select_step(&sql, asking, "s.start_ns");
    sql_add(&sql,
            ", count(*) FILTER (s.flags & %d <> 0), count(*) FILTER (s.flags & %d <> 0), "
            "count(*) FILTER (s.kind = %d AND s.flags & %d <> 0), "
            "count(*) FILTER (s.kind = %d AND s.flags & %d = %d) FROM spans s WHERE "
            "(s.kind = %d OR s.flags & %d <> 0)",
            OBSERVATION_GUARDED, OBSERVATION_BLOCKED, KIND_LLM, call, KIND_LLM,
            call | OBSERVATION_FILTERED, call | OBSERVATION_FILTERED, KIND_LLM,
            OBSERVATION_GUARDED);
    enum status status = run_spans(&sql, asking, " GROUP BY 1", &rows, error);
    if (status != STATUS_OK)
        return status;
    while (store_rows_next(rows)) {
        struct quality_counts *counts = counts_of(asking, rows);
        if (!counts)
            continue;
        counts->guarded = store_rows_int(rows, 1);
        counts->blocked = store_rows_int(rows, 2);
        counts->calls = store_rows_int(rows, 3);
        counts->filtered = store_rows_int(rows, 4);
    }
    store_rows_free(rows);
    return STATUS_OK;
}

/* Calls that were asked for JSON, beside the failures of their parents. */
static enum status read_structured(const struct asking *asking, struct error *error)
{
    struct sql sql = {0};
    struct store_rows *rows;
    sql_add(&sql, "SELECT ");
    select_step(&sql, asking, "s.start_ns");
    sql_add(&sql,
            ", count(*), count(*) FILTER (s.flags & %d <> 0 OR EXISTS (SELECT 1 FROM spans b WHERE "
            "b.project = s.project AND b.trace_lo = s.trace_lo AND b.trace_hi = s.trace_hi AND "
            "b.span_id = s.parent_id AND b.flags & %d <> 0)) FROM spans s WHERE s.flags & %d <> 0",
            OBSERVATION_INVALID, OBSERVATION_INVALID, OBSERVATION_STRUCTURED);
    enum status status = run_spans(&sql, asking, " GROUP BY 1", &rows, error);
    if (status != STATUS_OK)
        return status;
    while (store_rows_next(rows)) {
        struct quality_counts *counts = counts_of(asking, rows);
        if (!counts)
            continue;
        counts->structured = store_rows_int(rows, 1);
        counts->unformed = store_rows_int(rows, 2);
    }
    store_rows_free(rows);
    return STATUS_OK;
}

static enum status read_form_failures(const struct asking *asking, struct error *error)
{
    struct sql sql = {0};
    struct store_rows *rows;
    sql_add(&sql, "SELECT ");
    select_step(&sql, asking, "s.start_ns");
    sql_add(&sql,
            ", count(*) FROM spans s WHERE s.flags & %d <> 0 AND NOT EXISTS (SELECT 1 FROM spans b "
            "WHERE b.project = s.project AND b.trace_lo = s.trace_lo AND b.trace_hi = s.trace_hi "
            "AND b.parent_id = s.span_id AND b.flags & %d <> 0)",
            OBSERVATION_INVALID, OBSERVATION_INVALID);
    enum status status = run_spans(&sql, asking, " GROUP BY 1", &rows, error);
    if (status != STATUS_OK)
        return status;
    while (store_rows_next(rows)) {
        struct quality_counts *counts = counts_of(asking, rows);
        if (counts)
            counts->form_failures = store_rows_int(rows, 1);
    }
    store_rows_free(rows);
    return STATUS_OK;
}

static void add_counts(struct quality_counts *sum, const struct quality_counts *counts)
{
    sum->guarded += counts->guarded;
    sum->blocked += counts->blocked;
    sum->calls += counts->calls;
    sum->filtered += counts->filtered;
    sum->structured += counts->structured;
    sum->unformed += counts->unformed;
    sum->form_failures += counts->form_failures;
}

/* --- lengths --------------------------------------------------------------------------------- */

/* A row a class, and one of all classes, whose class is null. */
static enum status read_lengths(const struct asking *asking, struct error *error)
{
    struct sql sql = {0};
    struct store_rows *rows;
    struct quality *quality = asking->quality;
    quality->lengths.p50 = quality->lengths.p95 = (double)NAN;
    quality->baseline_lengths = quality->lengths;
    sql_add(&sql, "SELECT earlier, class, count(*), quantile_disc(tokens, 0.5), "
                  "quantile_disc(tokens, 0.95) FROM (SELECT s.start_ns < ");
    sql_int(&sql, start_ns(asking));
    sql_add(&sql,
            " AS earlier, s.output_tokens AS tokens, least(%d, CAST(floor(log2(s.output_tokens)) "
            "AS INTEGER)) AS class FROM spans s WHERE s.kind = %d AND s.flags & %d <> 0 AND "
            "s.status <> %d AND s.output_tokens > 0",
            LENGTH_CLASSES - 1, KIND_LLM, OBSERVATION_BILLED, SPAN_ERROR);
    enum status status = run_spans(
        &sql, asking, ") GROUP BY GROUPING SETS ((earlier, class), (earlier))", &rows, error);
    if (status != STATUS_OK)
        return status;
    while (store_rows_next(rows)) {
        struct quality_lengths *lengths =
            store_rows_int(rows, 0) ? &quality->baseline_lengths : &quality->lengths;
        int64_t class = store_rows_int(rows, 1);
        if (store_rows_null(rows, 1)) {
            lengths->answers = store_rows_int(rows, 2);
            lengths->p50 = store_rows_double(rows, 3);
            lengths->p95 = store_rows_double(rows, 4);
        } else if (class >= 0 && class < LENGTH_CLASSES) {
            lengths->classes[class] = store_rows_int(rows, 2);
        }
    }
    store_rows_free(rows);
    quality->drift =
        quality_drift(quality->lengths.classes, quality->baseline_lengths.classes, LENGTH_CLASSES);
    return STATUS_OK;
}

/* --- scores ---------------------------------------------------------------------------------- */

/* Scores of traces in which a span holds the filters; without filters of anything. */
static void where_filtered(struct sql *sql, const struct asking *asking)
{
    if (!asking->question->filters->count)
        return;
    sql_add(sql, " AND (c.trace_hi, c.trace_lo) IN (SELECT s.trace_hi, s.trace_lo FROM spans s "
                 "WHERE s.project = ");
    sql_int(sql, asking->question->project_id);
    filter_spans(asking->question->filters, asking->query, sql);
    sql_add(sql, ")");
}

static struct quality_score *find_score(const struct asking *asking, const struct store_rows *rows)
{
    struct quality *quality = asking->quality;
    int64_t id = store_rows_int(rows, 1);
    struct str name = id > 0 ? store_name(asking->query->store, (int32_t)id) : STR("");
    enum score_type type = (enum score_type)store_rows_int(rows, 2);
    enum score_source source = (enum score_source)store_rows_int(rows, 3);
    for (size_t i = 0; i < quality->score_count; i++) {
        struct quality_score *score = &quality->scores[i];
        if (score->type == type && score->source == source && str_equal(score->name, name))
            return score;
    }
    if (quality->score_count == QUALITY_SCORES_MAX)
        return NULL;
    struct quality_score *score = &quality->scores[quality->score_count++];
    *score = (struct quality_score){
        .name = name,
        .type = type,
        .source = source,
        .mean = (double)NAN,
        .baseline_mean = (double)NAN,
        .means = arena_array(asking->arena, double, quality->steps.count),
    };
    for (size_t i = 0; score->means && i < quality->steps.count; i++)
        score->means[i] = (double)NAN;
    return score;
}

/* Steps, then `whole` with the sums of both ranges, most frequent first. */
static bool take_score(const struct asking *asking, const struct store_rows *rows)
{
    struct quality_score *score = find_score(asking, rows);
    if (!score)
        return true;
    int64_t step = store_rows_int(rows, 0);
    if (!score->means)
        return false;
    if (step == -1) {
        score->baseline_count = store_rows_int(rows, 4);
        score->baseline_mean = store_rows_double(rows, 5);
    } else if (step == -2) {
        score->count = store_rows_int(rows, 4);
        score->mean = store_rows_double(rows, 5);
    } else if (step < (int64_t)asking->quality->steps.count) {
        score->means[step] = store_rows_double(rows, 5);
    }
    return true;
}

/* Of each name, type and source: the range as step -2 first, so that the most frequent ones come
 * first; then the week before and the steps. */
static enum status read_scores(const struct asking *asking, struct error *error)
{
    struct sql sql = {0};
    struct store_rows *rows;
    sql_add(&sql, "WITH sc AS MATERIALIZED (SELECT c.name, c.type, c.source, c.value, ");
    select_step(&sql, asking, "c.time_ns");
    sql_add(&sql,
            " FROM scores c WHERE c.type IN (%d, %d) AND c.value IS NOT NULL AND c.project = ",
            SCORE_NUMERIC, SCORE_BOOLEAN);
    sql_int(&sql, asking->question->project_id);
    where_range(&sql, asking, "c.time_ns");
    where_filtered(&sql, asking);
    sql_add(&sql, ") SELECT * FROM (SELECT -2 AS step, name, type, source, count(*) AS given, "
                  "avg(value) FROM sc "
                  "WHERE step >= 0 GROUP BY ALL UNION ALL "
                  "SELECT step, name, type, source, count(*), avg(value) FROM sc GROUP BY ALL) "
                  "ORDER BY step = -2 DESC, given DESC, name, type, source, step");
    enum status status = sql_run(&sql, asking->query, asking->question->cancelled, &rows, error);
    if (status != STATUS_OK)
        return status;
    while (status == STATUS_OK && store_rows_next(rows))
        if (!take_score(asking, rows))
            status = fail(error, STATUS_TOO_LARGE, "from: too many scores for one reply");
    store_rows_free(rows);
    return status;
}

enum status query_quality(const struct query *query, const struct quality_question *question,
                          struct arena *arena, struct quality *out_quality, struct error *error)
{
    struct quality *quality = arena_new(arena, struct quality);
    const struct asking asking = {query, question, arena, quality};
    if (!quality)
        return fail(error, STATUS_TOO_LARGE, "from: too many steps for one reply");
    enum status status = series_steps(question->range, 0, &quality->steps, error);
    if (status != STATUS_OK)
        return status;
    quality->baseline_from_ns = start_ns(&asking) - BASELINE_NS;
    quality->values = arena_array(arena, struct quality_counts, quality->steps.count);
    if (!quality->values)
        return fail(error, STATUS_TOO_LARGE, "from: too many steps for one reply");
    status = read_outcomes(&asking, error);
    if (status == STATUS_OK)
        status = read_structured(&asking, error);
    if (status == STATUS_OK)
        status = read_form_failures(&asking, error);
    if (status == STATUS_OK)
        status = read_lengths(&asking, error);
    if (status == STATUS_OK)
        status = read_scores(&asking, error);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < quality->steps.count; i++)
        add_counts(&quality->now, &quality->values[i]);
    *out_quality = *quality;
    return STATUS_OK;
}
