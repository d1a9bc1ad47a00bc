/* SPDX-License-Identifier: Apache-2.0 */
/* agents: who ran, what happened inside, how it hangs together, and where it goes in circles. */
#include "query/agent_graph.h"
#include "query/agents.h"
#include "serve/serve_private.h"

/* `agent` and `trace_id` narrow every question about agents. */
static enum status read_question(struct call *call, struct filters *filters,
                                 struct agent_question *question)
{
    uint8_t id[TRACE_ID_BYTES];
    *question = (struct agent_question){.project_id = call->request->project_id,
                                        .filters = filters,
                                        .agent = request_param(call->request, STR("agent")),
                                        .cancelled = &call->request->cancelled};
    struct str trace = request_param(call->request, STR("trace_id"));
    if (trace.len && !str_hex_decode(trace, id, sizeof id))
        return fail(&call->error, STATUS_INVALID, "trace_id: expected 32 hex digits");
    if (trace.len) {
        question->has_trace = true;
        question->trace = trace_key(id);
    }
    enum status status = param_range(call, &question->range);
    return status == STATUS_OK ? param_filters(call, filters) : status;
}

static void write_error_kinds(struct json_out *out, const int64_t counts[ERROR_KIND_COUNT])
{
    json_out_object(out, "errors_by_kind");
    for (int kind = 1; kind < ERROR_KIND_COUNT; kind++)
        if (counts[kind])
            json_out_int(out, error_kind_name((enum error_kind)kind), counts[kind]);
    json_out_end_object(out);
}

/* --- runs ----------------------------------------------------------------------------------------
 */

static void write_run(struct json_out *out, const struct agent_run_row *run)
{
    json_out_object(out, NULL);
    out_trace_id(out, "trace_id", run->trace);
    out_span_id(out, "span_id", run->span_id);
    out_name(out, "agent", run->agent);
    json_out_int_text(out, "start", run->start_ns);
    json_out_int(out, "duration", run->duration_ns);
    json_out_text(out, "status", run->failed ? "error" : "ok");
    json_out_text(out, "error_kind", run->failed ? error_kind_name(run->error_kind) : NULL);
    json_out_int(out, "turns", run->llm_calls);
    json_out_int(out, "tool_calls", run->tool_calls);
    json_out_int(out, "tool_errors", run->tool_errors);
    json_out_int(out, "total_tokens", run->total_tokens);
    json_out_int(out, "cost", run->cost);
    json_out_int(out, "loops", run->loops);
    out_name(out, "input", run->input);
    out_name(out, "output", run->output);
    json_out_end_object(out);
}

void serve__agent_runs(struct request *request, void *context)
{
    struct call call;
    struct filters filters;
    struct agent_question question;
    struct agent_walk *walk = NULL;
    struct agent_run_list list;
    int sort = AGENT_RUN_START;
    int64_t limit = 0;
    if (!call_begin(&call, request, context))
        return;
    enum status status = read_question(&call, &filters, &question);
    if (status == STATUS_OK)
        status = sort_find(&call, request_param(request, STR("sort")), agent_run_sorts,
                           AGENT_RUN_SORTS, &sort);
    if (status == STATUS_OK)
        status = param_int(&call, STR("limit"), 25, 1, 200, &limit);
    if (status == STATUS_OK)
        status = agent_walk_open(call.query, &question, &walk, &call.error);
    if (status == STATUS_OK)
        status = query_agent_runs(call.query, &question, walk, (enum agent_run_sort)sort,
                                  (size_t)limit, &request->arena, &list, &call.error);
    if (status == STATUS_OK) {
        json_out_object(&call.out, NULL);
        json_out_array(&call.out, "runs");
        for (size_t i = 0; i < list.count; i++)
            write_run(&call.out, &list.items[i]);
        json_out_end_array(&call.out);
        json_out_int(&call.out, "covered", list.covered);
        json_out_bool(&call.out, "complete", list.complete);
        json_out_end_object(&call.out);
    }
    agent_walk_close(walk);
    call_end(&call, status);
}

