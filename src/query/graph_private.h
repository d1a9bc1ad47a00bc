/* SPDX-License-Identifier: Apache-2.0 */
/* graph_private: what making nodes (agent_graph.c) and stringing steps together (graph_string.c)
 * share. */
#pragma once

#include "query/agent_graph.h"

enum { GRAPH_SLOTS = 8192 };

/* A step of the trace in hand. */
struct graph_part {
    enum observation_kind kind; /* of its node; KIND_COUNT: it is none */
    int32_t node, inside;       /* its node; the step it is inside of */
    bool wraps, led_on;         /* only wraps another model call; something came after it */
};

struct graph_tally {
    struct quantile_sketch *times;
    int64_t last_trace, back; /* back: passages to where the trace had been before */
    int32_t first;            /* the step that was this node first in the last trace */
    double order;
    bool failed_example;
};

struct graph_builder {
    const struct query *query;
    struct arena *arena;
    struct agent_graph graph;
    struct graph_tally tallies[GRAPH_NODES_MAX], edge_tallies[GRAPH_EDGES_MAX];
    int32_t node_slots[GRAPH_SLOTS], edge_slots[GRAPH_SLOTS]; /* index + 1 */
    struct graph_part *parts;
    int32_t *order; /* steps sorted by what they are inside of */
    size_t part_capacity;
    int reads;
    bool failed;
};

void graph__edge(struct graph_builder *builder, const struct agent_trace *trace, int32_t from,
                 int32_t to, enum graph_basis basis);
/* The edges of one trace. */
void graph__string(struct graph_builder *builder, const struct agent_trace *trace);
