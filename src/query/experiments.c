/* SPDX-License-Identifier: Apache-2.0 */
/* experiments: reads what the traces of runs did; see experiments.h. How runs differ is in
 * experiment_compare.c. */
#include "query/experiments.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/observation.h"
#include "query/sql.h"

enum { TRACES_AT_ONCE = 16384, TRACES_AT_LEAST = 256, SPANS_MAX = 2000000, STATUS_IS_ERROR = 2 };

struct span_row {
    struct trace_key trace;
    int64_t span_id, parent_id, start_ns, duration_ns, cost; /* cost -1: none */
    bool is_error;
};

struct reading {
    const struct query *query;
    uint32_t project_id;
    const _Atomic bool *cancelled;
    struct arena *arena;
    struct experiment_run *runs;
    size_t run_count;
    struct trace_key *traces; /* of all runs, sorted, each once */
    size_t trace_count;
    struct experiment_table *table;
    double *sums;     /* like table->values */
    uint32_t *counts; /* likewise */
    size_t capacity;  /* of table->measures */
};

/* --- the traces asked about ----------------------------------------------------------------- */

static int by_key(const void *a, const void *b)
{
    const struct trace_key *left = a, *right = b;
    if (left->lo != right->lo)
        return left->lo < right->lo ? -1 : 1;
    return (left->hi > right->hi) - (left->hi < right->hi);
}

static bool gather_traces(struct reading *reading)
{
    size_t count = 0, kept = 0;
    for (size_t r = 0; r < reading->run_count; r++)
        count += reading->runs[r].count;
    reading->traces = arena_array(reading->arena, struct trace_key, count + 1);
    if (!reading->traces)
        return false;
    for (size_t r = 0; r < reading->run_count; r++)
        for (size_t i = 0; i < reading->runs[r].count; i++)
            reading->traces[reading->trace_count++] = reading->runs[r].subjects[i].trace;
    qsort(reading->traces, count, sizeof *reading->traces, by_key);
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || by_key(&reading->traces[kept - 1], &reading->traces[i]) != 0)
            reading->traces[kept++] = reading->traces[i];
    reading->trace_count = kept;
    return true;
}

/* ` WHERE project = … AND trace_lo IN …` of a part of the traces, as one text: the engine joins
 * with it instead of comparing each row with each of them. Halves can meet by chance: who reads
 * looks at both. `halves` must live until the statement has run. */
static void where_traces(struct sql *sql, const struct reading *reading, size_t from, size_t to,
                         struct buf *halves)
{
    for (size_t i = from; i < to; i++)
        buf_printf(halves, "%s%lld", i > from ? "," : "", (long long)reading->traces[i].lo);
    sql->failed = sql->failed || halves->failed;
    sql_add(sql, " WHERE project = ");
    sql_int(sql, reading->project_id);
    sql_add(sql, " AND trace_lo IN (SELECT unnest(CAST(string_split(");
    sql_text(sql, buf_str(halves));
    sql_add(sql, ", ',') AS BIGINT[])))");
}

/* --- spans: latency, cost, errors ----------------------------------------------------------- */

static int by_trace(const void *a, const void *b)
{
    const struct span_row *left = a, *right = b;
    int order = by_key(&left->trace, &right->trace);
    if (order)
        return order;
    return (left->span_id > right->span_id) - (left->span_id < right->span_id);
}

static const struct span_row *find_span(const struct span_row *spans, size_t count, int64_t span_id)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (spans[middle].span_id == span_id)
            return &spans[middle];
        if (spans[middle].span_id < span_id)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* Whether `span` is `root_id` or below it. Parents can form a circle: the way up is bounded. */
static bool is_below(const struct span_row *spans, size_t count, const struct span_row *span,
                     int64_t root_id)
{
    for (size_t steps = 0; span && steps <= count && steps < 1000; steps++) {
        if (span->span_id == root_id)
            return true;
        span = find_span(spans, count, span->parent_id);
    }
    return false;
}

static void measure_trace(const struct span_row *spans, size_t count,
                          struct experiment_subject *subject)
{
    int64_t start = INT64_MAX, end = INT64_MIN;
    bool root_error = false, any_error = false, has_root = false;
    subject->found = count > 0;
    subject->cost = -1;
    for (size_t i = 0; i < count; i++) {
        const struct span_row *span = &spans[i];
        bool is_root = span->parent_id == 0;
        start = span->start_ns < start ? span->start_ns : start;
        end = span->start_ns + span->duration_ns > end ? span->start_ns + span->duration_ns : end;
        has_root |= is_root;
        subject->root_id = is_root ? span->span_id : subject->root_id;
        root_error |= is_root && span->is_error;
        any_error |= span->is_error;
        if (span->cost >= 0)
            subject->cost = (subject->cost < 0 ? 0 : subject->cost) + span->cost;
    }
    subject->start_ns = count ? start : 0;
    subject->duration_ns = count ? end - start : 0;
    subject->is_error = has_root ? root_error : any_error;
}

