/* SPDX-License-Identifier: Apache-2.0 */
/* langfuse_traces: traces and sessions as Langfuse's SDKs read them. */
#include <stdio.h>
#include <string.h>

#include "normalise/value_json.h"
#include "serve/langfuse_private.h"

enum { OBSERVATIONS_MAX = 5000, SCORES_MAX = 1000, SESSION_TRACES_MAX = 500 };

/* --- one object ------------------------------------------------------------------------------- */

static struct str attribute_text(struct call *call, const struct span_view *view, struct str key)
{
    const struct value *value = attributes_get(&view->span->attributes, key);
    return value ? value_plain_text(value, &view->contents, &call->request->arena) : STR_NONE;
}

static void write_metadata(struct call *call, const struct span_view *view)
{
    static const char *const prefixes[] = {"langfuse.trace.metadata.", "langfuse.metadata."};
    const struct attributes *attributes = &view->span->attributes;
    struct str whole = attribute_text(call, view, STR("langfuse.trace.metadata"));
    if (whole.len) {
        langfuse__content(call, "metadata", whole);
        return;
    }
    json_out_object(&call->out, "metadata");
    for (size_t i = 0; i < attributes->count; i++)
        for (size_t p = 0; p < sizeof prefixes / sizeof *prefixes; p++) {
            struct str key = attributes->items[i].key;
            if (!str_starts(key, str_from(prefixes[p])))
                continue;
            key = arena_copy(&call->request->arena, str_sub(key, strlen(prefixes[p]), key.len));
            if (key.ptr)
                langfuse__content(call, key.ptr,
                                  value_plain_text(&attributes->items[i].value, &view->contents,
                                                   &call->request->arena));
        }
    json_out_end_object(&call->out);
}

/* What only the root's record says. */
static void write_root(struct call *call, const struct trace_summary *trace)
{
    struct span_view view;
    struct error ignored;
    struct json_out *out = &call->out;
    if (!trace->root_span ||
        query_span(call->query, call->request->project_id, trace->key, trace->root_span,
                   &call->request->arena, &view, &ignored) != STATUS_OK) {
        langfuse__content(call, "input", trace->input);
        langfuse__content(call, "output", trace->output);
        json_out_null(out, "version");
        json_out_raw(out, "metadata", STR("{}"));
        json_out_raw(out, "tags", STR("[]"));
        json_out_bool(out, "public", false);
        return;
    }
    struct str input = attribute_text(call, &view, STR("langfuse.trace.input"));
    struct str output = attribute_text(call, &view, STR("langfuse.trace.output"));
    struct str shared = attribute_text(call, &view, STR("langfuse.trace.public"));
    langfuse__content(call, "input", input.len ? input : view.conversation.input_text);
    langfuse__content(call, "output", output.len ? output : view.conversation.output_text);
    out_name(out, "version", view.observation.version);
    write_metadata(call, &view);
    json_out_raw(out, "tags", view.observation.tags.len ? view.observation.tags : STR("[]"));
    json_out_bool(out, "public", str_equal(shared, STR("true")));
    span_view_done(&view);
}

static enum status write_observations(struct call *call, const struct trace_summary *trace,
                                      bool whole)
{
    struct observation_key *keys;
    size_t count;
    const struct observation_question question = {
        .project_id = call->request->project_id,
        .range = {0, INT64_MAX},
        .has_trace = true,
        .trace = trace->key,
        .kind = -1,
        .status = -1,
        .limit = OBSERVATIONS_MAX,
        .cancelled = &call->request->cancelled,
    };
    enum status status = query_observations(call->query, &question, &call->request->arena, &keys,
                                            &count, NULL, &call->error);
    if (status != STATUS_OK)
        return status;
    json_out_array(&call->out, "observations");
    for (size_t i = count; i-- > 0;) {
        if (whole)
            langfuse__write_observation(call, &keys[i]);
        else
            json_out_str(&call->out, NULL, langfuse__span_id(call, keys[i].span_id));
    }
    json_out_end_array(&call->out);
    return STATUS_OK;
}

