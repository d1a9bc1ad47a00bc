/* SPDX-License-Identifier: Apache-2.0 */
/* span_view: index row -> journal record -> observation, bill, conversation. */
#include "query/span_view.h"

#include <string.h>

#include "normalise/call_attributes.h"
#include "normalise/normalise.h"
#include "normalise/value_json.h"

static enum status find_span(const struct query *query, uint32_t project_id, struct trace_key key,
                             int64_t span_id, struct journal_location *out_location,
                             int64_t *out_arrival_ns, struct error *error)
{
    struct sql sql = {.brief = true};
    struct store_rows *rows;
    sql_add(&sql, "SELECT segment, frame, record, arrival_ns FROM spans WHERE trace_lo = ");
    sql_int(&sql, key.lo);
    sql_add(&sql, " AND trace_hi = ");
    sql_int(&sql, key.hi);
    sql_add(&sql, " AND span_id = ");
    sql_int(&sql, span_id);
    sql_add(&sql, " AND project = ");
    sql_int(&sql, project_id);
    sql_add(&sql, " LIMIT 1");
    enum status status = sql_run(&sql, query, NULL, &rows, error);
    if (status != STATUS_OK)
        return status;
    if (store_rows_next(rows)) {
        *out_location = (struct journal_location){
            .frame = {(uint32_t)store_rows_int(rows, 0), (uint64_t)store_rows_int(rows, 1)},
            .signal = SIGNAL_SPANS,
            .record = (uint32_t)store_rows_int(rows, 2),
        };
        *out_arrival_ns = store_rows_int(rows, 3);
    } else {
        status = fail(error, STATUS_NOT_FOUND, "span: this trace has no such span");
    }
    store_rows_free(rows);
    return status;
}

enum status query_span_logs(const struct query *query, uint32_t project_id, struct trace_key key,
                            int64_t span_id, struct journal_location out_logs[VIEW_LOGS_MAX],
                            size_t *out_count, struct error *error)
{
    struct sql sql = {.brief = true};
    struct store_rows *rows;
    sql_add(&sql, "SELECT segment, frame, record FROM logs WHERE trace_lo = ");
    sql_int(&sql, key.lo);
    sql_add(&sql, " AND trace_hi = ");
    sql_int(&sql, key.hi);
    sql_add(&sql, " AND span_id = ");
    sql_int(&sql, span_id);
    sql_add(&sql, " AND project = ");
    sql_int(&sql, project_id);
    sql_add(&sql, " ORDER BY time_ns, segment, frame, record LIMIT %d", VIEW_LOGS_MAX);
    enum status status = sql_run(&sql, query, NULL, &rows, error);
    if (status != STATUS_OK)
        return status;
    *out_count = 0;
    while (*out_count < VIEW_LOGS_MAX && store_rows_next(rows))
        out_logs[(*out_count)++] = (struct journal_location){
            .frame = {(uint32_t)store_rows_int(rows, 0), (uint64_t)store_rows_int(rows, 1)},
            .signal = SIGNAL_LOGS,
            .record = (uint32_t)store_rows_int(rows, 2),
        };
    store_rows_free(rows);
    return STATUS_OK;
}

enum status query_spans_logs(const struct query *query, uint32_t project_id,
                             const int64_t *span_ids, size_t count, struct arena *arena,
                             struct span_log **out_logs, size_t *out_count, struct error *error)
{
    struct sql sql = {0};
    struct store_rows *rows;
    struct span_log *logs = NULL;
    size_t found = 0, capacity = 0;
    sql_add(&sql, "SELECT trace_hi, trace_lo, span_id, segment, frame, record FROM logs WHERE "
                  "project = ");
    sql_int(&sql, project_id);
    sql_add(&sql, " AND span_id IN (");
    for (size_t i = 0; i < count; i++) {
        sql_add(&sql, i ? ", " : "");
        sql_int(&sql, span_ids[i]);
    }
    sql_add(&sql,
            ") QUALIFY row_number() OVER (PARTITION BY trace_hi, trace_lo, span_id ORDER BY "
            "time_ns, segment, frame, record) <= %d ORDER BY trace_hi, trace_lo, span_id, "
            "time_ns, segment, frame, record",
            VIEW_LOGS_MAX);
    enum status status = sql_run(&sql, query, NULL, &rows, error);
    if (status != STATUS_OK)
        return status;
    while (status == STATUS_OK && store_rows_next(rows)) {
        if (!arena_grow(arena, &logs, found, &capacity))
            status = fail(error, STATUS_TOO_LARGE, "logs: too many for one reply");
        else
            logs[found++] =
                (struct span_log){.trace = {store_rows_int(rows, 0), store_rows_int(rows, 1)},
                                  .span_id = store_rows_int(rows, 2),
                                  .location = {.frame = {(uint32_t)store_rows_int(rows, 3),
                                                         (uint64_t)store_rows_int(rows, 4)},
                                               .signal = SIGNAL_LOGS,
                                               .record = (uint32_t)store_rows_int(rows, 5)}};
    }
    store_rows_free(rows);
    *out_logs = logs;
    *out_count = found;
    return status;
}