static void measure_span(const struct span_row *spans, size_t count,
                         struct experiment_subject *subject)
{
    const struct span_row *root = find_span(spans, count, subject->span_id);
    subject->found = root != NULL;
    subject->cost = -1;
    if (!root)
        return;
    subject->root_id = root->span_id;
    subject->start_ns = root->start_ns;
    subject->duration_ns = root->duration_ns;
    subject->is_error = root->is_error;
    for (size_t i = 0; i < count; i++)
        if (spans[i].cost >= 0 && is_below(spans, count, &spans[i], subject->span_id))
            subject->cost = (subject->cost < 0 ? 0 : subject->cost) + spans[i].cost;
}

static const struct span_row *trace_spans(const struct span_row *spans, size_t count,
                                          struct trace_key trace, size_t *out_count)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (by_key(&spans[middle].trace, &trace) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (high = low; high < count && by_key(&spans[high].trace, &trace) == 0;)
        high++;
    *out_count = high - low;
    return spans + low;
}

static enum status read_spans(const struct reading *reading, size_t from, size_t to,
                              struct arena *arena, struct span_row **out_spans, size_t *out_count,
                              struct error *error)
{
    struct sql sql = {0};
    struct buf halves = {0};
    struct store_rows *rows;
    size_t capacity = 0;
    *out_spans = NULL;
    *out_count = 0;
    sql_add(&sql,
            "SELECT trace_hi, trace_lo, span_id, parent_id, start_ns, duration_ns, "
            "CASE WHEN (flags & %d) <> 0 THEN cost END, status FROM spans",
            OBSERVATION_BILLED);
    where_traces(&sql, reading, from, to, &halves);
    enum status status = sql_run(&sql, reading->query, reading->cancelled, &rows, error);
    buf_done(&halves);
    if (status != STATUS_OK)
        return status;
    while (status == STATUS_OK && store_rows_next(rows)) {
        if (*out_count == SPANS_MAX || !arena_grow(arena, out_spans, *out_count, &capacity))
            status = fail(error, STATUS_TOO_LARGE, "run: its traces have too many spans");
        else
            (*out_spans)[(*out_count)++] = (struct span_row){
                .trace = {store_rows_int(rows, 0), store_rows_int(rows, 1)},
                .span_id = store_rows_int(rows, 2),
                .parent_id = store_rows_int(rows, 3),
                .start_ns = store_rows_int(rows, 4),
                .duration_ns = store_rows_int(rows, 5),
                .cost = store_rows_null(rows, 6) ? -1 : store_rows_int(rows, 6),
                .is_error = store_rows_int(rows, 7) == STATUS_IS_ERROR,
            };
    }
    store_rows_free(rows);
    if (status == STATUS_OK && *out_count)
        qsort(*out_spans, *out_count, sizeof **out_spans, by_trace);
    return status;
}

static bool is_in(const struct reading *reading, size_t from, size_t to, struct trace_key trace)
{
    return by_key(&reading->traces[from], &trace) <= 0 &&
           by_key(&trace, &reading->traces[to - 1]) <= 0;
}

static enum status measure_part(struct reading *reading, size_t from, size_t to,
                                struct error *error)
{
    struct arena arena;
    struct span_row *spans;
    size_t count, of_trace;
    arena_init(&arena, 512 << 20);
    enum status status = read_spans(reading, from, to, &arena, &spans, &count, error);
    for (size_t r = 0; r < reading->run_count && status == STATUS_OK; r++)
        for (size_t i = 0; i < reading->runs[r].count; i++) {
            struct experiment_subject *subject = &reading->runs[r].subjects[i];
            if (!is_in(reading, from, to, subject->trace))
                continue;
            const struct span_row *first = trace_spans(spans, count, subject->trace, &of_trace);
            if (subject->span_id)
                measure_span(first, of_trace, subject);
            else
                measure_trace(first, of_trace, subject);
        }
    arena_done(&arena);
    return status;
}

/* --- scores --------------------------------------------------------------------------------- */

struct score_row {
    struct trace_key trace;
    int64_t span_id;
    size_t measure;
    double value;
};

