/* SPDX-License-Identifier: Apache-2.0 */
/* mcp_list: traces, hits of a search, dashboards and saved queries, a line or two each. */
#include "base/asset.h"
#include "control/dashboards.h"
#include "control/saved_queries.h"
#include "query/search.h"
#include "serve/mcp.h"

enum { WORDS_BYTES = 120 };

/* True when there is no room for a further line; says how many are left out. */
static bool is_full(struct mcp_call *mcp, size_t left)
{
    if (mcp->text.len <= mcp->budget_bytes)
        return false;
    buf_printf(&mcp->text, "… %zu more left out: narrow the range, filter, or raise the budget\n",
               left);
    return true;
}

/* --- traces --------------------------------------------------------------------------------- */

static void write_trace(struct buf *out, const struct trace_summary *trace)
{
    mcp_add_trace_id(out, trace->key);
    buf_add_byte(out, ' ');
    mcp_add_time(out, trace->start_ns);
    buf_printf(out, " %.*s · %s", STR_ARGS(trace->name), trace->is_error ? "ERROR" : "ok");
    if (trace->error_kind)
        buf_printf(out, " (%s)", error_kind_name(trace->error_kind));
    buf_add_str(out, STR(" · "));
    mcp_add_duration(out, trace->end_ns - trace->start_ns);
    buf_printf(out, " · %lld spans, %lld model calls, %lld tools · %lld tok · ",
               (long long)trace->spans, (long long)trace->llm_calls, (long long)trace->tool_calls,
               (long long)trace->total_tokens);
    mcp_add_money(out, trace->cost);
    if (trace->model.len)
        buf_printf(out, " · %.*s", STR_ARGS(trace->model));
    if (!trace->complete)
        buf_add_str(out, STR(" · root not seen yet"));
    buf_add_byte(out, '\n');
    if (trace->input.len) {
        buf_add_str(out, STR("  in "));
        mcp_add_snippet(out, trace->input, WORDS_BYTES);
    }
    if (trace->output.len) {
        buf_add_str(out, STR("  out "));
        mcp_add_snippet(out, trace->output, WORDS_BYTES);
    }
    if (trace->input.len || trace->output.len)
        buf_add_byte(out, '\n');
}

static enum status read_sort(struct mcp_call *mcp, enum trace_sort *out_sort)
{
    struct str text;
    int sort = (int)*out_sort;
    enum status status = mcp_text(mcp, "sort", false, &text);
    if (status == STATUS_OK)
        status = sort_find(mcp->call, text, trace_sorts, SORT_COUNT, &sort);
    *out_sort = (enum trace_sort)sort;
    return status;
}

enum status mcp__list_traces(struct mcp_call *mcp)
{
    struct filters filters;
    struct trace_list list;
    int64_t limit;
    struct trace_list_question question = {
        .project_id = mcp->call->request->project_id,
        .filters = &filters,
        .cancelled = &mcp->call->request->cancelled,
    };
    enum status status = mcp_range(mcp, &question.range);
    if (status == STATUS_OK)
        status = mcp_filters(mcp, &filters);
    if (status == STATUS_OK)
        status = mcp_int(mcp, "limit", 20, 1, 100, &limit);
    if (status == STATUS_OK)
        status = read_sort(mcp, &question.sort);
    if (status != STATUS_OK)
        return status;
    question.limit = (size_t)limit;
    status = query_traces(mcp->call->query, &question, mcp->arena, &list, &mcp->call->error);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < list.count && !is_full(mcp, list.count - i); i++)
        write_trace(&mcp->text, &list.items[i]);
    if (list.count == 0)
        buf_add_str(&mcp->text, STR("no traces in this range\n"));
    else if (list.more)
        buf_add_str(&mcp->text, STR("… there are more traces in the range\n"));
    return STATUS_OK;
}

/* --- search --------------------------------------------------------------------------------- */

static void write_hit(struct buf *out, const struct search_hit *hit)
{
    mcp_add_trace_id(out, hit->trace);
    buf_add_byte(out, '/');
    mcp_add_span_id(out, hit->span_id);
    buf_add_byte(out, ' ');
    mcp_add_time(out, hit->start_ns);
    buf_printf(out, " %s %.*s%s%.*s · ", observation_kind_name(hit->kind), STR_ARGS(hit->name),
               hit->model.len ? " " : "", STR_ARGS(hit->model));
    mcp_add_duration(out, hit->duration_ns);
    buf_printf(out, "%s · %s ", hit->is_error ? " · ERROR" : "", search_field_name(hit->field));
    mcp_add_snippet(out, hit->snippet.text, 2 * WORDS_BYTES);
    buf_add_byte(out, '\n');
}