/* --- loops ---------------------------------------------------------------------------------------
 */

static void write_loop(struct json_out *out, const struct agent_loop_row *row)
{
    json_out_object(out, NULL);
    json_out_text(out, "kind", loop_kind_name(row->loop.kind));
    out_name(out, "agent", row->agent);
    out_name(out, "what", row->what);
    json_out_text(out, "what_kind", observation_kind_name(row->what_kind));
    out_trace_id(out, "trace_id", row->trace);
    out_span_id(out, "run_span_id", row->run_span);
    out_span_id(out, "first_span_id", row->first_span);
    out_span_id(out, "last_span_id", row->last_span);
    json_out_int_text(out, "start", row->start_ns);
    json_out_int(out, "count", row->loop.count);
    json_out_int(out, "cost", row->loop.cost);
    json_out_int(out, "total_tokens", row->loop.total_tokens);
    json_out_int(out, "duration", row->loop.duration_ns);
    if (row->loop.to) {
        json_out_int(out, "input_tokens_from", row->loop.from);
        json_out_int(out, "input_tokens_to", row->loop.to);
    }
    json_out_end_object(out);
}

static void write_loop_kinds(struct json_out *out, const struct agent_loop_list *list)
{
    json_out_array(out, "kinds");
    for (int kind = 0; kind < LOOP_KINDS; kind++) {
        json_out_object(out, NULL);
        json_out_text(out, "kind", loop_kind_name((enum loop_kind)kind));
        json_out_text(out, "title", loop_kind_title((enum loop_kind)kind));
        json_out_text(out, "help", loop_kind_help((enum loop_kind)kind));
        json_out_int(out, "found", list->found[kind]);
        json_out_int(out, "cost", list->cost[kind]);
        json_out_end_object(out);
    }
    json_out_end_array(out);
}

static void write_loops(struct json_out *out, const char *key, const struct agent_loop_list *list)
{
    json_out_object(out, key);
    json_out_array(out, "loops");
    for (size_t i = 0; i < list->count; i++)
        write_loop(out, &list->items[i]);
    json_out_end_array(out);
    write_loop_kinds(out, list);
    json_out_int(out, "runs", list->runs);
    json_out_int(out, "cost", list->cost_total);
    json_out_int(out, "covered", list->covered);
    json_out_bool(out, "complete", list->complete);
    json_out_end_object(out);
}

static enum status read_loop_limit(struct call *call, int64_t *out_limit)
{
    return param_int(call, STR("limit"), 50, 1, 500, out_limit);
}

void serve__agent_loops(struct request *request, void *context)
{
    struct call call;
    struct filters filters;
    struct agent_question question;
    struct agent_walk *walk = NULL;
    struct agent_loop_list list;
    int64_t limit = 0;
    if (!call_begin(&call, request, context))
        return;
    enum status status = read_question(&call, &filters, &question);
    if (status == STATUS_OK)
        status = read_loop_limit(&call, &limit);
    if (status == STATUS_OK)
        status = agent_walk_open(call.query, &question, &walk, &call.error);
    if (status == STATUS_OK)
        status = query_agent_loops(call.query, &question, walk, (size_t)limit, &request->arena,
                                   &list, &call.error);
    if (status == STATUS_OK)
        write_loops(&call.out, NULL, &list);
    agent_walk_close(walk);
    call_end(&call, status);
}

/* --- the graph -----------------------------------------------------------------------------------
 */

