/* SPDX-License-Identifier: Apache-2.0 */
/* lists: facets, unpriced models, log records, metric names. */
#include <stdio.h>
#include <string.h>

#include "query/facets.h"
#include "query/records.h"
#include "serve/serve_private.h"

static enum status write_facet(struct call *call, const struct trace_list_question *question,
                               struct str name, size_t limit)
{
    struct facet facet;
    const struct filter_field *field = filter_field_find(name);
    if (!field)
        return fail(&call->error, STATUS_INVALID, "fields: there is no field '%.*s'",
                    (int)(name.len > 60 ? 60 : name.len), name.ptr);
    enum status status = query_facet(call->query, question, field, limit, &call->request->arena,
                                     &facet, &call->error);
    if (status != STATUS_OK)
        return status;
    json_out_object(&call->out, field->name);
    json_out_array(&call->out, "values");
    for (size_t i = 0; i < facet.count; i++) {
        json_out_object(&call->out, NULL);
        json_out_str(&call->out, "value",
                     facet.values[i].text.ptr ? facet.values[i].text : STR(""));
        json_out_int(&call->out, "count", facet.values[i].traces);
        json_out_end_object(&call->out);
    }
    json_out_end_array(&call->out);
    json_out_bool(&call->out, "more", facet.more);
    json_out_end_object(&call->out);
    return STATUS_OK;
}

void serve__facets(struct request *request, void *context)
{
    struct call call;
    struct filters filters;
    int64_t limit = 0;
    if (!call_begin(&call, request, context))
        return;
    struct trace_list_question question = {
        .project_id = request->project_id, .filters = &filters, .cancelled = &request->cancelled};
    struct str name, rest = request_param(request, STR("fields"));
    if (rest.len == 0)
        rest = STR("service,environment,model,provider,kind,status,error_kind,name,user,agent,"
                   "tool");
    enum status status = param_range(&call, &question.range);
    if (status == STATUS_OK)
        status = param_filters(&call, &filters);
    if (status == STATUS_OK)
        status = param_int(&call, STR("limit"), 20, 1, 100, &limit);
    json_out_object(&call.out, NULL);
    json_out_object(&call.out, "facets");
    for (int n = 0; status == STATUS_OK && n < 40 && str_take(&rest, ',', &name); n++)
        status = write_facet(&call, &question, str_trim(name), (size_t)limit);
    json_out_end_object(&call.out);
    json_out_end_object(&call.out);
    call_end(&call, status);
}

void serve__unpriced(struct request *request, void *context)
{
    struct call call;
    struct time_range range;
    struct unpriced_model *models;
    size_t count;
    if (!call_begin(&call, request, context))
        return;
    enum status status = param_range(&call, &range);
    if (status == STATUS_OK)
        status = query_unpriced(call.query, request->project_id, range, &request->arena, &models,
                                &count, &call.error);
    if (status == STATUS_OK) {
        json_out_object(&call.out, NULL);
        json_out_array(&call.out, "models");
        for (size_t i = 0; i < count; i++) {
            json_out_object(&call.out, NULL);
            out_name(&call.out, "provider", models[i].provider);
            out_name(&call.out, "model", models[i].model);
            json_out_int(&call.out, "calls", models[i].calls);
            json_out_int(&call.out, "input_tokens", models[i].input_tokens);
            json_out_int(&call.out, "output_tokens", models[i].output_tokens);
            json_out_int_text(&call.out, "last", models[i].last_ns);
            json_out_end_object(&call.out);
        }
        json_out_end_array(&call.out);
        json_out_end_object(&call.out);
    }
    call_end(&call, status);
}

/* --- logs ---------------------------------------------------------------------------------- */

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

/* A cursor is the time of the last row and how many rows of that time were shown: "<ns>.<n>". */
static enum status read_log_cursor(struct call *call, struct log_question *question)
{
    struct str text = request_param(call->request, STR("cursor"));
    size_t dot = str_find_byte(text, '.');
    if (text.len == 0)
        return STATUS_OK;
    if (!str_to_i64(str_sub(text, 0, dot), &question->cursor_time_ns) ||
        !str_to_i64(str_sub(text, dot + 1, text.len), &question->cursor_skip) ||
        question->cursor_skip < 0)
        return fail(&call->error, STATUS_INVALID, "cursor: expected the `next` of a reply");
    question->has_cursor = true;
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

static enum status read_log_question(struct call *call, struct log_question *question)
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
    char cursor[64];
    if (!list->more || list->count == 0) {
        json_out_null(out, "next");
        return;
    }
    int64_t last = list->items[list->count - 1].time_ns, same = 0;
    for (size_t i = list->count; i-- > 0 && list->items[i].time_ns == last;)
        same++;
    if (question->has_cursor && last == question->cursor_time_ns)
        same += question->cursor_skip;
    snprintf(cursor, sizeof cursor, "%lld.%lld", (long long)last, (long long)same);
    json_out_text(out, "next", cursor);
}

void serve__logs(struct request *request, void *context)
{
    struct call call;
    struct log_question question;
    struct log_list list;
    if (!call_begin(&call, request, context))
        return;
    enum status status = read_log_question(&call, &question);
    if (status == STATUS_OK)
        status = query_logs(call.query, &question, &request->arena, &list, &call.error);
    if (status == STATUS_OK) {
        json_out_object(&call.out, NULL);
        json_out_array(&call.out, "logs");
        for (size_t i = 0; i < list.count; i++) {
            const struct log_row *log = &list.items[i];
            json_out_object(&call.out, NULL);
            json_out_int_text(&call.out, "time", log->time_ns);
            json_out_text(&call.out, "severity", severity_text(log->severity));
            json_out_int(&call.out, "severity_number", log->severity);
            out_name(&call.out, "event", log->event);
            out_name(&call.out, "service", log->service);
            out_trace_id(&call.out, "trace_id", log->trace);
            out_span_id(&call.out, "span_id", log->span_id);
            json_out_str(&call.out, "body", log->body.ptr ? log->body : STR(""));
            json_out_end_object(&call.out);
        }
        json_out_end_array(&call.out);
        write_log_cursor(&call.out, &question, &list);
        json_out_end_object(&call.out);
    }
    call_end(&call, status);
}

void serve__metric_names(struct request *request, void *context)
{
    static const char *const types[] = {"unknown",   "gauge",       "sum",
                                        "histogram", "exponential", "summary"};
    struct call call;
    struct time_range range;
    struct metric_row *rows;
    size_t count;
    if (!call_begin(&call, request, context))
        return;
    enum status status = param_range(&call, &range);
    if (status == STATUS_OK)
        status = query_metric_names(call.query, request->project_id, range, &request->arena, &rows,
                                    &count, &call.error);
    if (status == STATUS_OK) {
        json_out_object(&call.out, NULL);
        json_out_array(&call.out, "metrics");
        for (size_t i = 0; i < count; i++) {
            json_out_object(&call.out, NULL);
            out_name(&call.out, "name", rows[i].name);
            out_name(&call.out, "unit", rows[i].unit);
            json_out_text(&call.out, "type",
                          types[rows[i].type <= METRIC_SUMMARY ? rows[i].type : 0]);
            json_out_int(&call.out, "points", rows[i].points);
            json_out_int_text(&call.out, "last", rows[i].last_ns);
            json_out_end_object(&call.out);
        }
        json_out_end_array(&call.out);
        json_out_end_object(&call.out);
    }
    call_end(&call, status);
}
