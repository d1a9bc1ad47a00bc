/* SPDX-License-Identifier: Apache-2.0 */
/* invocations: the list of model calls. */

#include "query/invocations.h"
#include "serve/serve_private.h"

enum { COUNT_MOST = 100000 };

/* A cursor is the sort value and the span id of the last row. */
static enum status read_cursor(struct call *call, struct invocation_question *question)
{
    uint8_t id[SPAN_ID_BYTES];
    struct str rest;
    enum status status = param_cursor(call, &question->has_cursor, &question->cursor_value, &rest);
    if (status != STATUS_OK || !question->has_cursor)
        return status;
    if (!str_hex_decode(rest, id, sizeof id))
        return param_cursor_refused(call);
    question->cursor_span = id_half(id);
    return STATUS_OK;
}

static enum status read_question(struct call *call, struct filters *filters,
                                 struct invocation_question *question)
{
    int64_t limit = 0;
    int sort = 0;
    *question = (struct invocation_question){.project_id = call->request->project_id,
                                             .filters = filters,
                                             .cancelled = &call->request->cancelled};
    enum status status = param_range(call, &question->range);
    if (status == STATUS_OK)
        status = param_filters(call, filters);
    if (status == STATUS_OK)
        status = param_int(call, STR("limit"), 25, 1, INVOCATIONS_MAX, &limit);
    if (status == STATUS_OK)
        status = param_sort(call, invocation_sorts, INVOCATION_SORTS, &sort, &question->ascending);
    if (status == STATUS_OK)
        status = read_cursor(call, question);
    question->sort = (enum invocation_sort)sort;
    question->limit = (size_t)limit;
    return status;
}

static void write_names(struct json_out *out, const struct invocation *call)
{
    const struct {
        const char *key;
        struct str text;
    } names[] = {{"name", call->name},
                 {"model", call->model},
                 {"model_version", call->model_version},
                 {"provider", call->provider},
                 {"op", call->op},
                 {"service", call->service},
                 {"agent", call->agent},
                 {"tool", call->tool},
                 {"prompt", call->prompt},
                 {"prompt_version", call->prompt_version},
                 {"user", call->user},
                 {"session", call->session},
                 {"finish", call->finish},
                 {"error_type", call->error_type},
                 {"input", call->input},
                 {"output", call->output}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        out_name(out, names[i].key, names[i].text);
}

void out_invocation(struct json_out *out, const struct invocation *call)
{
    json_out_object(out, NULL);
    out_trace_id(out, "trace_id", call->trace);
    out_span_id(out, "span_id", call->span_id);
    out_span_id(out, "parent_span_id", call->parent_id);
    out_time(out, "start", call->start_ns);
    json_out_int(out, "duration", call->duration_ns);
    json_out_text(out, "kind", observation_kind_name(call->kind));
    json_out_text(out, "status", call->is_error ? "error" : "ok");
    json_out_text(out, "error_kind", call->is_error ? error_kind_name(call->error_kind) : NULL);
    out_known(out, "ttft", call->ttft_ns);
    out_known(out, "input_tokens", call->input_tokens);
    out_known(out, "output_tokens", call->output_tokens);
    out_known(out, "cache_read_tokens", call->cache_read);
    out_known(out, "reasoning_tokens", call->reasoning);
    out_known(out, "cost", call->cost);
    json_out_bool(out, "unpriced", call->unpriced);
    write_names(out, call);
    json_out_end_object(out);
}

static void write_cursor(struct json_out *out, const struct invocation_list *list)
{
    uint8_t id[SPAN_ID_BYTES];
    char hex[2 * SPAN_ID_BYTES + 1];
    if (!list->more || list->count == 0) {
        json_out_null(out, "next");
        return;
    }
    const struct invocation *last = &list->items[list->count - 1];
    id_bytes(last->span_id, id);
    str_hex_encode(id, sizeof id, hex);
    out_cursor(out, last->sort_value, str_from(hex));
}

void serve__invocations(struct request *request, void *context)
{
    struct call call;
    struct filters filters;
    struct invocation_question question;
    struct invocation_list list;
    int64_t count = -1;
    if (!call_begin(&call, request, context))
        return;
    enum status status = read_question(&call, &filters, &question);
    if (status == STATUS_OK)
        status = query_invocations(call.query, &question, &request->arena, &list, &call.error);
    if (status == STATUS_OK && str_equal(request_param(request, STR("count")), STR("1")))
        status = query_invocation_count(call.query, &question, COUNT_MOST, &count, &call.error);
    if (status == STATUS_OK) {
        json_out_object(&call.out, NULL);
        json_out_array(&call.out, "invocations");
        for (size_t i = 0; i < list.count; i++)
            out_invocation(&call.out, &list.items[i]);
        json_out_end_array(&call.out);
        write_cursor(&call.out, &list);
        if (count >= 0)
            json_out_int(&call.out, "total", count);
        json_out_end_object(&call.out);
    }
    call_end(&call, status);
}
