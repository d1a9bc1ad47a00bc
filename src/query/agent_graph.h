/* SPDX-License-Identifier: Apache-2.0 */
/*
 * agent_graph: the steps of one run or of many, put together by name. A node is an agent, a step of
 * a graph, a model, a tool, a retrieval … inside the agent or step that called it; an edge says
 * what came after what, how often, and how it is known.
 *
 * What is known goes before what is guessed: a span's link, a tool call's id, the graph's own
 * metadata, a handoff, being the first thing inside its parent; only then the order in time.
 *
 * Limits   GRAPH_NODES_MAX and GRAPH_EDGES_MAX, most used first come first: `more` says when some
 * were left out. At most GRAPH_READS_MAX answers of models are read for the ids of the tools they
 * call.
 */
#pragma once

#include "query/agent_loops.h"

enum graph_basis {
    BASIS_LINK,
    BASIS_TOOL_CALL,
    BASIS_GRAPH,
    BASIS_HANDOFF,
    BASIS_PARENT,
    BASIS_TIME,
    GRAPH_BASES
};
const char *graph_basis_name(enum graph_basis basis); /* "link", "tool_call", … */

enum { GRAPH_NODES_MAX = 300, GRAPH_EDGES_MAX = 2000, GRAPH_READS_MAX = 400 };

struct graph_node {
    enum observation_kind kind; /* KIND_CHAIN: a step of a graph, a task */
    struct str name, agent;     /* agent: whose run it is in */
    int32_t name_id, inside;    /* inside: index of a node, -1: at the top */
    int64_t count, traces, errors, total_tokens, cost, loops[LOOP_KINDS];
    double p50, p95; /* ns */
    double order;    /* when it usually came first; nodes are sorted by it */
    struct trace_key example_trace;
    int64_t example_span; /* a failed one if there is any */
};

struct graph_edge {
    int32_t from, to;
    int64_t count, traces, errors, basis[GRAPH_BASES]; /* errors: of the step it leads to */
    double p50, p95;                                   /* of the step it leads to, ns */
    double wait;                                       /* mean time between the two, ns */
    bool back;                                         /* leads to where the run has been */
};

struct agent_graph {
    struct graph_node *nodes;
    struct graph_edge *edges;
    size_t node_count, edge_count;
    int64_t traces, runs;
    bool complete, more;
};

enum status query_agent_graph(const struct query *query, const struct agent_walk *walk,
                              struct arena *arena, struct agent_graph *out_graph,
                              struct error *error);
