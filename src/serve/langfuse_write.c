/* SPDX-License-Identifier: Apache-2.0 */
/* langfuse_write: times, ids, content, pages and scores, the way Langfuse's SDKs read them. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "serve/langfuse_private.h"

enum { MEMORY_MAX = 64 << 20 };

enum status langfuse__page(struct call *call, struct langfuse_page *out_page)
{
    *out_page = (struct langfuse_page){0};
    enum status status = param_int(call, STR("page"), 1, 1, 1000000, &out_page->page);
    if (status == STATUS_OK)
        status = param_int(call, STR("limit"), 50, 1, 100, &out_page->limit);
    return status;
}

int64_t langfuse__skip(const struct langfuse_page *page)
{
    return (page->page - 1) * page->limit;
}

void langfuse__open_page(struct call *call)
{
    json_out_object(&call->out, NULL);
    json_out_array(&call->out, "data");
}

void langfuse__page_numbers(struct call *call, const char *key, const struct langfuse_page *page)
{
    json_out_object(&call->out, key);
    json_out_int(&call->out, "page", page->page);
    json_out_int(&call->out, "limit", page->limit);
    json_out_int(&call->out, "totalItems", page->total);
    json_out_int(&call->out, "totalPages", (page->total + page->limit - 1) / page->limit);
    json_out_end_object(&call->out);
}

void langfuse__close_page(struct call *call, const struct langfuse_page *page)
{
    json_out_end_array(&call->out);
    langfuse__page_numbers(call, "meta", page);
    json_out_end_object(&call->out);
}

static enum status read_bound(struct call *call, const char *name, int64_t *inout_ns)
{
    struct str text = request_param(call->request, str_from(name));
    if (text.len && !clock_parse(text, inout_ns))
        return fail(&call->error, STATUS_INVALID, "%s: expected a date and time in ISO 8601", name);
    return STATUS_OK;
}

enum status langfuse__range(struct call *call, const char *from, const char *to,
                            struct time_range *out_range)
{
    *out_range = (struct time_range){0, INT64_MAX};
    enum status status = read_bound(call, from, &out_range->from_ns);
    return status == STATUS_OK ? read_bound(call, to, &out_range->to_ns) : status;
}

struct str langfuse__base_url(struct call *call)
{
    struct str host = request_header(call->request, STR("host"));
    struct str scheme = request_header(call->request, STR("x-forwarded-proto"));
    if (host.len == 0)
        return str_from(call->options->base_url(call->options->context));
    return arena_printf(&call->request->arena, "%s://%.*s",
                        str_equal(scheme, STR("https")) ? "https" : "http", STR_ARGS(host));
}

struct str langfuse__project(struct call *call)
{
    struct project *projects;
    size_t count;
    if (control_project_list(call->options->control, &call->request->arena, &projects, &count,
                             NULL) == STATUS_OK)
        for (size_t i = 0; i < count; i++)
            if (projects[i].id == call->request->project_id)
                return projects[i].name;
    return STR("default");
}

/* Milliseconds: some of its clients read no more than six digits. */
void langfuse__time(struct json_out *out, const char *key, int64_t time_ns)
{
    char text[CLOCK_TEXT_BYTES];
    if (time_ns <= 0) {
        json_out_null(out, key);
        return;
    }
    clock_format(time_ns, text);
    char *dot = strchr(text, '.');
    if (dot && strlen(dot) > 4)
        memcpy(dot + 4, "Z", 2);
    json_out_text(out, key, text);
}

void langfuse__dollars(struct json_out *out, const char *key, int64_t nano)
{
    json_out_double(out, key, (double)nano / 1e9);
}

void langfuse__content(struct call *call, const char *key, struct str text)
{
    struct arena scratch;
    struct json json;
    struct str trimmed = str_trim(text);
    if (!text.ptr) {
        json_out_null(&call->out, key);
        return;
    }
    arena_init(&scratch, MEMORY_MAX);
    bool is_json = trimmed.len && strchr("{[\"-0123456789tfn", trimmed.ptr[0]) &&
                   json_parse(trimmed, &scratch, &json, NULL) == STATUS_OK;
    arena_done(&scratch);
    if (is_json)
        json_out_raw(&call->out, key, trimmed);
    else
        json_out_str(&call->out, key, text);
}

void langfuse__object(struct call *call, const char *key, struct str text)
{
    struct arena scratch;
    struct json json;
    struct str trimmed = str_trim(text);
    arena_init(&scratch, MEMORY_MAX);
    bool is_object = trimmed.len && trimmed.ptr[0] == '{' &&
                     json_parse(trimmed, &scratch, &json, NULL) == STATUS_OK;
    arena_done(&scratch);
    if (is_object) {
        json_out_raw(&call->out, key, trimmed);
        return;
    }
    json_out_object(&call->out, key);
    if (trimmed.len && !str_equal(trimmed, STR("null")))
        langfuse__content(call, "metadata", text);
    json_out_end_object(&call->out);
}

