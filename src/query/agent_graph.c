/* SPDX-License-Identifier: Apache-2.0 */
/*
 * agent_graph: each trace's steps become nodes by (inside, kind, name); what one step does inside
 * another is strung together in order of start, and every pair becomes an edge.
 */
#include "query/agent_graph.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "query/graph_private.h"
#include "query/series.h"
#include "store/bucket.h"

static const char *const basis_names[GRAPH_BASES] = {
    [BASIS_LINK] = "link",       [BASIS_TOOL_CALL] = "tool_call", [BASIS_GRAPH] = "graph",
    [BASIS_HANDOFF] = "handoff", [BASIS_PARENT] = "parent",       [BASIS_TIME] = "time",
};

const char *graph_basis_name(enum graph_basis basis)
{
    return basis_names[basis];
}

/* --- steps to nodes ------------------------------------------------------------------------------
 */

/* A model call that only wraps another one says the same twice. */
static void mark_wrappers(struct graph_builder *builder, const struct agent_trace *trace)
{
    for (size_t i = 0; i < trace->step_count; i++)
        builder->parts[i] = (struct graph_part){.node = -1, .inside = -1};
    for (size_t i = 0; i < trace->step_count; i++) {
        int32_t parent = trace->steps[i].parent;
        if (parent >= 0 && trace->steps[i].kind == KIND_LLM &&
            trace->steps[parent].kind == KIND_LLM)
            builder->parts[parent].wraps = true;
    }
}

/* The kind of node a step is, KIND_COUNT: none. */
static enum observation_kind node_kind(const struct graph_builder *builder,
                                       const struct agent_trace *trace, int32_t at)
{
    const struct agent_step *step = &trace->steps[at];
    bool starts_run = step->run >= 0 && trace->runs[step->run].step == at;
    if (starts_run)
        return KIND_AGENT;
    switch (step->kind) {
    case KIND_LLM:
        return builder->parts[at].wraps && !step->billed ? KIND_COUNT : KIND_LLM;
    case KIND_TOOL:
    case KIND_RETRIEVER:
    case KIND_RERANKER:
    case KIND_EMBEDDING:
    case KIND_GUARDRAIL:
    case KIND_EVALUATOR:
        return (enum observation_kind)step->kind;
    case KIND_TASK:
        return KIND_CHAIN;
    default:
        break;
    }
    int32_t above = step->parent >= 0 ? trace->steps[step->parent].graph_node : 0;
    return step->graph_node && step->graph_node != above ? KIND_CHAIN : KIND_COUNT;
}

static int32_t name_of(const struct agent_trace *trace, int32_t at, enum observation_kind kind)
{
    const struct agent_step *step = &trace->steps[at];
    if (kind == KIND_AGENT && step->run >= 0)
        return trace->runs[step->run].label;
    bool of_graph = kind == KIND_CHAIN && step->graph_node && step->kind != KIND_TASK;
    return of_graph ? step->graph_node : agent_step_name(step);
}

static int32_t find_node(struct graph_builder *builder, int32_t inside, enum observation_kind kind,
                         int32_t name)
{
    uint32_t hash =
        ((uint32_t)inside * 31 + (uint32_t)kind) * 2654435761u ^ (uint32_t)name * 40503u;
    for (uint32_t slot = hash % GRAPH_SLOTS;; slot = (slot + 1) % GRAPH_SLOTS) {
        int32_t at = builder->node_slots[slot] - 1;
        if (at < 0) {
            builder->graph.more |= builder->graph.node_count == GRAPH_NODES_MAX;
            if (builder->graph.node_count == GRAPH_NODES_MAX)
                return -1;
            at = (int32_t)builder->graph.node_count++;
            builder->node_slots[slot] = at + 1;
            builder->graph.nodes[at] = (struct graph_node){
                .kind = kind,
                .name = name > 0 ? store_name(builder->query->store, name) : STR_NONE,
                .name_id = name,
                .inside = inside,
            };
            builder->tallies[at].last_trace = -1;
            return at;
        }
        const struct graph_node *node = &builder->graph.nodes[at];
        if (node->inside == inside && node->kind == kind && node->name_id == name)
            return at;
    }
}

/* The nearest step around this one that is a node; far enough up there is none. */
static int32_t around(const struct graph_builder *builder, const struct agent_trace *trace,
                      int32_t at)
{
    enum { LEVELS_MAX = 256 };
    int32_t above = trace->steps[at].parent;
    for (int level = 0; level < LEVELS_MAX && above >= 0; level++) {
        if (builder->parts[above].kind != KIND_COUNT)
            return above;
        above = trace->steps[above].parent;
    }
    return -1;
}