static enum status search(struct mcp_call *mcp, const struct search_expression *expression)
{
    struct filters filters;
    struct search_result result;
    int64_t limit;
    struct search_question question = {
        .project_id = mcp->call->request->project_id,
        .filters = &filters,
        .expression = expression,
        .cancelled = &mcp->call->request->cancelled,
    };
    enum status status = mcp_range(mcp, &question.range);
    if (status == STATUS_OK)
        status = mcp_filters(mcp, &filters);
    if (status == STATUS_OK)
        status = mcp_int(mcp, "limit", 20, 1, 100, &limit);
    if (status != STATUS_OK)
        return status;
    question.limit = (size_t)limit;
    status = query_search(mcp->call->query, &question, mcp->arena, &result, &mcp->call->error);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < result.count && !is_full(mcp, result.count - i); i++)
        write_hit(&mcp->text, &result.hits[i]);
    if (result.count == 0)
        buf_add_str(&mcp->text, STR("no text in this range matches\n"));
    if (!result.complete)
        buf_add_str(&mcp->text, STR("… the search ran out of time: narrow the range\n"));
    else if (result.more)
        buf_add_str(&mcp->text, STR("… there are more hits\n"));
    return STATUS_OK;
}

enum status mcp__search(struct mcp_call *mcp)
{
    struct str text;
    struct search_expression *expression = NULL;
    enum status status = mcp_text(mcp, "q", true, &text);
    if (status == STATUS_OK)
        status = search_parse(text, &expression, &mcp->call->error);
    if (status == STATUS_OK)
        status = search(mcp, expression);
    search_expression_free(expression);
    return status;
}

/* --- dashboards, saved queries -------------------------------------------------------------- */

static void write_widgets(struct mcp_call *mcp, const struct json *document)
{
    const struct json *widgets = json_get(document, STR("widgets"));
    struct str title = json_string(json_get(document, STR("title")));
    buf_printf(&mcp->text, "%.*s\n", STR_ARGS(title));
    for (uint32_t i = 0; widgets && widgets->type == JSON_ARRAY && i < widgets->count; i++) {
        if (is_full(mcp, widgets->count - i))
            break;
        /* As it is kept: small, and nothing about it is left out. */
        buf_add_str(&mcp->text, STR("- "));
        buf_add_str(&mcp->text, widgets->items[i].raw);
        buf_add_byte(&mcp->text, '\n');
    }
}

static enum status show_dashboard(struct mcp_call *mcp, struct str id)
{
    struct dashboard dashboard = {0};
    struct json document;
    int64_t number;
    struct error *error = &mcp->call->error;
    enum status status = STATUS_OK;
    if (str_to_i64(id, &number)) {
        status = control_dashboard_get(mcp->call->options->control, mcp->call->request->project_id,
                                       number, mcp->arena, &dashboard, error);
    } else {
        struct str name = arena_printf(mcp->arena, "dashboards/%.*s.json", STR_ARGS(id));
        const struct asset *asset = name.ptr ? asset_find(name) : NULL;
        if (!asset)
            return fail(error, STATUS_NOT_FOUND, "id: there is no dashboard '%.*s'",
                        (int)(id.len > 60 ? 60 : id.len), id.ptr);
        dashboard.document = asset_str(asset);
    }
    if (status == STATUS_OK)
        status = json_parse(dashboard.document, mcp->arena, &document, error);
    if (status == STATUS_OK)
        write_widgets(mcp, &document);
    return status;
}

static void list_builtins(struct mcp_call *mcp)
{
    const struct asset *asset;
    for (size_t n = 0; (asset = asset_at(STR("dashboards/"), n)); n++) {
        struct json document;
        struct str id = str_from(asset->name);
        id = str_sub(id, sizeof "dashboards/" - 1, id.len);
        id.len -= sizeof ".json" - 1;
        if (json_parse(asset_str(asset), mcp->arena, &document, NULL) != STATUS_OK)
            continue;
        struct str title = json_string(json_get(&document, STR("title")));
        buf_printf(&mcp->text, "%.*s (built in): %.*s\n", STR_ARGS(id), STR_ARGS(title));
    }
}

enum status mcp__list_dashboards(struct mcp_call *mcp)
{
    struct str id;
    struct dashboard *dashboards;
    size_t count = 0;
    enum status status = mcp_text(mcp, "id", false, &id);
    if (status != STATUS_OK)
        return status;
    if (id.len)
        return show_dashboard(mcp, id);
    status = control_dashboard_list(mcp->call->options->control, mcp->call->request->project_id,
                                    mcp->arena, &dashboards, &count, &mcp->call->error);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < count && !is_full(mcp, count - i); i++)
        buf_printf(&mcp->text, "%lld: %.*s (%lld widgets) %.*s\n", (long long)dashboards[i].id,
                   STR_ARGS(dashboards[i].title), (long long)dashboards[i].widgets,
                   STR_ARGS(dashboards[i].description));
    list_builtins(mcp);
    return STATUS_OK;
}

enum status mcp__list_queries(struct mcp_call *mcp)
{
    struct saved_query *queries;
    size_t count = 0;
    enum status status =
        control_saved_query_list(mcp->call->options->control, mcp->call->request->project_id,
                                 mcp->arena, &queries, &count, &mcp->call->error);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < count && !is_full(mcp, count - i); i++)
        buf_printf(&mcp->text, "%.*s (%.*s%s%.*s)\n  %.*s\n", STR_ARGS(queries[i].name),
                   STR_ARGS(queries[i].language), queries[i].source.len ? ", " : "",
                   STR_ARGS(queries[i].source), STR_ARGS(queries[i].text));
    if (count == 0)
        buf_add_str(&mcp->text, STR("no saved queries in this project\n"));
    return STATUS_OK;
}
