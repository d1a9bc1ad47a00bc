/* SPDX-License-Identifier: Apache-2.0 */
/* langfuse_traces: traces and sessions as Langfuse's SDKs read them. */
#include <stdio.h>

#include "serve/langfuse_filter.h"

enum { OBSERVATIONS_MAX = 5000, SCORES_MAX = 1000, SESSION_TRACES_MAX = 500, PAGE_ROWS_MAX = 100 };

/* --- one object ------------------------------------------------------------------------------- */

/* span_id 0: it did not come (yet). */
static struct langfuse_key root_of(const struct trace_summary *trace)
{
    return (struct langfuse_key){.trace = trace->key,
                                 .span_id = trace->root_span,
                                 .arrival_ns = trace->arrival_ns,
                                 .location = trace->root_place};
}

/* What only the root's record says. */
static void write_root(struct call *call, const struct trace_summary *trace, bool with_content)
{
    struct span_view view;
    struct json_out *out = &call->out;
    const struct langfuse_key root = root_of(trace);
    if (!root.span_id || !langfuse__read_span(call, &root, &view)) {
        langfuse__content(call, "input", with_content ? trace->input : STR_NONE);
        langfuse__content(call, "output", with_content ? trace->output : STR_NONE);
        json_out_null(out, "version");
        json_out_raw(out, "metadata", STR("{}"));
        json_out_bool(out, "public", false);
        return;
    }
    struct str input = langfuse__attribute(call, &view, STR("langfuse.trace.input"));
    struct str output = langfuse__attribute(call, &view, STR("langfuse.trace.output"));
    struct str shared = langfuse__attribute(call, &view, STR("langfuse.trace.public"));
    if (!input.len)
        input = view.conversation.input_text;
    if (!output.len)
        output = view.conversation.output_text;
    langfuse__content(call, "input", with_content ? input : STR_NONE);
    langfuse__content(call, "output", with_content ? output : STR_NONE);
    out_name(out, "version", view.observation.version);
    if (with_content)
        langfuse__metadata(call, &view, LANGFUSE_TRACES);
    else
        json_out_null(out, "metadata");
    json_out_bool(out, "public", str_equal(shared, STR("true")));
    span_view_done(&view);
}

static enum status write_observations(struct call *call, const struct trace_summary *trace)
{
    struct langfuse_key *keys;
    size_t count;
    const struct langfuse_list_question question = {
        .rows = {.project_id = call->request->project_id,
                 .view = LANGFUSE_OBSERVATIONS,
                 .range = {0, INT64_MAX},
                 .has_trace = true,
                 .trace = trace->key},
        .limit = OBSERVATIONS_MAX,
        .cancelled = &call->request->cancelled,
    };
    enum status status = query_langfuse_keys(call->query, &question, &call->request->arena, &keys,
                                             &count, NULL, &call->error);
    if (status != STATUS_OK)
        return status;
    langfuse__learn_keys(call, keys, count);
    json_out_array(&call->out, "observations");
    for (size_t i = count; i-- > 0;)
        langfuse__write_observation(call, &keys[i]);
    json_out_end_array(&call->out);
    return STATUS_OK;
}

static enum status write_scores(struct call *call, const struct trace_summary *trace)
{
    struct score_list list;
    const struct score_question question = {
        .project_id = call->request->project_id,
        .range = {INT64_MIN, INT64_MAX},
        .type = -1,
        .source = -1,
        .has_trace = true,
        .trace = trace->key,
        .without_corrections = true, /* no SDK knows them here */
        .limit = SCORES_MAX,
        .cancelled = &call->request->cancelled,
    };
    enum status status =
        query_scores(call->query, &question, true, &call->request->arena, &list, &call->error);
    if (status != STATUS_OK)
        return status;
    json_out_array(&call->out, "scores");
    for (size_t i = 0; i < list.count; i++)
        langfuse__write_score(call, &list.items[i], false);
    json_out_end_array(&call->out);
    return STATUS_OK;
}

static void write_ids(struct json_out *out, const char *name, const struct id_list *list)
{
    json_out_array(out, name);
    for (size_t i = 0; list && i < list->count; i++)
        json_out_str(out, NULL, list->items[i]);
    json_out_end_array(out);
}