static void write_node(struct json_out *out, const struct graph_node *node)
{
    json_out_object(out, NULL);
    json_out_text(out, "kind",
                  node->kind == KIND_CHAIN ? "node" : observation_kind_name(node->kind));
    out_name(out, "name", node->name);
    out_name(out, "agent", node->agent);
    json_out_int(out, "inside", node->inside);
    json_out_int(out, "count", node->count);
    json_out_int(out, "traces", node->traces);
    json_out_int(out, "errors", node->errors);
    json_out_int(out, "total_tokens", node->total_tokens);
    json_out_int(out, "cost", node->cost);
    out_number(out, "duration_p50", node->p50);
    out_number(out, "duration_p95", node->p95);
    out_trace_id(out, "trace_id", node->example_trace);
    out_span_id(out, "span_id", node->example_span);
    json_out_object(out, "loops");
    for (int kind = 0; kind < LOOP_KINDS; kind++)
        if (node->loops[kind])
            json_out_int(out, loop_kind_name((enum loop_kind)kind), node->loops[kind]);
    json_out_end_object(out);
    json_out_end_object(out);
}

static void write_edge(struct json_out *out, const struct graph_edge *edge)
{
    json_out_object(out, NULL);
    json_out_int(out, "from", edge->from);
    json_out_int(out, "to", edge->to);
    json_out_int(out, "count", edge->count);
    json_out_int(out, "traces", edge->traces);
    json_out_int(out, "errors", edge->errors);
    json_out_bool(out, "back", edge->back);
    out_number(out, "duration_p50", edge->p50);
    out_number(out, "duration_p95", edge->p95);
    json_out_int(out, "wait", (int64_t)edge->wait);
    json_out_object(out, "basis");
    for (int basis = 0; basis < GRAPH_BASES; basis++)
        if (edge->basis[basis])
            json_out_int(out, graph_basis_name((enum graph_basis)basis), edge->basis[basis]);
    json_out_end_object(out);
    json_out_end_object(out);
}

static void write_graph(struct json_out *out, const char *key, const struct agent_graph *graph)
{
    json_out_object(out, key);
    json_out_array(out, "nodes");
    for (size_t i = 0; i < graph->node_count; i++)
        write_node(out, &graph->nodes[i]);
    json_out_end_array(out);
    json_out_array(out, "edges");
    for (size_t i = 0; i < graph->edge_count; i++)
        write_edge(out, &graph->edges[i]);
    json_out_end_array(out);
    json_out_int(out, "traces", graph->traces);
    json_out_int(out, "runs", graph->runs);
    json_out_bool(out, "complete", graph->complete);
    json_out_bool(out, "more", graph->more);
    json_out_end_object(out);
}

void serve__agent_graph(struct request *request, void *context)
{
    struct call call;
    struct filters filters;
    struct agent_question question;
    struct agent_walk *walk = NULL;
    struct agent_graph graph;
    if (!call_begin(&call, request, context))
        return;
    enum status status = read_question(&call, &filters, &question);
    if (status == STATUS_OK)
        status = agent_walk_open(call.query, &question, &walk, &call.error);
    if (status == STATUS_OK)
        status = query_agent_graph(call.query, walk, &request->arena, &graph, &call.error);
    if (status == STATUS_OK)
        write_graph(&call.out, NULL, &graph);
    agent_walk_close(walk);
    call_end(&call, status);
}

/* --- agents --------------------------------------------------------------------------------------
 */

static void write_agent(struct json_out *out, const struct agent_usage *agent, size_t steps)
{
    const struct {
        const char *key;
        int64_t number;
    } numbers[] = {{"runs", agent->runs},
                   {"errors", agent->errors},
                   {"sessions", agent->sessions},
                   {"covered", agent->covered},
                   {"llm_calls", agent->llm_calls},
                   {"tool_calls", agent->tool_calls},
                   {"tool_errors", agent->tool_errors},
                   {"input_tokens", agent->input_tokens},
                   {"output_tokens", agent->output_tokens},
                   {"total_tokens", agent->total_tokens},
                   {"cost", agent->cost},
                   {"loops", agent->loops},
                   {"loop_runs", agent->loop_runs},
                   {"loop_cost", agent->loop_cost}};
    json_out_object(out, NULL);
    out_name(out, "agent", agent->agent);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        json_out_int(out, numbers[i].key, numbers[i].number);
    out_number(out, "duration_p50", agent->p50);
    out_number(out, "duration_p95", agent->p95);
    out_number(out, "turns_p50", agent->turns_p50);
    out_number(out, "turns_p95", agent->turns_p95);
    out_time(out, "last", agent->last_ns);
    out_ints(out, "run_values", agent->run_values, steps);
    out_ints(out, "error_values", agent->error_values, steps);
    json_out_end_object(out);
}

