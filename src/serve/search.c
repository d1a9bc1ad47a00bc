/* SPDX-License-Identifier: Apache-2.0 */
/* search: full text, the spans an expression holds for. */
#include <inttypes.h>
#include <stdio.h>

#include "query/search.h"
#include "serve/serve_private.h"

/* A cursor is a place in the journal: "<segment>.<frame>.<record>". */
static enum status read_cursor(struct call *call, struct search_question *question)
{
    struct str text = request_param(call->request, STR("cursor")), rest = text, piece;
    int64_t numbers[3] = {0};
    if (text.len == 0)
        return STATUS_OK;
    for (int i = 0; i < 3; i++)
        if (!str_take(&rest, '.', &piece) || !str_to_i64(piece, &numbers[i]) || numbers[i] < 0 ||
            (i != 1 && numbers[i] > UINT32_MAX))
            return param_cursor_refused(call);
    question->has_cursor = true;
    question->cursor = (struct journal_location){
        .frame = {(uint32_t)numbers[0], (uint64_t)numbers[1]}, .record = (uint32_t)numbers[2]};
    return STATUS_OK;
}

static void write_highlights(struct json_out *out, const struct search_snippet *snippet)
{
    json_out_array(out, "highlights");
    for (size_t i = 0; i < snippet->highlight_count; i++) {
        json_out_array(out, NULL);
        json_out_int(out, NULL, snippet->highlights[i].from);
        json_out_int(out, NULL, snippet->highlights[i].to);
        json_out_end_array(out);
    }
    json_out_end_array(out);
}

static void write_hit(struct json_out *out, const struct search_hit *hit)
{
    json_out_object(out, NULL);
    out_trace_id(out, "trace_id", hit->trace);
    out_span_id(out, "span_id", hit->span_id);
    json_out_int_text(out, "start", hit->start_ns);
    json_out_int(out, "duration", hit->duration_ns);
    out_name(out, "name", hit->name);
    json_out_text(out, "kind", observation_kind_name(hit->kind));
    out_name(out, "model", hit->model);
    out_name(out, "service", hit->service);
    json_out_bool(out, "error", hit->is_error);
    json_out_text(out, "field", search_field_name(hit->field));
    json_out_str(out, "snippet", hit->snippet.text.ptr ? hit->snippet.text : STR(""));
    write_highlights(out, &hit->snippet);
    json_out_end_object(out);
}

static void write_result(struct call *call, const struct search_result *result)
{
    struct json_out *out = &call->out;
    char cursor[80];
    snprintf(cursor, sizeof cursor, "%" PRIu32 ".%" PRIu64 ".%" PRIu32, result->next.frame.segment,
             result->next.frame.offset, result->next.record);
    bool goes_on = (result->more || !result->complete) && result->next.frame.segment;
    json_out_object(out, NULL);
    json_out_array(out, "hits");
    for (size_t i = 0; i < result->count; i++)
        write_hit(out, &result->hits[i]);
    json_out_end_array(out);
    json_out_text(out, "next", goes_on ? cursor : NULL);
    json_out_bool(out, "complete", result->complete);
    json_out_object(out, "statistics");
    json_out_int(out, "spans_checked", (int64_t)result->statistics.spans_checked);
    json_out_int(out, "bytes_read", (int64_t)result->statistics.bytes_read);
    json_out_int(out, "bytes_scanned", (int64_t)result->statistics.bytes_scanned);
    json_out_int(out, "chunks", (int64_t)result->statistics.chunks);
    json_out_int(out, "chunks_skipped", (int64_t)result->statistics.chunks_skipped);
    json_out_int(out, "chunks_found", (int64_t)result->statistics.chunks_found);
    json_out_double(out, "elapsed_ms", (double)result->statistics.elapsed_ns / 1e6);
    json_out_end_object(out);
    json_out_end_object(out);
}

static enum status read_question(struct call *call, struct filters *filters,
                                 struct search_question *question)
{
    int64_t limit = 0;
    enum status status = param_range(call, &question->range);
    if (status == STATUS_OK)
        status = param_filters(call, filters);
    if (status == STATUS_OK)
        status = param_int(call, STR("limit"), 50, 1, SEARCH_LIMIT_MAX, &limit);
    if (status == STATUS_OK)
        status = read_cursor(call, question);
    question->limit = (size_t)limit;
    return status;
}

static void answer(struct request *request, void *context)
{
    struct call call;
    struct filters filters;
    struct search_result result;
    struct search_expression *expression = NULL;
    if (!call_begin(&call, request, context))
        return;
    struct search_question question = {
        .project_id = request->project_id, .filters = &filters, .cancelled = &request->cancelled};
    enum status status = search_parse(request_param(request, STR("q")), &expression, &call.error);
    question.expression = expression;
    if (status == STATUS_OK)
        status = read_question(&call, &filters, &question);
    if (status == STATUS_OK)
        status = query_search(call.query, &question, &request->arena, &result, &call.error);
    if (status == STATUS_OK)
        write_result(&call, &result);
    search_expression_free(expression);
    call_end(&call, status);
}

/* A search may take seconds. */
void serve__search(struct request *request, void *context)
{
    call_later(request, context, answer);
}
