/* SPDX-License-Identifier: Apache-2.0 */
/* search_rows: what the index says of places in the journal. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/clock.h"
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
void search__where(struct sql *sql, const struct query *query,
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

/* Runs it and takes a segment, its least and its largest frame and a count of each row. */
static enum status take_segments(struct sql *sql, const struct query *query,
                                 const struct search_question *question,
                                 struct search_segments *out_segments, struct error *error)
{
    struct store_rows *rows;
    size_t capacity = 0;
    struct search_segments taken = {0};
    enum status status = sql_run(sql, query, question->cancelled, &rows, error);
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

enum status search__segments(const struct query *query, const struct search_question *question,
                             struct search_segments *out_segments, struct error *error)
{
    struct sql sql = {0};
    sql_add(&sql, "SELECT s.segment, min(s.frame), max(s.frame), count(*) FROM spans s");
    search__where(&sql, query, question);
    if (question->has_cursor) {
        sql_add(&sql, " AND s.segment <= ");
        sql_int(&sql, question->cursor.frame.segment);
    }
    sql_add(&sql, " GROUP BY s.segment ORDER BY s.segment DESC");
    return take_segments(&sql, query, question, out_segments, error);
}

/* A span's log records may come before or after it, so a day is added at either end. */
enum status search__log_segments(const struct query *query, const struct search_question *question,
                                 struct search_segments *out_segments, struct error *error)
{
    const int64_t day = 86400 * NS_PER_SEC;
    struct sql sql = {0};
    struct time_range range = question->range;
    sql_add(&sql, "SELECT segment, min(frame), max(frame), count(*) FROM logs "
                  "WHERE span_id <> 0 AND project = ");
    sql_int(&sql, question->project_id);
    sql_add(&sql, " AND time_ns >= ");
    sql_int(&sql, range.from_ns > INT64_MIN + day ? range.from_ns - day : INT64_MIN);
    sql_add(&sql, " AND time_ns < ");
    sql_int(&sql, range.to_ns < INT64_MAX - day ? range.to_ns + day : INT64_MAX);
    sql_add(&sql, " GROUP BY segment ORDER BY segment DESC");
    return take_segments(&sql, query, question, out_segments, error);
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
    search__where(&sql, query, question);
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

void search__list_add(struct search_lists *lists, int64_t a, int64_t b, int64_t c)
{
    const int64_t numbers[LIST_COLUMNS] = {a, b, c};
    for (int i = 0; i < LIST_COLUMNS; i++)
        buf_printf(&lists->texts[i], "%s%" PRId64, lists->texts[i].len ? "," : "", numbers[i]);
}

void search__join_list(struct sql *sql, const struct search_lists *lists)
{
    static const char *const names[LIST_COLUMNS] = {"a", "b", "c"};
    sql_add(sql, " JOIN (SELECT ");
    for (int i = 0; i < LIST_COLUMNS; i++) {
        sql_add(sql, "unnest(CAST(string_split(");
        sql_text(sql, buf_str(&lists->texts[i]));
        sql_add(sql, ", ',') AS BIGINT[])) AS %s, ", names[i]);
    }
    sql_add(sql, "generate_subscripts(string_split(");
    sql_text(sql, buf_str(&lists->texts[0]));
    sql_add(sql, ", ','), 1) - 1 AS n) l");
}

bool search__list_failed(const struct search_lists *lists)
{
    bool failed = false;
    for (int i = 0; i < LIST_COLUMNS; i++)
        failed |= lists->texts[i].failed;
    return failed;
}

void search__list_done(struct search_lists *lists)
{
    for (int i = 0; i < LIST_COLUMNS; i++)
        buf_done(&lists->texts[i]);
}

static void add_between(struct sql *sql, const char *column, uint64_t least, uint64_t most)
{
    sql_add(sql, " AND s.%s BETWEEN ", column);
    sql_int(sql, (int64_t)least);
    sql_add(sql, " AND ");
    sql_int(sql, (int64_t)most);
}

/* Lets the engine skip most of the table. */
static void add_extent(struct sql *sql, const struct journal_location *places, size_t count)
{
    struct journal_position least = places[0].frame, most = least;
    for (size_t i = 1; i < count; i++) {
        const struct journal_position at = places[i].frame;
        least.segment = at.segment < least.segment ? at.segment : least.segment;
        most.segment = at.segment > most.segment ? at.segment : most.segment;
        least.offset = at.offset < least.offset ? at.offset : least.offset;
        most.offset = at.offset > most.offset ? at.offset : most.offset;
    }
    add_between(sql, "segment", least.segment, most.segment);
    add_between(sql, "frame", least.offset, most.offset);
}

enum status search__rows_at(const struct query *query, const struct search_question *question,
                            const struct journal_location *places, size_t count,
                            struct search_rows *out_rows, struct error *error)
{
    struct sql sql = {0};
    struct search_lists lists = {0};
    *out_rows = (struct search_rows){0};
    if (count == 0)
        return STATUS_OK;
    for (size_t i = 0; i < count; i++)
        search__list_add(&lists, places[i].frame.segment, (int64_t)places[i].frame.offset,
                         places[i].record);
    select_columns(&sql);
    search__join_list(&sql, &lists);
    sql_add(&sql, " ON s.segment = l.a AND s.frame = l.b AND s.record = l.c");
    search__where(&sql, query, question);
    add_extent(&sql, places, count);
    sql_add(&sql, " ORDER BY s.segment DESC, s.frame DESC, s.record DESC");
    enum status status = search__list_failed(&lists)
                             ? fail(error, STATUS_BUSY, "no memory for the search")
                             : take_rows(&sql, query, question, count, out_rows, error);
    search__list_done(&lists);
    return status;
}