static enum status write_scores(struct call *call, const struct trace_summary *trace, bool whole)
{
    struct score_list list;
    const struct score_question question = {
        .project_id = call->request->project_id,
        .range = {INT64_MIN, INT64_MAX},
        .type = -1,
        .source = -1,
        .has_trace = true,
        .trace = trace->key,
        .limit = SCORES_MAX,
        .cancelled = &call->request->cancelled,
    };
    enum status status =
        query_scores(call->query, &question, whole, &call->request->arena, &list, &call->error);
    if (status != STATUS_OK)
        return status;
    json_out_array(&call->out, "scores");
    for (size_t i = 0; i < list.count; i++) {
        if (whole)
            langfuse__write_score(call, &list.items[i], false);
        else
            json_out_str(&call->out, NULL, list.items[i].id);
    }
    json_out_end_array(&call->out);
    return STATUS_OK;
}

enum status langfuse__write_trace(struct call *call, const struct trace_summary *trace, bool whole)
{
    struct json_out *out = &call->out;
    char path[1200];
    struct str id = langfuse__trace_id(call, trace->key), project = langfuse__project(call);
    json_out_object(out, NULL);
    json_out_str(out, "id", id);
    json_out_str(out, "projectId", project);
    json_out_str(out, "name", trace->name.ptr ? trace->name : STR(""));
    langfuse__time(out, "timestamp", trace->start_ns);
    json_out_str(out, "environment", trace->environment.len ? trace->environment : STR("default"));
    json_out_bool(out, "bookmarked", false);
    out_name(out, "release", trace->release);
    out_name(out, "userId", trace->user);
    out_name(out, "sessionId", trace->session);
    json_out_null(out, "externalId");
    write_root(call, trace);
    langfuse__time(out, "createdAt", trace->arrival_ns);
    langfuse__time(out, "updatedAt", trace->arrival_ns);
    langfuse__dollars(out, "totalCost", trace->cost > 0 ? trace->cost : 0);
    json_out_double(out, "latency", (double)(trace->end_ns - trace->start_ns) / 1e9);
    snprintf(path, sizeof path, "/project/%.*s/traces/%.*s", STR_ARGS(project),
             (int)(id.len > 1000 ? 1000 : id.len), id.ptr);
    json_out_text(out, "htmlPath", path);
    enum status status = write_observations(call, trace, whole);
    if (status == STATUS_OK)
        status = write_scores(call, trace, whole);
    json_out_end_object(out);
    return status;
}

void serve__langfuse_trace(struct request *request, void *context)
{
    struct call call;
    struct trace_summary trace;
    uint8_t id[TRACE_ID_BYTES];
    if (!call_begin(&call, request, context))
        return;
    foreign_trace_id(request_path_part(request, STR("id")), id);
    enum status status = query_trace(call.query, request->project_id, trace_key(id),
                                     &request->arena, &trace, &call.error);
    if (status == STATUS_OK)
        status = langfuse__write_trace(&call, &trace, true);
    call_end(&call, status);
}

/* --- lists ------------------------------------------------------------------------------------ */

static void add_filter(struct filters *filters, const char *field, struct str value)
{
    if (!value.len || filters->count == FILTERS_MAX)
        return;
    struct filter *filter = &filters->items[filters->count++];
    *filter = (struct filter){.field = filter_field_find(str_from(field)),
                              .op = FILTER_EQ,
                              .values = {value},
                              .value_count = 1};
}

static enum status read_order(struct call *call, struct trace_list_question *question)
{
    struct str order = request_param(call->request, STR("orderBy")), field;
    if (order.len == 0)
        return STATUS_OK;
    str_take(&order, '.', &field);
    question->ascending = str_equal_nocase(order, STR("asc"));
    if (!str_equal(field, STR("timestamp")))
        return fail(&call->error, STATUS_INVALID,
                    "orderBy: expected timestamp.asc or timestamp.desc");
    return STATUS_OK;
}