/* In full, or their ids. */
static enum status write_members(struct call *call, const struct trace_summary *trace,
                                 unsigned parts)
{
    bool observations = parts & LANGFUSE_TRACE_OBSERVATIONS, scores = parts & LANGFUSE_TRACE_SCORES;
    if (parts & LANGFUSE_WHOLE) {
        enum status status = STATUS_OK;
        if (observations)
            status = write_observations(call, trace);
        else
            write_ids(&call->out, "observations", NULL);
        if (status == STATUS_OK && scores)
            return write_scores(call, trace);
        write_ids(&call->out, "scores", NULL);
        return status;
    }
    const struct langfuse_trace *known = langfuse__trace(call, trace->key);
    write_ids(&call->out, "observations", known && observations ? &known->observations : NULL);
    write_ids(&call->out, "scores", known && scores ? &known->scores : NULL);
    return STATUS_OK;
}

/* What is left out of numbers is -1, of lists empty. */
static void write_trace_metrics(struct call *call, const struct trace_summary *trace, bool wanted)
{
    int64_t cost = trace->cost > 0 ? trace->cost : 0;
    if (wanted)
        langfuse__dollars(&call->out, "totalCost", cost);
    else
        json_out_int(&call->out, "totalCost", -1);
    json_out_double(&call->out, "latency",
                    wanted ? (double)(trace->end_ns - trace->start_ns) / 1e9 : -1);
}

enum status langfuse__write_trace(struct call *call, const struct trace_summary *trace,
                                  unsigned parts)
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
    json_out_raw(out, "tags", langfuse__tags(call, trace->key));
    write_root(call, trace, (parts & LANGFUSE_IO) != 0);
    langfuse__time(out, "createdAt", trace->arrival_ns);
    langfuse__time(out, "updatedAt", trace->arrival_ns);
    write_trace_metrics(call, trace, (parts & LANGFUSE_METRICS) != 0);
    snprintf(path, sizeof path, "/project/%.*s/traces/%.*s", STR_ARGS(project),
             (int)(id.len > 1000 ? 1000 : id.len), id.ptr);
    json_out_text(out, "htmlPath", path);
    enum status status = write_members(call, trace, parts);
    json_out_end_object(out);
    return status;
}

/* `fields`, comma-separated groups; all when none is named. */
static unsigned read_parts(struct call *call)
{
    static const struct {
        const char *name;
        unsigned part;
    } groups[] = {{"core", 0},
                  {"io", LANGFUSE_IO},
                  {"scores", LANGFUSE_TRACE_SCORES},
                  {"observations", LANGFUSE_TRACE_OBSERVATIONS},
                  {"metrics", LANGFUSE_METRICS}};
    unsigned parts = 0;
    bool any = false;
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        if (langfuse__wants(call, groups[i].name, false)) {
            any = true;
            parts |= groups[i].part;
        }
    return any ? parts : LANGFUSE_ALL_PARTS;
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
        status = langfuse__write_trace(&call, &trace, read_parts(&call) | LANGFUSE_WHOLE);
    call_end(&call, status);
}

/* --- lists ------------------------------------------------------------------------------------ */

/* What a list can be ordered by: anything that has one value in the index. */
static enum status read_order(struct call *call, struct langfuse_list_question *question)
{
    struct str order = request_param(call->request, STR("orderBy")), field;
    if (order.len == 0)
        return STATUS_OK;
    str_take(&order, '.', &field);
    question->ascending = str_equal_nocase(order, STR("asc"));
    question->order = langfuse_field_find(LANGFUSE_TRACES, LANGFUSE_FILTERS, field);
    bool fits = question->order && question->order->value == LANGFUSE_INDEXED &&
                question->order->type <= LANGFUSE_BOOLEAN && question->order->type != LANGFUSE_LIST;
    if (!fits || (!question->ascending && !str_equal_nocase(order, STR("desc"))))
        return fail(&call->error, STATUS_INVALID,
                    "orderBy: expected timestamp, id, name, userId, sessionId, release, version, "
                    "latency, totalCost, a count of tokens or of levels …, with .asc or .desc");
    return STATUS_OK;
}

static enum status read_question(struct call *call, struct langfuse_list_question *question)
{
    static const char *const names[] = {"userId",  "name", "sessionId",  "release",
                                        "version", "tags", "environment"};
    question->rows.project_id = call->request->project_id;
    question->cancelled = &call->request->cancelled;
    enum status status = read_order(call, question);
    if (status == STATUS_OK)
        status = langfuse__range(call, "fromTimestamp", "toTimestamp", &question->rows.range);
    for (size_t i = 0; i < sizeof names / sizeof *names && status == STATUS_OK; i++)
        status = langfuse__any_of(call, &question->rows, names[i], names[i], 0);
    return status == STATUS_OK ? langfuse__filter_param(call, &question->rows) : status;
}

