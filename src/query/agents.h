/* SPDX-License-Identifier: Apache-2.0 */
/*
 * agents: what each agent did in a range. Runs, failures, time and sessions are counted exactly;
 * what happened inside (turns, tools, tokens, money, loops) is added up from the newest runs that
 * were visited, and `covered` says how many of all they are.
 */
#pragma once

#include "query/agent_loops.h"
#include "query/series.h"

struct agent_usage {
    int32_t label;
    struct str agent;
    int64_t runs, errors, sessions, last_ns;
    double p50, p95;                    /* of the runs' time, ns */
    int64_t *run_values, *error_values; /* a step each */
    /* Of the covered runs. */
    int64_t covered, llm_calls, tool_calls, tool_errors;
    int64_t input_tokens, output_tokens, total_tokens, cost, loops, loop_cost, loop_runs;
    double turns_p50, turns_p95; /* model calls a run */
};

struct agent_tool_usage {
    int32_t label, tool;
    struct str agent, name;
    int64_t calls, errors;
    double p50, p95; /* ns */
    int64_t errors_by_kind[ERROR_KIND_COUNT];
};

struct agent_usages {
    int64_t start_ns, step_ns;
    size_t step_count;
    struct agent_usage *items; /* most runs first */
    size_t count;
    struct agent_tool_usage *tools; /* most failures first, then most calls */
    size_t tool_count;
    int64_t covered, of; /* runs */
};
enum { AGENTS_MAX = 200, AGENT_TOOLS_MAX = 500 };

/* The walk of these three, and of query_agent_graph(), is one of the same question. */
enum status query_agents(const struct query *query, const struct agent_question *question,
                         const struct agent_walk *walk, struct arena *arena,
                         struct agent_usages *out_agents, struct error *error);

/* One run as a row of a list. */
struct agent_run_row {
    struct trace_key trace;
    int64_t span_id, start_ns, duration_ns;
    struct str agent, input, output; /* input, output: of the trace */
    enum error_kind error_kind;
    bool failed;
    int64_t llm_calls, tool_calls, tool_errors, total_tokens, cost, loops;
};

enum agent_run_sort {
    AGENT_RUN_START,
    AGENT_RUN_DURATION,
    AGENT_RUN_TURNS,
    AGENT_RUN_TOKENS,
    AGENT_RUN_COST,
    AGENT_RUN_ERRORS,
    AGENT_RUN_LOOPS,
    AGENT_RUN_SORTS
};
extern const struct sort_key agent_run_sorts[AGENT_RUN_SORTS];

struct agent_run_list {
    struct agent_run_row *items;
    size_t count;
    int64_t covered;
    bool complete;
};
enum status query_agent_runs(const struct query *query, const struct agent_question *question,
                             const struct agent_walk *walk, enum agent_run_sort sort, size_t limit,
                             struct arena *arena, struct agent_run_list *out_list,
                             struct error *error);

/* The loops found in the covered runs, dearest first. */
struct agent_loop_row {
    struct agent_loop loop;
    struct trace_key trace;
    int64_t run_span, first_span, last_span, start_ns;
    struct str agent, what; /* what: the tool or model that repeats, or the other agent */
    enum observation_kind what_kind;
};

struct agent_loop_list {
    struct agent_loop_row *items;
    size_t count;
    int64_t found[LOOP_KINDS], cost[LOOP_KINDS]; /* of all, listed or not */
    int64_t runs, cost_total;                    /* runs with any, and what those cost */
    int64_t covered;
    bool complete;
};
enum status query_agent_loops(const struct query *query, const struct agent_question *question,
                              const struct agent_walk *walk, size_t limit, struct arena *arena,
                              struct agent_loop_list *out_list, struct error *error);
