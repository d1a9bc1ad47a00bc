/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace_histogram: adds up the traces of the range as the list does, so both always agree. Its cost
 * grows with the traces of the range: without filters, series of `requests` answer from rollups.
 */
#include "query/trace_histogram.h"

#include "base/clock.h"

static void select_counts(struct sql *sql, const struct query *query,
                          const struct trace_list_question *question, const struct steps *steps)
{
    struct trace_list_question all = *question;
    all.sort = SORT_START;
    all.has_cursor = false;
    sql_add(sql, "SELECT (t.sort_value // 1000000000 - ");
    sql_int(sql, steps->start_s);
    sql_add(sql, ") // %lld AS step, count(*), count(*) FILTER (t.status = %d) FROM (",
            (long long)steps->step_s, SPAN_ERROR);
    trace_select_keys(sql, query, &all, 0);
    sql_add(sql, ") t GROUP BY 1");
}

enum status query_trace_histogram(const struct query *query,
                                  const struct trace_list_question *question, struct arena *arena,
                                  struct trace_histogram *out_histogram, struct error *error)
{
    struct steps steps;
    enum status status = series_steps(question->range, 0, &steps, error);
    if (status != STATUS_OK)
        return status;
    struct trace_histogram histogram = {
        .start_ns = steps.start_s * NS_PER_SEC,
        .step_ns = steps.step_s * NS_PER_SEC,
        .step_count = steps.count,
        .traces = arena_array(arena, int64_t, steps.count),
        .errors = arena_array(arena, int64_t, steps.count),
    };
    if (!histogram.traces || !histogram.errors)
        return fail(error, STATUS_TOO_LARGE, "from: too many steps for one reply");
    struct sql sql = {0};
    struct store_rows *rows;
    select_counts(&sql, query, question, &steps);
    status = sql_run(&sql, query, question->cancelled, &rows, error);
    if (status != STATUS_OK)
        return status;
    while (store_rows_next(rows)) {
        int64_t step = store_rows_int(rows, 0);
        if (step < 0 || (size_t)step >= steps.count)
            continue;
        histogram.traces[step] = store_rows_int(rows, 1);
        histogram.errors[step] = store_rows_int(rows, 2);
    }
    store_rows_free(rows);
    *out_histogram = histogram;
    return STATUS_OK;
}