/* Asks at once what the traces of a page are, and what their roots and members are. */
static enum status learn_page(struct call *call, const struct trace_key *keys, size_t count,
                              unsigned parts)
{
    struct langfuse_key *page = arena_array(&call->request->arena, struct langfuse_key, count + 1);
    if (!page)
        return fail(&call->error, STATUS_TOO_LARGE, "limit: too many traces for one reply");
    for (size_t i = 0; i < count; i++)
        page[i].trace = keys[i];
    langfuse__learn_keys(call, page, count);
    for (size_t i = 0; i < count; i++) {
        const struct langfuse_trace *known = langfuse__trace(call, keys[i]);
        if (known && known->found)
            page[i] = root_of(&known->summary);
    }
    langfuse__learn_logs(call, page, count);
    return langfuse__learn_members(call, keys, count, parts);
}

/* Those that were there a moment ago, and are still. */
static enum status write_traces(struct call *call, const struct trace_key *keys, size_t count,
                                unsigned parts)
{
    enum status status = learn_page(call, keys, count, parts);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        const struct langfuse_trace *known = langfuse__trace(call, keys[i]);
        if (known && known->found)
            status = langfuse__write_trace(call, &known->summary, parts);
    }
    return status;
}

void serve__langfuse_traces(struct request *request, void *context)
{
    struct call call;
    struct langfuse_page page;
    struct langfuse_list_question question = {.rows.view = LANGFUSE_TRACES};
    struct langfuse_key *keys;
    size_t count;
    if (!call_begin(&call, request, context))
        return;
    enum status status = langfuse__page(&call, &page);
    if (status == STATUS_OK)
        status = read_question(&call, &question);
    if (status == STATUS_OK) {
        question.limit = (size_t)page.limit;
        question.skip = langfuse__skip(&page);
        status = query_langfuse_keys(call.query, &question, &request->arena, &keys, &count,
                                     &page.total, &call.error);
    }
    if (status == STATUS_OK) {
        struct trace_key traces[PAGE_ROWS_MAX];
        for (size_t i = 0; i < count; i++)
            traces[i] = keys[i].trace;
        langfuse__open_page(&call);
        status = write_traces(&call, traces, count, read_parts(&call));
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
    struct langfuse_rows traces = {.project_id = request->project_id, .view = LANGFUSE_TRACES};
    struct session_row *rows;
    size_t count;
    if (!call_begin(&call, request, context))
        return;
    enum status status = langfuse__page(&call, &page);
    if (status == STATUS_OK)
        status = langfuse__range(&call, "fromTimestamp", "toTimestamp", &traces.range);
    if (status == STATUS_OK)
        status = langfuse__any_of(&call, &traces, "environment", "environment", 0);
    if (status == STATUS_OK)
        status = query_session_page(call.query, &traces, (size_t)page.limit, langfuse__skip(&page),
                                    &request->arena, &rows, &count, &page.total, &call.error);
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

enum status langfuse__session_traces(struct call *call, struct str id, size_t limit,
                                     struct trace_list *out_list)
{
    struct filters filters = {0};
    filters.items[filters.count++] = (struct filter){.field = filter_field_find(STR("session")),
                                                     .op = FILTER_EQ,
                                                     .values = {id},
                                                     .value_count = 1};
    const struct trace_list_question question = {
        .project_id = call->request->project_id,
        .range = {0, INT64_MAX},
        .filters = &filters,
        .ascending = true,
        .limit = limit,
        .cancelled = &call->request->cancelled,
    };
    return query_traces(call->query, &question, &call->request->arena, out_list, &call->error);
}

void serve__langfuse_session(struct request *request, void *context)
{
    struct call call;
    struct trace_list list;
    struct str id = request_path_part(request, STR("id"));
    if (!call_begin(&call, request, context))
        return;
    enum status status = langfuse__session_traces(&call, id, SESSION_TRACES_MAX, &list);
    if (status == STATUS_OK && list.count == 0)
        status = fail(&call.error, STATUS_NOT_FOUND, "this project has no such session");
    if (status == STATUS_OK) {
        json_out_object(&call.out, NULL);
        write_session(&call, id, list.items[0].start_ns, list.items[0].environment);
        json_out_array(&call.out, "traces");
        struct trace_key traces[SESSION_TRACES_MAX];
        for (size_t i = 0; i < list.count; i++)
            traces[i] = list.items[i].key;
        status = write_traces(&call, traces, list.count, LANGFUSE_ALL_PARTS);
        json_out_end_array(&call.out);
        json_out_end_object(&call.out);
    }
    call_end(&call, status);
}