static enum status list_scores(struct reading *reading, size_t from, size_t to, struct error *error)
{
    struct experiment_table *table = reading->table;
    struct sql sql = {0};
    struct buf halves = {0};
    struct store_rows *rows;
    sql_add(&sql, "SELECT name, type, count(*) FROM scores");
    where_traces(&sql, reading, from, to, &halves);
    sql_add(&sql, " AND value IS NOT NULL AND type IN (%d, %d) GROUP BY 1, 2 ORDER BY 3 DESC, 1",
            SCORE_NUMERIC, SCORE_BOOLEAN);
    enum status status = sql_run(&sql, reading->query, reading->cancelled, &rows, error);
    buf_done(&halves);
    if (status != STATUS_OK)
        return status;
    while (store_rows_next(rows)) {
        struct str name = store_name(reading->query->store, (int32_t)store_rows_int(rows, 0));
        bool known = false;
        for (size_t m = 0; m < table->measure_count && !known; m++)
            known = str_equal(table->measures[m].name, name);
        if (known)
            continue;
        if (table->measure_count == EXPERIMENT_SCORES_MAX) {
            table->scores_left_out = true;
            break;
        }
        table->measures[table->measure_count++] = (struct experiment_measure){
            .kind = EXPERIMENT_SCORE,
            .name = arena_copy(reading->arena, name),
            .type = store_rows_int(rows, 1) == SCORE_BOOLEAN ? SCORE_BOOLEAN : SCORE_NUMERIC,
        };
    }
    store_rows_free(rows);
    return STATUS_OK;
}

static size_t find_measure(const struct experiment_table *table, struct str name)
{
    for (size_t m = 0; m < table->measure_count; m++)
        if (table->measures[m].kind == EXPERIMENT_SCORE && str_equal(table->measures[m].name, name))
            return m;
    return table->measure_count;
}

static size_t place_of(const struct experiment_table *table, size_t run, size_t measure,
                       size_t item)
{
    return (run * table->measure_count + measure) * table->item_count + item;
}

static void add(struct reading *reading, size_t run, size_t measure, size_t item, double value)
{
    size_t place = place_of(reading->table, run, measure, item);
    reading->sums[place] += value;
    reading->counts[place]++;
}

static int score_by_trace(const void *a, const void *b)
{
    return by_key(&((const struct score_row *)a)->trace, &((const struct score_row *)b)->trace);
}

static enum status read_scores(const struct reading *reading, size_t from, size_t to,
                               struct arena *arena, struct score_row **out_scores,
                               size_t *out_count, struct error *error)
{
    struct sql sql = {0};
    struct buf halves = {0};
    struct store_rows *rows;
    size_t capacity = 0;
    *out_scores = NULL;
    *out_count = 0;
    sql_add(&sql, "SELECT trace_hi, trace_lo, span_id, name, value FROM scores");
    where_traces(&sql, reading, from, to, &halves);
    sql_add(&sql, " AND value IS NOT NULL AND type IN (%d, %d)", SCORE_NUMERIC, SCORE_BOOLEAN);
    enum status status = sql_run(&sql, reading->query, reading->cancelled, &rows, error);
    buf_done(&halves);
    if (status != STATUS_OK)
        return status;
    while (status == STATUS_OK && store_rows_next(rows)) {
        struct str name = store_name(reading->query->store, (int32_t)store_rows_int(rows, 3));
        size_t measure = find_measure(reading->table, name);
        if (measure == reading->table->measure_count)
            continue;
        if (!arena_grow(arena, out_scores, *out_count, &capacity))
            status = fail(error, STATUS_TOO_LARGE, "run: its traces have too many scores");
        else
            (*out_scores)[(*out_count)++] = (struct score_row){
                .trace = {store_rows_int(rows, 0), store_rows_int(rows, 1)},
                .span_id = store_rows_int(rows, 2),
                .measure = measure,
                .value = store_rows_double(rows, 4),
            };
    }
    store_rows_free(rows);
    if (status == STATUS_OK && *out_count)
        qsort(*out_scores, *out_count, sizeof **out_scores, score_by_trace);
    return status;
}

static void add_scores(struct reading *reading, size_t run,
                       const struct experiment_subject *subject, const struct score_row *scores,
                       size_t count)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (by_key(&scores[middle].trace, &subject->trace) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < count && by_key(&scores[low].trace, &subject->trace) == 0; low++)
        if (!subject->span_id || !scores[low].span_id || scores[low].span_id == subject->span_id)
            add(reading, run, scores[low].measure, subject->item, scores[low].value);
}

static enum status score_part(struct reading *reading, size_t from, size_t to, struct error *error)
{
    struct arena arena;
    struct score_row *scores;
    size_t count;
    arena_init(&arena, 256 << 20);
    enum status status = read_scores(reading, from, to, &arena, &scores, &count, error);
    for (size_t r = 0; r < reading->run_count && status == STATUS_OK; r++)
        for (size_t i = 0; i < reading->runs[r].count; i++)
            if (is_in(reading, from, to, reading->runs[r].subjects[i].trace))
                add_scores(reading, r, &reading->runs[r].subjects[i], scores, count);
    arena_done(&arena);
    return status;
}

