/* SPDX-License-Identifier: Apache-2.0 */
/* saved_queries: lists, reads and keeps questions with a name. What they ask is not run here. */
#include "control/saved_queries.h"

#include "serve/serve_private.h"

static void write_query(struct json_out *out, const struct saved_query *query, struct arena *arena)
{
    json_out_object(out, NULL);
    json_out_str(out, "id", arena_printf(arena, "%lld", (long long)query->id));
    json_out_str(out, "name", query->name);
    json_out_str(out, "description", query->description);
    json_out_str(out, "language", query->language);
    json_out_str(out, "text", query->text);
    out_name(out, "source", query->source);
    out_name(out, "from", query->from);
    out_name(out, "to", query->to);
    if (query->chart.len)
        json_out_raw(out, "chart", query->chart);
    else
        json_out_null(out, "chart");
    out_time(out, "created", query->created_ns);
    out_time(out, "updated", query->updated_ns);
    json_out_end_object(out);
}

void serve__saved_queries(struct request *request, void *context)
{
    struct call call;
    struct saved_query *queries;
    size_t count;
    call_begin_plain(&call, request, context);
    enum status status = control_saved_query_list(call.options->control, request->project_id,
                                                  &request->arena, &queries, &count, &call.error);
    if (status == STATUS_OK) {
        json_out_object(&call.out, NULL);
        json_out_array(&call.out, "queries");
        for (size_t i = 0; i < count; i++)
            write_query(&call.out, &queries[i], &request->arena);
        json_out_end_array(&call.out);
        json_out_end_object(&call.out);
    }
    call_end(&call, status);
}

static enum status read_id(struct call *call, int64_t *out_id)
{
    struct str text = request_path_part(call->request, STR("id"));
    return str_to_i64(text, out_id)
               ? STATUS_OK
               : fail(&call->error, STATUS_NOT_FOUND, "id: there is no saved query '%.*s'",
                      (int)(text.len > 40 ? 40 : text.len), text.ptr);
}

static enum status reply_with(struct call *call, int64_t id, int http_status)
{
    struct saved_query query;
    enum status status = control_saved_query_get(call->options->control, call->request->project_id,
                                                 id, &call->request->arena, &query, &call->error);
    if (status == STATUS_OK) {
        write_query(&call->out, &query, &call->request->arena);
        call->response.http_status = http_status;
    }
    return status;
}

void serve__saved_query(struct request *request, void *context)
{
    struct call call;
    int64_t id;
    call_begin_plain(&call, request, context);
    enum status status = read_id(&call, &id);
    if (status == STATUS_OK)
        status = reply_with(&call, id, 200);
    call_end(&call, status);
}

/* A text of at most so many bytes. */
static enum status read_text(struct call *call, const struct json *body, const char *name,
                             bool required, size_t most, struct str *out_text)
{
    enum status status = body_text(call, body, name, required, out_text);
    if (status == STATUS_OK && required && str_trim(*out_text).len == 0)
        return fail(&call->error, STATUS_INVALID, "%s: expected a text that is not empty", name);
    if (status == STATUS_OK && out_text->len > most)
        return fail(&call->error, STATUS_TOO_LARGE, "%s: at most %zu bytes", name, most);
    return status;
}

static bool is_one_of(struct str text, const char *const *words)
{
    for (; *words; words++)
        if (str_equal(text, str_from(*words)))
            return true;
    return false;
}

static enum status read_chart(struct call *call, const struct json *body, struct str *out_chart)
{
    const struct json *chart = json_get(body, STR("chart"));
    *out_chart = STR("");
    if (!chart || chart->type == JSON_NULL)
        return STATUS_OK;
    if (chart->type != JSON_OBJECT)
        return fail(&call->error, STATUS_INVALID, "chart: expected an object");
    if (chart->raw.len > SAVED_CHART_BYTES_MAX)
        return fail(&call->error, STATUS_TOO_LARGE, "chart: at most %d bytes",
                    SAVED_CHART_BYTES_MAX);
    *out_chart = chart->raw;
    return STATUS_OK;
}

static enum status read_query(struct call *call, struct saved_query *out)
{
    static const char *const languages[] = {"query", "sql", NULL};
    static const char *const sources[] = {"", "spans", "traces", "logs", "metrics", "scores", NULL};
    struct json body;
    enum status status = body_read(call, &body);
    if (status == STATUS_OK)
        status = read_text(call, &body, "name", true, SAVED_NAME_BYTES_MAX, &out->name);
    if (status == STATUS_OK)
        status = read_text(call, &body, "description", false, 2000, &out->description);
    if (status == STATUS_OK)
        status = read_text(call, &body, "language", false, 20, &out->language);
    if (status == STATUS_OK)
        status = read_text(call, &body, "text", true, SAVED_TEXT_BYTES_MAX, &out->text);
    if (status == STATUS_OK)
        status = read_text(call, &body, "source", false, 20, &out->source);
    if (status == STATUS_OK)
        status = read_text(call, &body, "from", false, 60, &out->from);
    if (status == STATUS_OK)
        status = read_text(call, &body, "to", false, 60, &out->to);
    if (status == STATUS_OK)
        status = read_chart(call, &body, &out->chart);
    if (status != STATUS_OK)
        return status;
    if (out->language.len == 0)
        out->language = STR("query");
    if (!is_one_of(out->language, languages))
        return fail(&call->error, STATUS_INVALID, "language: expected query or sql");
    if (!is_one_of(out->source, sources))
        return fail(&call->error, STATUS_INVALID,
                    "source: expected spans, traces, logs, metrics or scores");
    return STATUS_OK;
}

void serve__saved_query_create(struct request *request, void *context)
{
    struct call call;
    struct saved_query query = {0};
    int64_t id;
    call_begin_plain(&call, request, context);
    enum status status = read_query(&call, &query);
    if (status == STATUS_OK)
        status = control_saved_query_create(call.options->control, request->project_id, &query, &id,
                                            &call.error);
    if (status == STATUS_OK)
        status = reply_with(&call, id, 201);
    call_end(&call, status);
}

void serve__saved_query_update(struct request *request, void *context)
{
    struct call call;
    struct saved_query query = {0};
    call_begin_plain(&call, request, context);
    enum status status = read_id(&call, &query.id);
    if (status == STATUS_OK)
        status = read_query(&call, &query);
    if (status == STATUS_OK)
        status = control_saved_query_update(call.options->control, request->project_id, &query,
                                            &call.error);
    if (status == STATUS_OK)
        status = reply_with(&call, query.id, 200);
    call_end(&call, status);
}

void serve__saved_query_delete(struct request *request, void *context)
{
    struct call call;
    int64_t id;
    call_begin_plain(&call, request, context);
    enum status status = read_id(&call, &id);
    if (status == STATUS_OK)
        status =
            control_saved_query_delete(call.options->control, request->project_id, id, &call.error);
    if (status == STATUS_OK)
        call.response.http_status = 204;
    call_end(&call, status);
}
