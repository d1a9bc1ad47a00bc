/* SPDX-License-Identifier: Apache-2.0 */
/* search_logs: from spans to their log records and back. */
#include <stdlib.h>

#include "query/search_private.h"

enum status search__logs_of(const struct query *query, const struct search_question *question,
                            const struct search_rows *spans, struct search_logs *out_logs,
                            struct error *error)
{
    struct sql sql = {0};
    struct search_lists lists = {0};
    struct store_rows *rows;
    *out_logs = (struct search_logs){0};
    if (spans->count == 0)
        return STATUS_OK;
    for (size_t i = 0; i < spans->count; i++)
        search__list_add(&lists, spans->items[i].trace.hi, spans->items[i].trace.lo,
                         spans->items[i].span_id);
    sql_add(&sql, "SELECT n, g.segment, g.frame, g.record FROM (SELECT *, row_number() OVER "
                  "(PARTITION BY n ORDER BY time_ns, segment, frame, record) AS rank FROM logs o");
    search__join_list(&sql, &lists);
    sql_add(&sql, " ON o.trace_hi = l.a AND o.trace_lo = l.b AND o.span_id = l.c "
                  "WHERE o.project = ");
    sql_int(&sql, question->project_id);
    sql_add(&sql, ") g WHERE rank <= %d ORDER BY n, rank", VIEW_LOGS_MAX);
    enum status status = search__list_failed(&lists)
                             ? fail(error, STATUS_BUSY, "no memory for the search")
                             : sql_run(&sql, query, question->cancelled, &rows, error);
    search__list_done(&lists);
    if (status != STATUS_OK)
        return status;
    size_t capacity = 0;
    while (status == STATUS_OK && store_rows_next(rows)) {
        if (out_logs->count == capacity) {
            capacity = capacity ? capacity * 2 : 64;
            struct search_log *wider = realloc(out_logs->items, capacity * sizeof *wider);
            if (!wider) {
                status = fail(error, STATUS_BUSY, "no memory for the search");
                break;
            }
            out_logs->items = wider;
        }
        out_logs->items[out_logs->count++] =
            (struct search_log){.row = (size_t)store_rows_int(rows, 0),
                                .location = {.frame = {(uint32_t)store_rows_int(rows, 1),
                                                       (uint64_t)store_rows_int(rows, 2)},
                                             .signal = SIGNAL_LOGS,
                                             .record = (uint32_t)store_rows_int(rows, 3)}};
    }
    store_rows_free(rows);
    return status;
}

static bool add_place(struct search_places *places, struct journal_location place)
{
    if (places->count == places->capacity) {
        size_t capacity = places->capacity ? places->capacity * 2 : 256;
        struct journal_location *wider = realloc(places->items, capacity * sizeof *wider);
        if (!wider)
            return false;
        places->items = wider;
        places->capacity = capacity;
    }
    places->items[places->count++] = place;
    return true;
}

enum status search__spans_of_logs(const struct query *query, const struct search_question *question,
                                  const struct journal_location *logs, size_t count,
                                  struct search_places *places, struct error *error)
{
    struct sql sql = {0};
    struct search_lists lists = {0};
    struct store_rows *rows;
    if (count == 0)
        return STATUS_OK;
    for (size_t i = 0; i < count; i++)
        search__list_add(&lists, logs[i].frame.segment, (int64_t)logs[i].frame.offset,
                         logs[i].record);
    sql_add(&sql, "SELECT DISTINCT s.segment, s.frame, s.record FROM spans s "
                  "JOIN (SELECT DISTINCT trace_hi, trace_lo, span_id FROM logs o");
    search__join_list(&sql, &lists);
    sql_add(&sql, " ON o.segment = l.a AND o.frame = l.b AND o.record = l.c "
                  "WHERE o.span_id <> 0 AND o.project = ");
    sql_int(&sql, question->project_id);
    sql_add(&sql, ") i ON s.trace_hi = i.trace_hi AND s.trace_lo = i.trace_lo "
                  "AND s.span_id = i.span_id");
    search__where(&sql, query, question);
    enum status status = search__list_failed(&lists)
                             ? fail(error, STATUS_BUSY, "no memory for the search")
                             : sql_run(&sql, query, question->cancelled, &rows, error);
    search__list_done(&lists);
    if (status != STATUS_OK)
        return status;
    while (status == STATUS_OK && store_rows_next(rows)) {
        const struct journal_location place = {
            .frame = {(uint32_t)store_rows_int(rows, 0), (uint64_t)store_rows_int(rows, 1)},
            .signal = SIGNAL_SPANS,
            .record = (uint32_t)store_rows_int(rows, 2)};
        if (!add_place(places, place))
            status = fail(error, STATUS_BUSY, "no memory for the search");
    }
    store_rows_free(rows);
    return status;
}
