/* SPDX-License-Identifier: Apache-2.0 */
/*
 * agent_walk: visits the runs of agents, trace by trace, newest first, with every span of them in
 * order of start and each span's run found through its parents.
 *
 * A run is a span that invokes an agent. Where a trace has none, but a model in it used tools or
 * its steps are those of a graph, its root is the run: such a trace is an agent's in all but name.
 *
 * Limits   AGENT_SPANS_MAX spans and AGENT_TRACES_MAX traces a walk: then only the newest are
 * visited, and `complete` says so. Held until it is closed, some 180 bytes a span.
 */
#pragma once

#include "query/filter.h"
#include "query/traces.h"

enum { AGENT_SPANS_MAX = 150000, AGENT_TRACES_MAX = 1000 };

struct agent_step {
    int64_t span_id, start_ns, duration_ns, arguments, tool_call, linked; /* 0: absent */
    int64_t input_tokens, output_tokens, total_tokens, cost;              /* 0: absent */
    struct journal_location place;
    int32_t name, op, agent, tool, model, graph_node, graph_parent; /* name ids; 0: none */
    int32_t parent, run; /* index of a step and of a run; -1: none */
    uint8_t kind, error_kind;
    bool failed, billed, is_root;
};

struct agent_run {
    int32_t step, outer;      /* the run's own span; the run it was started in, -1: none */
    int32_t label;            /* name id of the agent */
    int32_t first, own_count; /* its spans: own[first] … , by start */
    int64_t llm_calls, tool_calls, tool_errors; /* of this run, not of runs inside */
    int64_t input_tokens, output_tokens, total_tokens, cost;
};

struct agent_place {
    int64_t span_id;
    int32_t index;
};

struct agent_trace {
    struct trace_key key;
    const struct agent_step *steps; /* by start */
    const struct agent_run *runs;
    const int32_t *own;              /* indexes of steps, run by run */
    const struct agent_place *by_id; /* as many as steps, sorted */
    size_t step_count, run_count;
};

struct agent_question {
    uint32_t project_id;
    struct time_range range;
    const struct filters *filters; /* of the run's own span */
    struct str agent;              /* STR_NONE: any */
    bool has_trace;                /* only this one, whatever its time */
    struct trace_key trace;
    const _Atomic bool *cancelled;
};

/* False stops the visit: there is no room for more. */
typedef bool (*agent_visit)(void *context, const struct agent_trace *trace);

/* What is read once for every answer about the question. Close *out_walk with agent_walk_close().
 */
struct agent_walk;
enum status agent_walk_open(const struct query *query, const struct agent_question *question,
                            struct agent_walk **out_walk, struct error *error);
void agent_walk_close(struct agent_walk *walk); /* NULL is fine */

/* True: every trace of the range was visited. */
bool agent_walk_visit(const struct agent_walk *walk, agent_visit visit, void *context);

/* The step of that span, or -1. */
int32_t agent_find(const struct agent_trace *trace, int64_t span_id);
/* The name id a step goes by: its tool, model or agent, else its span's name. */
int32_t agent_step_name(const struct agent_step *step);

/* ` FROM (…) r`: the runs of the range as trace_hi, trace_lo, start_ns, duration_ns, failed,
 * session and label, for questions that need no walk. */
enum status agent_select_runs(struct sql *sql, const struct query *query,
                              const struct agent_question *question, struct error *error);