/* One that cannot be read any more is left out. */
static void read_logs(const struct query *query, const struct journal_location *logs, size_t count,
                      struct span_view *view)
{
    for (size_t i = 0; i < count; i++) {
        struct batch *batch;
        if (journal_read_record(query->journal, logs[i], &batch, NULL) != STATUS_OK)
            continue;
        view->log_batches[view->log_count] = batch;
        view->logs[view->log_count++] = &batch->logs[0];
    }
}

/* Names and prices what was read. */
static void understand(const struct query *query, const struct batch *batch, bool with_content,
                       struct arena *arena, struct span_view *view)
{
    const struct normalise_input input = {
        .batch = batch,
        .span = view->span,
        .logs = view->logs,
        .log_batches = (const struct batch *const *)view->log_batches,
        .log_count = view->log_count,
        .contents = &view->contents,
    };
    normalise_span(&input, with_content, arena, &view->observation);
    const struct called_span called = {view->span, &view->contents, arena};
    const struct call_attributes attributes = span_call_attributes(&called);
    bill_observation(query->prices, batch->project_id, batch->arrival_ns, &attributes,
                     &view->observation, &view->bill);
    if (with_content)
        normalise_content(&input, &view->observation, arena, &view->conversation);
}

enum status query_span_at(const struct query *query, struct journal_location location,
                          const struct journal_location *logs, size_t log_count,
                          struct arena *arena, struct span_view *out_view, struct error *error)
{
    struct batch *batch;
    enum status status = journal_read_record(query->journal, location, &batch, error);
    if (status != STATUS_OK)
        return status;
    *out_view = (struct span_view){.contents = journal_content_source(query->journal),
                                   .batch = batch,
                                   .span = &batch->spans[0],
                                   .arrival_ns = batch->arrival_ns};
    read_logs(query, logs, log_count, out_view);
    understand(query, batch, true, arena, out_view);
    return STATUS_OK;
}

void query_view_record(const struct query *query, const struct batch *batch,
                       const struct span *span, bool with_content, struct arena *arena,
                       struct span_view *out_view)
{
    *out_view = (struct span_view){.contents = journal_content_source(query->journal),
                                   .span = span,
                                   .arrival_ns = batch->arrival_ns};
    understand(query, batch, with_content, arena, out_view);
}

enum status query_span(const struct query *query, uint32_t project_id, struct trace_key key,
                       int64_t span_id, struct arena *arena, struct span_view *out_view,
                       struct error *error)
{
    struct journal_location location, logs[VIEW_LOGS_MAX];
    size_t log_count = 0;
    int64_t arrival_ns = 0;
    enum status status = find_span(query, project_id, key, span_id, &location, &arrival_ns, error);
    if (status == STATUS_OK)
        status = query_span_logs(query, project_id, key, span_id, logs, &log_count, error);
    if (status == STATUS_OK)
        status = query_span_at(query, location, logs, log_count, arena, out_view, error);
    if (status == STATUS_OK)
        out_view->arrival_ns = arrival_ns;
    return status;
}