static void count_node(struct graph_builder *builder, const struct agent_trace *trace, int32_t at,
                       int32_t index)
{
    const struct agent_step *step = &trace->steps[at];
    struct graph_node *node = &builder->graph.nodes[index];
    struct graph_tally *tally = &builder->tallies[index];
    node->count++;
    node->errors += step->failed;
    bool leaf = node->kind != KIND_AGENT && node->kind != KIND_CHAIN;
    node->total_tokens += leaf ? step->total_tokens : 0;
    node->cost += leaf ? step->cost : 0;
    if (!node->example_span || (step->failed && !tally->failed_example)) {
        node->example_trace = trace->key;
        node->example_span = step->span_id;
        tally->failed_example = step->failed;
    }
    if (step->run >= 0)
        node->agent = store_name(builder->query->store, trace->runs[step->run].label);
    if (tally->last_trace != builder->graph.traces) {
        tally->last_trace = builder->graph.traces;
        tally->first = at;
        tally->order += (double)at / (double)trace->step_count;
        node->traces++;
    }
    builder->failed |=
        !quantile_sketch_add(&tally->times, builder->arena, bucket_of(step->duration_ns), 1);
}

/* A container's node must exist before what is inside it: walks up first. */
static int32_t place(struct graph_builder *builder, const struct agent_trace *trace, int32_t at,
                     int depth)
{
    enum { DEPTH_MAX = 64 };
    struct graph_part *part = &builder->parts[at];
    if (part->node >= 0 || part->kind == KIND_COUNT || depth > DEPTH_MAX)
        return part->node;
    part->inside = around(builder, trace, at);
    int32_t outer = part->inside >= 0 ? place(builder, trace, part->inside, depth + 1) : -1;
    part->node = find_node(builder, outer, part->kind, name_of(trace, at, part->kind));
    return part->node;
}

static void make_nodes(struct graph_builder *builder, const struct agent_trace *trace)
{
    mark_wrappers(builder, trace);
    for (size_t i = 0; i < trace->step_count; i++)
        builder->parts[i].kind = node_kind(builder, trace, (int32_t)i);
    for (size_t i = 0; i < trace->step_count; i++) {
        int32_t node = place(builder, trace, (int32_t)i, 0);
        if (node >= 0)
            count_node(builder, trace, (int32_t)i, node);
    }
}

/* --- edges
 * ----------------------------------------------------------------------------------------- */

static int32_t find_edge(struct graph_builder *builder, int32_t from, int32_t to)
{
    uint32_t hash = (uint32_t)from * 2654435761u ^ (uint32_t)to * 40503u;
    for (uint32_t slot = hash % GRAPH_SLOTS;; slot = (slot + 1) % GRAPH_SLOTS) {
        int32_t at = builder->edge_slots[slot] - 1;
        if (at < 0) {
            builder->graph.more |= builder->graph.edge_count == GRAPH_EDGES_MAX;
            if (builder->graph.edge_count == GRAPH_EDGES_MAX)
                return -1;
            at = (int32_t)builder->graph.edge_count++;
            builder->edge_slots[slot] = at + 1;
            builder->graph.edges[at] = (struct graph_edge){.from = from, .to = to};
            builder->edge_tallies[at].last_trace = -1;
            return at;
        }
        if (builder->graph.edges[at].from == from && builder->graph.edges[at].to == to)
            return at;
    }
}

void graph__edge(struct graph_builder *builder, const struct agent_trace *trace, int32_t from,
                 int32_t to, enum graph_basis basis)
{
    if (builder->parts[from].node < 0 || builder->parts[to].node < 0)
        return;
    int32_t at = find_edge(builder, builder->parts[from].node, builder->parts[to].node);
    if (at < 0)
        return;
    const struct agent_step *source = &trace->steps[from], *target = &trace->steps[to];
    struct graph_edge *edge = &builder->graph.edges[at];
    struct graph_tally *tally = &builder->edge_tallies[at];
    int64_t since =
        basis == BASIS_PARENT ? source->start_ns : source->start_ns + source->duration_ns;
    int32_t first_from = builder->tallies[edge->from].first;
    int32_t first_to = builder->tallies[edge->to].first;
    edge->count++;
    tally->back += first_to <= first_from;
    edge->errors += target->failed;
    edge->basis[basis]++;
    edge->wait += target->start_ns > since ? (double)(target->start_ns - since) : 0;
    if (tally->last_trace != builder->graph.traces) {
        tally->last_trace = builder->graph.traces;
        edge->traces++;
    }
    builder->failed |=
        !quantile_sketch_add(&tally->times, builder->arena, bucket_of(target->duration_ns), 1);
    builder->parts[from].led_on = true;
}

/* --- many traces to one graph --------------------------------------------------------------------
 */