/* --- the table ------------------------------------------------------------------------------ */

/* In parts, smaller ones where traces are so large that one does not fit. */
static enum status each_part(struct reading *reading,
                             enum status (*take)(struct reading *reading, size_t from, size_t to,
                                                 struct error *error),
                             struct error *error)
{
    enum status status = STATUS_OK;
    size_t at_once = TRACES_AT_ONCE;
    for (size_t from = 0; from < reading->trace_count && status == STATUS_OK;) {
        size_t to = from + at_once < reading->trace_count ? from + at_once : reading->trace_count;
        status = take(reading, from, to, error);
        if (status == STATUS_OK) {
            from = to;
        } else if (status == STATUS_TOO_LARGE && at_once > TRACES_AT_LEAST) {
            at_once /= 4;
            status = STATUS_OK;
        }
    }
    return status;
}

static int by_name(const void *a, const void *b)
{
    return str_compare(((const struct experiment_measure *)a)->name,
                       ((const struct experiment_measure *)b)->name);
}

static enum status make_table(struct reading *reading, struct error *error)
{
    struct experiment_table *table = reading->table;
    qsort(table->measures, table->measure_count, sizeof *table->measures, by_name);
    table->measures[table->measure_count++] = (struct experiment_measure){
        .kind = EXPERIMENT_LATENCY, .name = STR("latency"), .lower_is_better = true};
    table->measures[table->measure_count++] = (struct experiment_measure){
        .kind = EXPERIMENT_COST, .name = STR("cost"), .lower_is_better = true};
    size_t size = table->run_count * table->measure_count * table->item_count + 1;
    table->values = reading->sums = arena_array(reading->arena, double, size);
    reading->counts = arena_array(reading->arena, uint32_t, size);
    return table->values && reading->counts
               ? STATUS_OK
               : fail(error, STATUS_TOO_LARGE, "runs: too many items to compare at once");
}

static void add_subjects(struct reading *reading)
{
    size_t latency = reading->table->measure_count - 2, cost = latency + 1;
    for (size_t r = 0; r < reading->run_count; r++)
        for (size_t i = 0; i < reading->runs[r].count; i++) {
            const struct experiment_subject *subject = &reading->runs[r].subjects[i];
            if (!subject->found)
                continue;
            reading->runs[r].found++;
            reading->runs[r].errors += subject->is_error;
            add(reading, r, latency, subject->item, (double)subject->duration_ns);
            if (subject->cost >= 0)
                add(reading, r, cost, subject->item, (double)subject->cost);
        }
}

static void make_means(struct reading *reading)
{
    const struct experiment_table *table = reading->table;
    size_t size = table->run_count * table->measure_count * table->item_count;
    for (size_t i = 0; i < size; i++)
        table->values[i] = reading->counts[i] ? reading->sums[i] / reading->counts[i] : (double)NAN;
}

enum status query_experiment(const struct query *query, uint32_t project_id,
                             struct experiment_run *runs, size_t run_count, size_t item_count,
                             const _Atomic bool *cancelled, struct arena *arena,
                             struct experiment_table *out_table, struct error *error)
{
    struct experiment_table table = {
        .measures = arena_array(arena, struct experiment_measure, EXPERIMENT_SCORES_MAX + 2),
        .run_count = run_count,
        .item_count = item_count,
    };
    struct reading reading = {
        .query = query,
        .project_id = project_id,
        .cancelled = cancelled,
        .arena = arena,
        .runs = runs,
        .run_count = run_count,
        .table = &table,
    };
    if (!table.measures || !gather_traces(&reading))
        return fail(error, STATUS_TOO_LARGE, "runs: too many items to compare at once");
    enum status status = each_part(&reading, list_scores, error);
    if (status == STATUS_OK)
        status = make_table(&reading, error);
    if (status == STATUS_OK)
        status = each_part(&reading, measure_part, error);
    if (status == STATUS_OK)
        status = each_part(&reading, score_part, error);
    if (status != STATUS_OK)
        return status;
    add_subjects(&reading);
    make_means(&reading);
    *out_table = table;
    return STATUS_OK;
}

enum status query_experiment_subjects(const struct query *query, uint32_t project_id,
                                      struct experiment_run *run, const _Atomic bool *cancelled,
                                      struct arena *arena, struct error *error)
{
    struct reading reading = {
        .query = query,
        .project_id = project_id,
        .cancelled = cancelled,
        .arena = arena,
        .runs = run,
        .run_count = 1,
    };
    return gather_traces(&reading) ? each_part(&reading, measure_part, error)
                                   : fail(error, STATUS_TOO_LARGE, "runs: too many items at once");
}
