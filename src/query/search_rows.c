/* SPDX-License-Identifier: Apache-2.0 */
/* search_rows: what the index says of places in the journal. */
#include <inttypes.h>
#include <stdlib.h>

#include "query/search_private.h"

int search__compare(const struct journal_location *a, const struct journal_location *b)
{
    int order = journal_position_compare(a->frame, b->frame);
    return order ? order : (a->record > b->record) - (a->record < b->record);
}

static void select_columns(struct sql *sql)
{
    sql_add(sql, "SELECT s.segment, s.frame, s.record, s.trace_hi, s.trace_lo, s.span_id, "
                 "s.start_ns, s.duration_ns, s.name, s.model, s.service, s.kind, s.status "
                 "FROM spans s");
}

/* Fields of a trace as a whole are asked of the trace the span belongs to. */
static void where(struct sql *sql, const struct query *query,
                  const struct search_question *question)
{
    sql_add(sql, " WHERE s.project = ");
    sql_int(sql, question->project_id);
    sql_add(sql, " AND s.start_ns >= ");
    sql_int(sql, question->range.from_ns);
    sql_add(sql, " AND s.start_ns < ");
    sql_int(sql, question->range.to_ns);
    if (!question->filters)
        return;
    filter_spans(question->filters, query, sql);
    if (!filter_has_trace_level(question->filters))
        return;
    const struct trace_list_question traces = {
        .project_id = question->project_id, .range = question->range, .filters = question->filters};
    sql_add(sql, " AND (s.trace_hi, s.trace_lo) IN (SELECT t.trace_hi, t.trace_lo FROM (");
    trace_select_keys(sql, query, &traces, 0);
    sql_add(sql, ") t)");
}

enum status search__segments(const struct query *query, const struct search_question *question,
                             struct search_segments *out_segments, struct error *error)
{
    struct sql sql = {0};
    struct store_rows *rows;
    size_t capacity = 0;
    struct search_segments taken = {0};
    sql_add(&sql, "SELECT s.segment, min(s.frame), max(s.frame), count(*) FROM spans s");
    where(&sql, query, question);
    if (question->has_cursor) {
        sql_add(&sql, " AND s.segment <= ");
        sql_int(&sql, question->cursor.frame.segment);
    }
    sql_add(&sql, " GROUP BY s.segment ORDER BY s.segment DESC");
    enum status status = sql_run(&sql, query, question->cancelled, &rows, error);
    if (status != STATUS_OK)
        return status;
    while (status == STATUS_OK && store_rows_next(rows)) {
        if (taken.count == capacity) {
            capacity = capacity ? capacity * 2 : 64;
            struct search_segment *wider = realloc(taken.items, capacity * sizeof *wider);
            if (!wider) {
                status = fail(error, STATUS_BUSY, "no memory for the search");
                break;
            }
            taken.items = wider;
        }
        taken.items[taken.count++] = (struct search_segment){
            (uint32_t)store_rows_int(rows, 0), (uint64_t)store_rows_int(rows, 1),
            (uint64_t)store_rows_int(rows, 2), store_rows_int(rows, 3)};
        taken.spans += taken.items[taken.count - 1].spans;
    }
    store_rows_free(rows);
    if (status == STATUS_OK)
        *out_segments = taken;
    else
        free(taken.items);
    return status;
}

static enum status take_rows(struct sql *sql, const struct query *query,
                             const struct search_question *question, size_t limit,
                             struct search_rows *out_rows, struct error *error)
{
    struct store_rows *rows;
    enum status status = sql_run(sql, query, question->cancelled, &rows, error);
    if (status != STATUS_OK)
        return status;
    struct search_rows taken = {.items = calloc(limit + 1, sizeof *taken.items)};
    if (!taken.items)
        status = fail(error, STATUS_BUSY, "no memory for the search");
    while (taken.items && taken.count < limit && store_rows_next(rows))
        taken.items[taken.count++] = (struct search_row){
            .location = {.frame = {(uint32_t)store_rows_int(rows, 0),
                                   (uint64_t)store_rows_int(rows, 1)},
                         .signal = SIGNAL_SPANS,
                         .record = (uint32_t)store_rows_int(rows, 2)},
            .trace = {store_rows_int(rows, 3), store_rows_int(rows, 4)},
            .span_id = store_rows_int(rows, 5),
            .start_ns = store_rows_int(rows, 6),
            .duration_ns = store_rows_int(rows, 7),
            .name = (int32_t)store_rows_int(rows, 8),
            .model = (int32_t)store_rows_int(rows, 9),
            .service = (int32_t)store_rows_int(rows, 10),
            .kind = (uint8_t)store_rows_int(rows, 11),
            .status = (uint8_t)store_rows_int(rows, 12),
        };
    store_rows_free(rows);
    if (status == STATUS_OK)
        *out_rows = taken;
    return status;
}