static struct str alias(struct call *call, enum alias_kind kind, struct alias_key key)
{
    struct str text = STR_NONE;
    struct error ignored;
    if (langfuse__known_name(call, kind, key, &text))
        return text;
    query_aliases(call->query, call->request->project_id, kind, &key, 1, &call->request->arena,
                  &text, &ignored);
    return text;
}

struct str langfuse__trace_id(struct call *call, struct trace_key trace)
{
    uint8_t bytes[TRACE_ID_BYTES];
    char hex[2 * TRACE_ID_BYTES + 1];
    struct str text = alias(call, ALIAS_TRACE, (struct alias_key){trace.hi, trace.lo});
    if (text.ptr)
        return text;
    id_bytes(trace.hi, bytes);
    id_bytes(trace.lo, bytes + 8);
    str_hex_encode(bytes, sizeof bytes, hex);
    return arena_copy(&call->request->arena, str_from(hex));
}

struct str langfuse__span_id(struct call *call, int64_t span_id)
{
    uint8_t bytes[SPAN_ID_BYTES];
    char hex[2 * SPAN_ID_BYTES + 1];
    struct str text = alias(call, ALIAS_SPAN, (struct alias_key){0, span_id});
    if (text.ptr)
        return text;
    id_bytes(span_id, bytes);
    str_hex_encode(bytes, sizeof bytes, hex);
    return arena_copy(&call->request->arena, str_from(hex));
}

/* Python's SDK v2 refuses whole traces for a type that came later. */
static bool knows_texts(struct call *call)
{
    struct str name = request_header(call->request, STR("x-langfuse-sdk-name"));
    struct str version = request_header(call->request, STR("x-langfuse-sdk-version"));
    return !str_equal(name, STR("python")) || !str_starts(version, STR("2."));
}

static void write_score_value(struct call *call, const struct score_item *score)
{
    static const char *const types[] = {"NUMERIC", "CATEGORICAL", "BOOLEAN", "TEXT", "CORRECTION"};
    struct json_out *out = &call->out;
    bool is_later = score->type == SCORE_TEXT || score->type == SCORE_CORRECTION;
    json_out_text(out, "dataType",
                  is_later && !knows_texts(call) ? "CATEGORICAL" : types[score->type]);
    json_out_double(out, "value", isnan(score->value) ? 0 : score->value);
    if (score->type == SCORE_BOOLEAN)
        json_out_text(out, "stringValue", score->value == 1 ? "True" : "False");
    else if (score->type != SCORE_NUMERIC)
        json_out_str(out, "stringValue", score->text.ptr ? score->text : STR(""));
}

void langfuse__score_members(struct call *call, const struct score_item *score)
{
    static const char *const sources[] = {"API", "EVAL", "ANNOTATION", "API"};
    struct json_out *out = &call->out;
    bool has_trace = score->trace.hi || score->trace.lo;
    json_out_str(out, "id", score->id);
    json_out_str(out, "projectId", langfuse__project(call));
    json_out_str(out, "name", score->name.ptr ? score->name : STR(""));
    json_out_str(out, "traceId", has_trace ? langfuse__trace_id(call, score->trace) : STR_NONE);
    json_out_str(out, "observationId",
                 score->span_id ? langfuse__span_id(call, score->span_id) : STR_NONE);
    out_name(out, "sessionId", score->session);
    out_name(out, "datasetRunId", score->dataset_run);
    write_score_value(call, score);
    json_out_text(out, "source", sources[score->source]);
    langfuse__time(out, "timestamp", score->time_ns);
    langfuse__time(out, "createdAt", score->created_ns);
    langfuse__time(out, "updatedAt", score->updated_ns);
    out_name(out, "authorUserId", score->author);
    out_name(out, "comment", score->comment);
    langfuse__object(call, "metadata", score->metadata);
    out_name(out, "configId", score->config_id);
    out_name(out, "queueId", score->queue_id);
    json_out_str(out, "environment", score->environment.len ? score->environment : STR("default"));
}

struct str langfuse__tags(struct call *call, struct trace_key trace)
{
    const struct langfuse_trace *known = langfuse__trace(call, trace);
    return known ? known->tags : STR("[]");
}

static void write_score_trace(struct call *call, struct trace_key key)
{
    static const struct trace_summary none;
    const struct langfuse_trace *known = key.hi || key.lo ? langfuse__trace(call, key) : NULL;
    const struct trace_summary *trace = known ? &known->summary : &none;
    struct json_out *out = &call->out;
    json_out_object(out, "trace");
    out_name(out, "userId", trace->user);
    json_out_raw(out, "tags", known ? known->tags : STR("[]"));
    json_out_str(out, "environment", trace->environment.len ? trace->environment : STR("default"));
    out_name(out, "sessionId", trace->session);
    json_out_end_object(out);
}

void langfuse__write_score(struct call *call, const struct score_item *score, bool with_trace)
{
    json_out_object(&call->out, NULL);
    langfuse__score_members(call, score);
    if (with_trace)
        write_score_trace(call, score->trace);
    json_out_end_object(&call->out);
}
