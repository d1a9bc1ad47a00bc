/* SPDX-License-Identifier: Apache-2.0 */
/* logs: lists of log records. */
#include "serve/logs.h"

#include <stdio.h>

static const char *severity_text(int32_t severity)
{
    static const char *const names[] = {"UNSPECIFIED", "TRACE", "DEBUG", "INFO",
                                        "WARN",        "ERROR", "FATAL"};
    return severity < 1 || severity > 24 ? names[0] : names[(severity - 1) / 4 + 1];
}

static enum status read_severity(struct call *call, int32_t *out_least)
{
    struct str text = request_param(call->request, STR("severity"));
    *out_least = 0;
    if (text.len == 0)
        return STATUS_OK;
    for (int32_t severity = 1; severity <= 24; severity += 4) {
        if (str_equal_nocase(text, str_from(severity_text(severity)))) {
            *out_least = severity;
            return STATUS_OK;
        }
    }
    return fail(&call->error, STATUS_INVALID,
                "severity: expected TRACE, DEBUG, INFO, WARN, ERROR or FATAL");
}

/* A cursor is the time of the last row and how many rows of that time were shown. */
static enum status read_log_cursor(struct call *call, struct log_question *question)
{
    struct str rest;
    enum status status =
        param_cursor(call, &question->has_cursor, &question->cursor_time_ns, &rest);
    if (status != STATUS_OK || !question->has_cursor)
        return status;
    if (!str_to_i64(rest, &question->cursor_skip) || question->cursor_skip < 0)
        return param_cursor_refused(call);
    return STATUS_OK;
}

/* `f` filters that log records have, too: service, environment and trace_id, each with one value.
 */
static enum status read_log_filters(struct call *call, struct log_question *question)
{
    struct filters filters;
    uint8_t id[TRACE_ID_BYTES];
    enum status status = param_filters(call, &filters);
    for (size_t i = 0; status == STATUS_OK && i < filters.count; i++) {
        const struct filter *filter = &filters.items[i];
        struct str name = str_from(filter->field->name);
        bool one = filter->op == FILTER_EQ && filter->value_count == 1;
        if (one && str_equal(name, STR("service"))) {
            question->service = filter->values[0];
        } else if (one && str_equal(name, STR("environment"))) {
            question->environment = filter->values[0];
        } else if (one && str_equal(name, STR("trace_id"))) {
            str_hex_decode(filter->values[0], id, sizeof id);
            question->has_trace = true;
            question->trace = trace_key(id);
        } else {
            status = fail(&call->error, STATUS_INVALID,
                          "f: logs can be filtered by service=, environment= and trace_id=, "
                          "one value each");
        }
    }
    return status;
}

enum status param_log_question(struct call *call, struct log_question *question)
{
    uint8_t id[TRACE_ID_BYTES];
    int64_t limit = 0;
    struct str trace = request_param(call->request, STR("trace_id"));
    *question = (struct log_question){
        .project_id = call->request->project_id,
        .service = request_param(call->request, STR("service")),
        .event = request_param(call->request, STR("event")),
        .cancelled = &call->request->cancelled,
    };
    if (trace.len && !str_hex_decode(trace, id, sizeof id))
        return fail(&call->error, STATUS_INVALID, "trace_id: expected 32 hex digits");
    if (trace.len) {
        question->has_trace = true;
        question->trace = trace_key(id);
    }
    enum status status = param_range(call, &question->range);
    if (status == STATUS_OK)
        status = read_log_filters(call, question);
    if (status == STATUS_OK)
        status = read_severity(call, &question->severity_least);
    if (status == STATUS_OK)
        status = param_int(call, STR("limit"), 100, 1, 1000, &limit);
    if (status == STATUS_OK)
        status = read_log_cursor(call, question);
    question->limit = (size_t)limit;
    return status;
}

static void write_log_cursor(struct json_out *out, const struct log_question *question,
                             const struct log_list *list)
{
    char shown[24];
    if (!list->more || list->count == 0) {
        json_out_null(out, "next");
        return;
    }
    int64_t last = list->items[list->count - 1].time_ns, same = 0;
    for (size_t i = list->count; i-- > 0 && list->items[i].time_ns == last;)
        same++;
    if (question->has_cursor && last == question->cursor_time_ns)
        same += question->cursor_skip;
    snprintf(shown, sizeof shown, "%lld", (long long)same);
    out_cursor(out, last, str_from(shown));
}

void out_log(struct json_out *out, const struct log_row *log)
{
    json_out_object(out, NULL);
    json_out_int_text(out, "time", log->time_ns);
    json_out_text(out, "severity", severity_text(log->severity));
    json_out_int(out, "severity_number", log->severity);
    out_name(out, "event", log->event);
    out_name(out, "service", log->service);
    out_trace_id(out, "trace_id", log->trace);
    out_span_id(out, "span_id", log->span_id);
    json_out_str(out, "body", log->body.ptr ? log->body : STR(""));
    json_out_end_object(out);
}

void serve__logs(struct request *request, void *context)
{
    struct call call;
    struct log_question question;
    struct log_list list;
    if (!call_begin(&call, request, context))
        return;
    enum status status = param_log_question(&call, &question);
    if (status == STATUS_OK)
        status = query_logs(call.query, &question, &request->arena, &list, &call.error);
    if (status == STATUS_OK) {
        json_out_object(&call.out, NULL);
        json_out_array(&call.out, "logs");
        for (size_t i = 0; i < list.count; i++)
            out_log(&call.out, &list.items[i]);
        json_out_end_array(&call.out);
        write_log_cursor(&call.out, &question, &list);
        json_out_end_object(&call.out);
    }
    call_end(&call, status);
}