enum status search__newest_rows(const struct query *query, const struct search_question *question,
                                const struct journal_location *before, size_t limit,
                                struct search_rows *out_rows, struct error *error)
{
    struct sql sql = {0};
    select_columns(&sql);
    where(&sql, query, question);
    if (before) {
        sql_add(&sql, " AND (s.segment, s.frame, s.record) < (");
        sql_int(&sql, before->frame.segment);
        sql_add(&sql, ", ");
        sql_int(&sql, (int64_t)before->frame.offset);
        sql_add(&sql, ", ");
        sql_int(&sql, before->record);
        sql_add(&sql, ")");
    }
    sql_add(&sql, " ORDER BY s.segment DESC, s.frame DESC, s.record DESC LIMIT ");
    sql_int(&sql, (int64_t)limit);
    return take_rows(&sql, query, question, limit, out_rows, error);
}

static void list_places(const struct journal_location *places, size_t count, struct buf lists[3])
{
    for (size_t i = 0; i < count; i++) {
        const char *comma = i ? "," : "";
        buf_printf(&lists[0], "%s%" PRIu32, comma, places[i].frame.segment);
        buf_printf(&lists[1], "%s%" PRIu64, comma, places[i].frame.offset);
        buf_printf(&lists[2], "%s%" PRIu32, comma, places[i].record);
    }
}

enum status search__rows_at(const struct query *query, const struct search_question *question,
                            const struct journal_location *places, size_t count,
                            struct search_rows *out_rows, struct error *error)
{
    struct sql sql = {0};
    struct buf lists[3] = {{0}};
    *out_rows = (struct search_rows){0};
    if (count == 0)
        return STATUS_OK;
    list_places(places, count, lists);
    select_columns(&sql);
    sql_add(&sql, " JOIN (SELECT ");
    for (int i = 0; i < 3; i++) {
        static const char *const names[] = {"segment", "frame", "record"};
        sql_add(&sql, "%sunnest(CAST(string_split(", i ? ", " : "");
        sql_text(&sql, buf_str(&lists[i]));
        sql_add(&sql, ", ',') AS BIGINT[])) AS %s", names[i]);
    }
    sql_add(&sql, ") l ON s.segment = l.segment AND s.frame = l.frame AND s.record = l.record");
    where(&sql, query, question);
    /* Lets the engine skip most of the table. */
    uint32_t least = places[0].frame.segment, most = least;
    for (size_t i = 1; i < count; i++) {
        least = places[i].frame.segment < least ? places[i].frame.segment : least;
        most = places[i].frame.segment > most ? places[i].frame.segment : most;
    }
    sql_add(&sql, " AND s.segment BETWEEN ");
    sql_int(&sql, least);
    sql_add(&sql, " AND ");
    sql_int(&sql, most);
    sql_add(&sql, " ORDER BY s.segment DESC, s.frame DESC, s.record DESC");
    bool failed = lists[0].failed || lists[1].failed || lists[2].failed;
    enum status status = failed ? fail(error, STATUS_BUSY, "no memory for the search")
                                : take_rows(&sql, query, question, count, out_rows, error);
    for (int i = 0; i < 3; i++)
        buf_done(&lists[i]);
    return status;
}

enum status search__has_logs(const struct query *query, const struct search_question *question,
                             bool *out_has, struct error *error)
{
    struct sql sql = {0};
    struct store_rows *rows;
    sql_add(&sql, "SELECT 1 FROM logs WHERE project = ");
    sql_int(&sql, question->project_id);
    sql_add(&sql, " AND span_id <> 0 LIMIT 1");
    enum status status = sql_run(&sql, query, question->cancelled, &rows, error);
    if (status != STATUS_OK)
        return status;
    *out_has = store_rows_next(rows);
    store_rows_free(rows);
    return STATUS_OK;
}