void query_previews(const struct query *query, uint32_t project_id, struct trace_key key,
                    int64_t span_id, struct journal_location location, struct arena *arena,
                    struct str *out_input, struct str *out_output)
{
    struct observation seen;
    struct journal_location logs[VIEW_LOGS_MAX];
    size_t log_count;
    struct span_view view = {.contents = journal_content_source(query->journal)};
    *out_input = *out_output = STR_NONE;
    if (journal_read_record(query->journal, location, &view.batch, NULL) != STATUS_OK)
        return;
    struct normalise_input input = {
        .batch = view.batch, .span = &view.batch->spans[0], .contents = &view.contents};
    normalise_span(&input, false, arena, &seen);
    if (!seen.input_preview.len && !seen.output_preview.len &&
        query_span_logs(query, project_id, key, span_id, logs, &log_count, NULL) == STATUS_OK &&
        log_count) {
        read_logs(query, logs, log_count, &view);
        input.logs = view.logs;
        input.log_batches = (const struct batch *const *)view.log_batches;
        input.log_count = view.log_count;
        normalise_span(&input, false, arena, &seen);
    }
    *out_input = arena_copy(arena, seen.input_preview);
    *out_output = arena_copy(arena, seen.output_preview);
    span_view_done(&view);
}

void span_view_done(struct span_view *view)
{
    batch_free(view->batch);
    for (size_t i = 0; i < view->log_count; i++)
        batch_free(view->log_batches[i]);
    memset(view, 0, sizeof *view);
}

/* --- content by path ----------------------------------------------------------------------- */

static bool take_index(struct str *rest, size_t count, size_t *out_index)
{
    struct str piece;
    int64_t index;
    if (!str_take(rest, '/', &piece) || !str_to_i64(piece, &index) || index < 0 ||
        (uint64_t)index >= count)
        return false;
    *out_index = (size_t)index;
    return true;
}

static bool text_of_messages(const struct messages *messages, struct str *rest,
                             struct str *out_text)
{
    size_t message, part;
    if (!take_index(rest, messages->count, &message) ||
        !take_index(rest, messages->items[message].part_count, &part))
        return false;
    *out_text = messages->items[message].parts[part].text;
    return true;
}

static bool text_of_attribute(const struct span_view *view, const struct attributes *attributes,
                              struct str *rest, struct arena *arena, struct str *out_text)
{
    size_t index;
    if (!take_index(rest, attributes->count, &index))
        return false;
    *out_text = value_plain_text(&attributes->items[index].value, &view->contents, arena);
    return true;
}

static bool find_text(const struct span_view *view, struct str path, struct arena *arena,
                      struct str *out)
{
    const struct conversation *talk = &view->conversation;
    struct str where, rest = path;
    size_t index;
    if (!str_take(&rest, '/', &where))
        return false;
    if (str_equal(where, STR("input")))
        return text_of_messages(&talk->input, &rest, out);
    if (str_equal(where, STR("output")))
        return text_of_messages(&talk->output, &rest, out);
    if (str_equal(where, STR("attribute")))
        return text_of_attribute(view, &view->span->attributes, &rest, arena, out);
    if (str_equal(where, STR("resource")))
        return text_of_attribute(view, &view->batch->resources[view->span->resource].attributes,
                                 &rest, arena, out);
    if (str_equal(where, STR("event")))
        return take_index(&rest, view->span->event_count, &index) &&
               text_of_attribute(view, &view->span->events[index].attributes, &rest, arena, out);
    if (str_equal(where, STR("text"))) {
        *out = str_equal(rest, STR("input"))    ? talk->input_text
               : str_equal(rest, STR("output")) ? talk->output_text
                                                : STR_NONE;
        return true;
    }
    if (str_equal(where, STR("system")) && take_index(&rest, talk->system_count, &index))
        *out = talk->system[index].text;
    else if (str_equal(where, STR("tool")) && take_index(&rest, talk->tool_count, &index))
        *out = talk->tools[index].parameters;
    else if (str_equal(where, STR("document")) && take_index(&rest, talk->document_count, &index))
        *out = talk->documents[index].content;
    else if (str_equal(where, STR("log")) && take_index(&rest, view->log_count, &index))
        *out = value_plain_text(&view->logs[index]->body, &view->contents, arena);
    else
        return false;
    return true;
}

enum status span_view_text(const struct span_view *view, struct str path, struct arena *arena,
                           struct str *out_text, struct error *error)
{
    struct str text = STR_NONE;
    if (!find_text(view, path, arena, &text) || !text.ptr)
        return fail(error, STATUS_NOT_FOUND, "path: there is no text at '%.*s'",
                    (int)(path.len > 80 ? 80 : path.len), path.ptr ? path.ptr : "");
    *out_text = text;
    return STATUS_OK;
}
