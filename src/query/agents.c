/* SPDX-License-Identifier: Apache-2.0 */
/* agents: one exact question for the runs themselves, one walk for what happened inside them. */
#include "query/agents.h"

#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "store/bucket.h"

struct builder {
    const struct query *query;
    struct arena *arena;
    struct steps steps;
    struct agent_usages out;
    struct quantile_sketch **turns;      /* an agent each */
    struct quantile_sketch **tool_times; /* a tool each */
    bool failed;
};

static struct agent_usage *find_agent(struct builder *builder, int32_t label)
{
    struct agent_usages *out = &builder->out;
    for (size_t i = 0; i < out->count; i++)
        if (out->items[i].label == label)
            return &out->items[i];
    if (out->count == AGENTS_MAX)
        return NULL;
    struct agent_usage *agent = &out->items[out->count++];
    *agent = (struct agent_usage){
        .label = label,
        .agent = label > 0 ? store_name(builder->query->store, label) : STR_NONE,
        .p50 = NAN,
        .p95 = NAN,
        .run_values = arena_array(builder->arena, int64_t, out->step_count),
        .error_values = arena_array(builder->arena, int64_t, out->step_count),
    };
    builder->failed |= !agent->run_values || !agent->error_values;
    return builder->failed ? NULL : agent;
}

/* --- the runs, exactly --------------------------------------------------------------------------
 */

static void add_counts(struct builder *builder, const struct store_rows *rows)
{
    struct agent_usage *agent = find_agent(builder, (int32_t)store_rows_int(rows, 0));
    size_t step = (size_t)store_rows_int(rows, 2);
    int64_t runs = store_rows_int(rows, 3), errors = store_rows_int(rows, 4);
    if (!agent)
        return;
    if (store_rows_int(rows, 1) == 0) {
        if (step < builder->out.step_count) {
            agent->run_values[step] = runs;
            agent->error_values[step] = errors;
        }
        return;
    }
    agent->runs = runs;
    agent->errors = errors;
    agent->sessions = store_rows_int(rows, 5);
    agent->last_ns = store_rows_int(rows, 6);
    agent->p50 = store_rows_double(rows, 7);
    agent->p95 = store_rows_double(rows, 8);
    builder->out.of += runs;
}

/* Totals and steps from one pass over the runs; totals come first, the agents run most before
 * others. */
static enum status count_runs(struct builder *builder, const struct agent_question *question,
                              struct error *error)
{
    struct sql sql = {0};
    struct store_rows *rows;
    sql_add(&sql, "WITH runs AS (SELECT r.*, (r.start_ns // 1000000000 - ");
    sql_int(&sql, builder->steps.start_s);
    sql_add(&sql, ") // %lld AS step", (long long)builder->steps.step_s);
    enum status status = agent_select_runs(&sql, builder->query, question, error);
    if (status != STATUS_OK) {
        sql_done(&sql);
        return status;
    }
    sql_add(
        &sql,
        ") SELECT label, grouping(step) AS whole, step, count(*) AS runs, "
        "count(*) FILTER (failed), "
        "CASE WHEN grouping(step) = 1 THEN count(DISTINCT session) END, max(start_ns), "
        "CASE WHEN grouping(step) = 1 THEN quantile_disc(duration_ns, 0.5) END, "
        "CASE WHEN grouping(step) = 1 THEN quantile_disc(duration_ns, 0.95) END FROM runs "
        "GROUP BY GROUPING SETS ((label), (label, step)) ORDER BY whole DESC, runs DESC, label");
    status = sql_run(&sql, builder->query, question->cancelled, &rows, error);
    if (status != STATUS_OK)
        return status;
    while (store_rows_next(rows))
        add_counts(builder, rows);
    store_rows_free(rows);
    return STATUS_OK;
}

/* --- what happened inside -----------------------------------------------------------------------
 */

static size_t find_tool(struct builder *builder, int32_t label, int32_t tool)
{
    struct agent_usages *out = &builder->out;
    for (size_t i = 0; i < out->tool_count; i++)
        if (out->tools[i].tool == tool && out->tools[i].label == label)
            return i;
    if (out->tool_count == AGENT_TOOLS_MAX)
        return SIZE_MAX;
    out->tools[out->tool_count] = (struct agent_tool_usage){
        .label = label,
        .tool = tool,
        .agent = label > 0 ? store_name(builder->query->store, label) : STR_NONE,
        .name = tool > 0 ? store_name(builder->query->store, tool) : STR_NONE,
    };
    return out->tool_count++;
}

static void add_tools(struct builder *builder, const struct agent_trace *trace,
                      const struct agent_run *run)
{
    for (int32_t i = 0; i < run->own_count; i++) {
        const struct agent_step *step = &trace->steps[trace->own[run->first + i]];
        if (step->kind != KIND_TOOL)
            continue;
        size_t at = find_tool(builder, run->label, agent_step_name(step));
        if (at == SIZE_MAX)
            continue;
        struct agent_tool_usage *tool = &builder->out.tools[at];
        tool->calls++;
        tool->errors += step->failed;
        if (step->failed)
            tool->errors_by_kind[step->error_kind ? step->error_kind : ERROR_KIND_UNKNOWN]++;
        builder->failed |= !quantile_sketch_add(&builder->tool_times[at], builder->arena,
                                                bucket_of(step->duration_ns), 1);
    }
}