static void mark_loops(struct graph_builder *builder, const struct agent_trace *trace)
{
    struct arena scratch;
    arena_init(&scratch, 16 << 20);
    struct agent_loops loops = {.arena = &scratch};
    agent_loops_find(trace, &loops);
    for (size_t i = 0; i < loops.count; i++) {
        int32_t node = builder->parts[loops.items[i].last].node;
        if (node >= 0)
            builder->graph.nodes[node].loops[loops.items[i].kind]++;
    }
    arena_done(&scratch);
}

static bool visit(void *context, const struct agent_trace *trace)
{
    struct graph_builder *builder = context;
    if (trace->step_count > builder->part_capacity) {
        void *parts = realloc(builder->parts, trace->step_count * sizeof *builder->parts);
        void *order = realloc(builder->order, trace->step_count * sizeof *builder->order);
        builder->parts = parts ? parts : builder->parts;
        builder->order = order ? order : builder->order;
        builder->failed |= !parts || !order;
        if (builder->failed)
            return false;
        builder->part_capacity = trace->step_count;
    }
    make_nodes(builder, trace);
    graph__string(builder, trace);
    mark_loops(builder, trace);
    builder->graph.traces++;
    builder->graph.runs += (int64_t)trace->run_count;
    return !builder->failed;
}

struct place_of_node {
    double order;
    int32_t index;
};

static int by_order(const void *a, const void *b)
{
    const struct place_of_node *left = a, *right = b;
    if (left->order != right->order)
        return left->order < right->order ? -1 : 1;
    return (left->index > right->index) - (left->index < right->index);
}

/* Nodes in the order in which they usually come first; edges follow their new numbers. */
static bool sort_nodes(struct graph_builder *builder)
{
    struct agent_graph *graph = &builder->graph;
    struct place_of_node *places =
        arena_array(builder->arena, struct place_of_node, graph->node_count + 1);
    int32_t *moved = arena_array(builder->arena, int32_t, graph->node_count + 1);
    struct graph_node *nodes =
        arena_array(builder->arena, struct graph_node, graph->node_count + 1);
    if (!places || !moved || !nodes)
        return false;
    for (size_t i = 0; i < graph->node_count; i++) {
        graph->nodes[i].order = builder->tallies[i].order / (double)graph->nodes[i].traces;
        places[i] = (struct place_of_node){graph->nodes[i].order, (int32_t)i};
    }
    qsort(places, graph->node_count, sizeof *places, by_order);
    for (size_t i = 0; i < graph->node_count; i++) {
        nodes[i] = graph->nodes[places[i].index];
        moved[places[i].index] = (int32_t)i;
    }
    for (size_t i = 0; i < graph->node_count; i++)
        nodes[i].inside = nodes[i].inside >= 0 ? moved[nodes[i].inside] : -1;
    graph->nodes = nodes;
    for (size_t i = 0; i < graph->edge_count; i++) {
        graph->edges[i].from = moved[graph->edges[i].from];
        graph->edges[i].to = moved[graph->edges[i].to];
    }
    return true;
}

static bool finish(struct graph_builder *builder)
{
    struct agent_graph *graph = &builder->graph;
    for (size_t i = 0; i < graph->node_count; i++) {
        graph->nodes[i].p50 = quantile_sketch_value(builder->tallies[i].times, 0.5);
        graph->nodes[i].p95 = quantile_sketch_value(builder->tallies[i].times, 0.95);
    }
    for (size_t i = 0; i < graph->edge_count; i++) {
        struct graph_edge *edge = &graph->edges[i];
        edge->p50 = quantile_sketch_value(builder->edge_tallies[i].times, 0.5);
        edge->p95 = quantile_sketch_value(builder->edge_tallies[i].times, 0.95);
        edge->wait /= (double)edge->count;
        edge->back = 2 * builder->edge_tallies[i].back > edge->count;
    }
    return sort_nodes(builder);
}

enum status query_agent_graph(const struct query *query, const struct agent_walk *walk,
                              struct arena *arena, struct agent_graph *out_graph,
                              struct error *error)
{
    struct graph_builder *builder = arena_new(arena, struct graph_builder);
    if (!builder)
        return fail(error, STATUS_TOO_LARGE, "there is no memory for the graph");
    *builder = (struct graph_builder){.query = query, .arena = arena};
    builder->graph.nodes = arena_array(arena, struct graph_node, GRAPH_NODES_MAX);
    builder->graph.edges = arena_array(arena, struct graph_edge, GRAPH_EDGES_MAX);
    if (!builder->graph.nodes || !builder->graph.edges)
        return fail(error, STATUS_TOO_LARGE, "there is no memory for the graph");
    builder->graph.complete = agent_walk_visit(walk, visit, builder);
    free(builder->parts);
    free(builder->order);
    if (builder->failed || !finish(builder))
        return fail(error, STATUS_TOO_LARGE, "there is no memory for the graph");
    *out_graph = builder->graph;
    return STATUS_OK;
}