static void write_tool(struct json_out *out, const struct agent_tool_usage *tool)
{
    json_out_object(out, NULL);
    out_name(out, "tool", tool->name);
    out_name(out, "agent", tool->agent);
    json_out_int(out, "calls", tool->calls);
    json_out_int(out, "errors", tool->errors);
    out_number(out, "duration_p50", tool->p50);
    out_number(out, "duration_p95", tool->p95);
    write_error_kinds(out, tool->errors_by_kind);
    json_out_end_object(out);
}

static void write_usages(struct json_out *out, const struct agent_usages *agents)
{
    out_times(out, agents->start_ns, agents->step_ns, agents->step_count);
    json_out_array(out, "agents");
    for (size_t i = 0; i < agents->count; i++)
        write_agent(out, &agents->items[i], agents->step_count);
    json_out_end_array(out);
    json_out_array(out, "tools");
    for (size_t i = 0; i < agents->tool_count; i++)
        write_tool(out, &agents->tools[i]);
    json_out_end_array(out);
    json_out_int(out, "covered", agents->covered);
    json_out_int(out, "runs", agents->of);
}

/* What else of the same walk is wanted, so that a screen that shows all of it asks once. */
struct included {
    bool graph, loops;
    int64_t loop_limit;
};

static enum status read_included(struct call *call, struct included *out_included)
{
    struct str word, rest = request_param(call->request, STR("include"));
    *out_included = (struct included){0};
    while (rest.len && str_take(&rest, ',', &word)) {
        word = str_trim(word);
        if (str_equal(word, STR("graph")))
            out_included->graph = true;
        else if (str_equal(word, STR("loops")))
            out_included->loops = true;
        else
            return fail(&call->error, STATUS_INVALID,
                        "include: '%.*s' is neither 'graph' nor 'loops'",
                        (int)(word.len > 60 ? 60 : word.len), word.ptr);
    }
    return read_loop_limit(call, &out_included->loop_limit);
}

static enum status write_included(struct call *call, const struct agent_question *question,
                                  const struct agent_walk *walk, const struct included *included)
{
    struct arena *arena = &call->request->arena;
    struct agent_graph graph;
    struct agent_loop_list loops;
    enum status status = STATUS_OK;
    if (included->graph)
        status = query_agent_graph(call->query, walk, arena, &graph, &call->error);
    if (status == STATUS_OK && included->graph)
        write_graph(&call->out, "graph", &graph);
    if (status == STATUS_OK && included->loops)
        status = query_agent_loops(call->query, question, walk, (size_t)included->loop_limit, arena,
                                   &loops, &call->error);
    if (status == STATUS_OK && included->loops)
        write_loops(&call->out, "loops", &loops);
    return status;
}

void serve__agents(struct request *request, void *context)
{
    struct call call;
    struct filters filters;
    struct included included;
    struct agent_question question;
    struct agent_walk *walk = NULL;
    struct agent_usages agents;
    if (!call_begin(&call, request, context))
        return;
    enum status status = read_question(&call, &filters, &question);
    if (status == STATUS_OK)
        status = read_included(&call, &included);
    if (status == STATUS_OK)
        status = agent_walk_open(call.query, &question, &walk, &call.error);
    if (status == STATUS_OK)
        status = query_agents(call.query, &question, walk, &request->arena, &agents, &call.error);
    if (status == STATUS_OK) {
        json_out_object(&call.out, NULL);
        write_usages(&call.out, &agents);
        status = write_included(&call, &question, walk, &included);
        json_out_end_object(&call.out);
    }
    agent_walk_close(walk);
    call_end(&call, status);
}