static enum status read_question(struct call *call, struct filters *filters,
                                 struct trace_list_question *question)
{
    static const char *const names[][2] = {{"userId", "user"},
                                           {"name", "trace_name"},
                                           {"sessionId", "session"},
                                           {"release", "release"},
                                           {"environment", "environment"}};
    *filters = (struct filters){0};
    *question = (struct trace_list_question){.project_id = call->request->project_id,
                                             .filters = filters,
                                             .cancelled = &call->request->cancelled};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        add_filter(filters, names[i][1], request_param(call->request, str_from(names[i][0])));
    enum status status = read_order(call, question);
    return status == STATUS_OK
               ? langfuse__range(call, "fromTimestamp", "toTimestamp", &question->range)
               : status;
}

void serve__langfuse_traces(struct request *request, void *context)
{
    enum { COUNT_MOST = 1000000 };
    struct call call;
    struct langfuse_page page;
    struct filters filters;
    struct trace_list_question question;
    struct trace_list list;
    if (!call_begin(&call, request, context))
        return;
    enum status status = langfuse__page(&call, &page);
    if (status == STATUS_OK)
        status = read_question(&call, &filters, &question);
    if (status == STATUS_OK) {
        question.limit = (size_t)page.limit;
        question.skip = langfuse__skip(&page);
        status = query_traces(call.query, &question, &request->arena, &list, &call.error);
    }
    if (status == STATUS_OK)
        status = query_trace_count(call.query, &question, COUNT_MOST, &page.total, &call.error);
    if (status == STATUS_OK) {
        langfuse__open_page(&call);
        for (size_t i = 0; i < list.count && status == STATUS_OK; i++)
            status = langfuse__write_trace(&call, &list.items[i], false);
        langfuse__close_page(&call, &page);
    }
    call_end(&call, status);
}

/* --- sessions --------------------------------------------------------------------------------- */

static void write_session(struct call *call, struct str id, int64_t created_ns,
                          struct str environment)
{
    json_out_str(&call->out, "id", id);
    langfuse__time(&call->out, "createdAt", created_ns);
    json_out_str(&call->out, "projectId", langfuse__project(call));
    json_out_str(&call->out, "environment", environment.len ? environment : STR("default"));
}

void serve__langfuse_sessions(struct request *request, void *context)
{
    struct call call;
    struct langfuse_page page;
    struct time_range range;
    struct session_row *rows;
    size_t count;
    if (!call_begin(&call, request, context))
        return;
    enum status status = langfuse__page(&call, &page);
    if (status == STATUS_OK)
        status = langfuse__range(&call, "fromTimestamp", "toTimestamp", &range);
    if (status == STATUS_OK)
        status = query_session_page(call.query, request->project_id, range, (size_t)page.limit,
                                    langfuse__skip(&page), &request->arena, &rows, &count,
                                    &page.total, &call.error);
    if (status == STATUS_OK) {
        langfuse__open_page(&call);
        for (size_t i = 0; i < count; i++) {
            json_out_object(&call.out, NULL);
            write_session(&call, rows[i].id, rows[i].created_ns, rows[i].environment);
            json_out_end_object(&call.out);
        }
        langfuse__close_page(&call, &page);
    }
    call_end(&call, status);
}

void serve__langfuse_session(struct request *request, void *context)
{
    struct call call;
    struct filters filters = {0};
    struct trace_list list;
    struct str id = request_path_part(request, STR("id"));
    if (!call_begin(&call, request, context))
        return;
    add_filter(&filters, "session", id);
    const struct trace_list_question question = {
        .project_id = request->project_id,
        .range = {0, INT64_MAX},
        .filters = &filters,
        .ascending = true,
        .limit = SESSION_TRACES_MAX,
        .cancelled = &request->cancelled,
    };
    enum status status = query_traces(call.query, &question, &request->arena, &list, &call.error);
    if (status == STATUS_OK && list.count == 0)
        status = fail(&call.error, STATUS_NOT_FOUND, "this project has no such session");
    if (status == STATUS_OK) {
        json_out_object(&call.out, NULL);
        write_session(&call, id, list.items[0].start_ns, list.items[0].environment);
        json_out_array(&call.out, "traces");
        for (size_t i = 0; i < list.count && status == STATUS_OK; i++)
            status = langfuse__write_trace(&call, &list.items[i], false);
        json_out_end_array(&call.out);
        json_out_end_object(&call.out);
    }
    call_end(&call, status);
}