static void add_run(struct builder *builder, const struct agent_trace *trace, int32_t index,
                    const struct agent_loops *loops)
{
    const struct agent_run *run = &trace->runs[index];
    struct agent_usage *agent = find_agent(builder, run->label);
    if (!agent)
        return;
    agent->covered++;
    agent->llm_calls += run->llm_calls;
    agent->tool_calls += run->tool_calls;
    agent->tool_errors += run->tool_errors;
    agent->input_tokens += run->input_tokens;
    agent->output_tokens += run->output_tokens;
    agent->total_tokens += run->total_tokens;
    agent->cost += run->cost;
    int64_t found = 0;
    for (size_t i = 0; i < loops->count; i++)
        found += loops->items[i].run == index;
    agent->loops += found;
    agent->loop_runs += found > 0;
    agent->loop_cost += agent_loops_cost(loops, index);
    builder->out.covered++;
    size_t at = (size_t)(agent - builder->out.items);
    builder->failed |=
        !quantile_sketch_add(&builder->turns[at], builder->arena, bucket_of(run->llm_calls), 1);
    add_tools(builder, trace, run);
}

/* The trace of a chosen agent's run may hold runs of others. */
static bool wanted(const struct query *query, const struct agent_question *question, int32_t label)
{
    return !question->agent.len || store_name_id(query->store, question->agent) == label;
}

struct visiting {
    struct builder *builder;
    const struct agent_question *question;
};

static bool visit(void *context, const struct agent_trace *trace)
{
    struct visiting *visiting = context;
    struct builder *builder = visiting->builder;
    struct arena scratch;
    arena_init(&scratch, 16 << 20);
    struct agent_loops loops = {.arena = &scratch};
    agent_loops_find(trace, &loops);
    for (size_t i = 0; i < trace->run_count; i++)
        if (wanted(builder->query, visiting->question, trace->runs[i].label))
            add_run(builder, trace, (int32_t)i, &loops);
    arena_done(&scratch);
    return !builder->failed;
}

static int by_failures(const void *a, const void *b)
{
    const struct agent_tool_usage *left = a, *right = b;
    if (left->errors != right->errors)
        return left->errors < right->errors ? 1 : -1;
    if (left->calls != right->calls)
        return left->calls < right->calls ? 1 : -1;
    return str_compare(left->name, right->name);
}

static int by_runs(const void *a, const void *b)
{
    const struct agent_usage *left = a, *right = b;
    if (left->runs != right->runs)
        return left->runs < right->runs ? 1 : -1;
    return str_compare(left->agent, right->agent);
}

static void finish(struct builder *builder)
{
    struct agent_usages *out = &builder->out;
    for (size_t i = 0; i < out->count; i++) {
        out->items[i].turns_p50 = quantile_sketch_value(builder->turns[i], 0.5);
        out->items[i].turns_p95 = quantile_sketch_value(builder->turns[i], 0.95);
    }
    for (size_t i = 0; i < out->tool_count; i++) {
        out->tools[i].p50 = quantile_sketch_value(builder->tool_times[i], 0.5);
        out->tools[i].p95 = quantile_sketch_value(builder->tool_times[i], 0.95);
    }
    if (out->count)
        qsort(out->items, out->count, sizeof *out->items, by_runs);
    if (out->tool_count)
        qsort(out->tools, out->tool_count, sizeof *out->tools, by_failures);
}

enum status query_agents(const struct query *query, const struct agent_question *question,
                         const struct agent_walk *walk, struct arena *arena,
                         struct agent_usages *out_agents, struct error *error)
{
    struct builder builder = {.query = query, .arena = arena};
    enum status status = series_steps(question->range, 0, &builder.steps, error);
    if (status != STATUS_OK)
        return status;
    builder.out.start_ns = builder.steps.start_s * NS_PER_SEC;
    builder.out.step_ns = builder.steps.step_s * NS_PER_SEC;
    builder.out.step_count = builder.steps.count;
    builder.out.items = arena_array(arena, struct agent_usage, AGENTS_MAX);
    builder.out.tools = arena_array(arena, struct agent_tool_usage, AGENT_TOOLS_MAX);
    builder.turns = arena_array(arena, struct quantile_sketch *, AGENTS_MAX);
    builder.tool_times = arena_array(arena, struct quantile_sketch *, AGENT_TOOLS_MAX);
    if (!builder.out.items || !builder.out.tools || !builder.turns || !builder.tool_times)
        return fail(error, STATUS_TOO_LARGE, "there are too many agents for one reply");
    status = count_runs(&builder, question, error);
    if (status != STATUS_OK)
        return status;
    struct visiting visiting = {&builder, question};
    (void)agent_walk_visit(walk, visit, &visiting); /* `covered` tells how much it was */
    if (builder.failed)
        return fail(error, STATUS_TOO_LARGE, "there are too many agents for one reply");
    finish(&builder);
    *out_agents = builder.out;
    return STATUS_OK;
}
