/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transcript: GET …/transcript of a trace or a session: what was said, each message once.
 *
 * A page ends after the call with which it reaches PAGE_BYTES.
 */
#include "query/transcript.h"

#include <stdio.h>

#include "serve/content.h"

enum { PAGE_BYTES = 2 << 20, CALLS_DEFAULT = 100, CALLS_MAX = 500 };

static void write_call(struct call *call, const struct transcript_call *told)
{
    struct store *store = call->query->store;
    struct json_out *out = &call->out;
    json_out_object(out, "call");
    out_trace_id(out, "trace_id", told->trace);
    out_span_id(out, "span_id", told->span_id);
    out_name(out, "name", store_name(store, told->name));
    out_name(out, "model", store_name(store, told->model));
    out_name(out, "agent", store_name(store, told->agent));
    json_out_int(out, "duration", told->duration_ns);
    json_out_text(out, "status", told->is_error ? "error" : "ok");
    json_out_text(out, "error_kind", error_kind_name(told->error_kind));
    if (told->cost >= 0)
        json_out_int(out, "cost", told->cost);
    else
        json_out_null(out, "cost");
    if (told->total_tokens >= 0)
        json_out_int(out, "total_tokens", told->total_tokens);
    else
        json_out_null(out, "total_tokens");
    json_out_end_object(out);
}

static bool write_message(void *context, const struct transcript_message *told)
{
    struct call *call = context;
    struct json_out *out = &call->out;
    const struct message *message = told->message;
    struct content_writer writer = {
        .out = out, .call = call, .request = call->request, .view = told->view};
    content_writer_at(&writer, told->call->trace, told->call->span_id);
    json_out_object(out, NULL);
    out_time(out, "time", told->time_ns);
    json_out_bool(out, "answer", told->is_answer);
    write_call(call, told->call);
    json_out_object(out, "message");
    json_out_str(out, "role", message->role.ptr ? message->role : STR(""));
    out_name(out, "name", message->name);
    out_name(out, "finish", message->finish);
    json_out_array(out, "parts");
    for (size_t i = 0; i < message->part_count; i++) {
        char path[64];
        bool is_text = str_starts(str_from(told->path), STR("text/"));
        if (is_text)
            snprintf(path, sizeof path, "%s", told->path);
        else
            snprintf(path, sizeof path, "%s/%zu", told->path, i);
        content_part(&writer, &message->parts[i], path);
    }
    json_out_end_array(out);
    json_out_end_object(out);
    json_out_end_object(out);
    return call->response.body.len < PAGE_BYTES;
}

static enum status write_transcript(struct call *call, struct transcript_question *question)
{
    int64_t after = 0, limit = 0;
    size_t next = 0;
    enum status status = param_int(call, STR("after"), 0, 0, TRANSCRIPT_CALLS_MAX, &after);
    if (status == STATUS_OK)
        status = param_int(call, STR("limit"), CALLS_DEFAULT, 1, CALLS_MAX, &limit);
    if (status != STATUS_OK)
        return status;
    question->project_id = call->request->project_id;
    question->after = (size_t)after;
    question->limit = (size_t)limit;
    question->cancelled = &call->request->cancelled;
    json_out_object(&call->out, NULL);
    json_out_array(&call->out, "messages");
    status = query_transcript(call->query, question, write_message, call, &next, &call->error);
    json_out_end_array(&call->out);
    if (next > 0 && next < TRANSCRIPT_CALLS_MAX)
        json_out_int(&call->out, "next", (int64_t)next);
    else
        json_out_null(&call->out, "next");
    json_out_end_object(&call->out);
    return status;
}

void serve__trace_transcript(struct request *request, void *context)
{
    struct call call;
    struct transcript_question question = {0};
    if (!call_begin(&call, request, context))
        return;
    enum status status = param_trace_id(&call, &question.trace);
    if (status == STATUS_OK)
        status = write_transcript(&call, &question);
    call_end(&call, status);
}

void serve__session_transcript(struct request *request, void *context)
{
    struct call call;
    if (!call_begin(&call, request, context))
        return;
    struct transcript_question question = {
        .session = request_path_part(request, STR("session")),
    };
    call_end(&call, write_transcript(&call, &question));
}
