/* SPDX-License-Identifier: Apache-2.0 */
/*
 * agent_walk: the spans of the newest traces with runs are read at once, then each trace is put
 * together on its own, in its part of arrays that are made for all of them.
 */
#include <stdlib.h>
#include <string.h>

#include "query/agent_walk_private.h"

struct agent_walk {
    struct agent_trace *traces; /* newest first; what they point to is in the arrays */
    size_t count;
    bool complete;
    struct agent_step *steps;
    struct agent_run *runs;
    struct agent_place *places;
    int32_t *own;
};

/* --- one trace ------------------------------------------------------------------------------- */

/* Its parts of the walk's arrays, and of two that only putting it together needs. */
struct gathered {
    struct agent_trace trace;
    struct agent_step *steps;
    struct agent_run *runs;
    struct agent_place *places;
    int32_t *own;
    int64_t *parent_ids;
    uint8_t *marks;
    int32_t declared; /* the name somebody gave the trace, 0: none */
    size_t count;
};

static int by_span_id(const void *a, const void *b)
{
    const struct agent_place *left = a, *right = b;
    return (left->span_id > right->span_id) - (left->span_id < right->span_id);
}

/* Senders can make rings; whoever walks up must come to an end. */
static void break_rings(struct gathered *gathered)
{
    enum { UNKNOWN, WALKING, FINE };
    memset(gathered->marks, UNKNOWN, gathered->count);
    for (size_t i = 0; i < gathered->count; i++) {
        int32_t at = (int32_t)i;
        for (; at >= 0 && gathered->marks[at] == UNKNOWN; at = gathered->steps[at].parent)
            gathered->marks[at] = WALKING;
        if (at >= 0 && gathered->marks[at] == WALKING)
            gathered->steps[at].parent = -1;
        for (at = (int32_t)i; at >= 0 && gathered->marks[at] == WALKING;
             at = gathered->steps[at].parent)
            gathered->marks[at] = FINE;
    }
}

static void find_parents(struct gathered *gathered)
{
    for (size_t i = 0; i < gathered->count; i++)
        gathered->places[i] = (struct agent_place){gathered->steps[i].span_id, (int32_t)i};
    qsort(gathered->places, gathered->count, sizeof *gathered->places, by_span_id);
    for (size_t i = 0; i < gathered->count; i++) {
        const struct agent_place wanted = {.span_id = gathered->parent_ids[i]};
        const struct agent_place *found = wanted.span_id
                                              ? bsearch(&wanted, gathered->places, gathered->count,
                                                        sizeof *gathered->places, by_span_id)
                                              : NULL;
        gathered->steps[i].parent = found ? found->index : -1;
    }
    break_rings(gathered);
}

static int32_t add_run(struct gathered *gathered, size_t step, int32_t outer, int32_t label)
{
    struct agent_run *run = &gathered->runs[gathered->trace.run_count];
    *run = (struct agent_run){.step = (int32_t)step, .outer = outer, .label = label};
    return (int32_t)gathered->trace.run_count++;
}

/* The step's own run, or its parent's, which is known. */
static void find_run(struct gathered *gathered, size_t i)
{
    struct agent_step *step = &gathered->steps[i];
    int32_t outer = step->parent >= 0 ? gathered->steps[step->parent].run : -1;
    int32_t label = step->agent ? step->agent : step->name;
    /* The same agent told twice, by two instrumentations: one run. */
    bool again = outer >= 0 && step->parent == gathered->runs[outer].step &&
                 gathered->runs[outer].label == label;
    bool starts = step->kind == KIND_AGENT && !again;
    step->run = starts ? add_run(gathered, i, outer, label) : outer;
    gathered->marks[i] = 1;
}

/* The whole trace is one run, its root's. */
static void run_of_root(struct gathered *gathered)
{
    size_t root = 0;
    while (root < gathered->count && !gathered->steps[root].is_root)
        root++;
    root = root == gathered->count ? 0 : root;
    int32_t label = gathered->declared ? gathered->declared : gathered->steps[root].name;
    int32_t run = add_run(gathered, root, -1, label);
    for (size_t i = 0; i < gathered->count; i++)
        gathered->steps[i].run = run;
}

/* Parents before children; a clock that runs behind can put a child first. */
static void find_runs(struct gathered *gathered)
{
    bool any = false;
    gathered->trace.run_count = 0;
    memset(gathered->marks, 0, gathered->count);
    for (size_t i = 0; i < gathered->count; i++)
        any |= gathered->steps[i].kind == KIND_AGENT;
    if (!any) {
        run_of_root(gathered);
        return;
    }
    /* The parents' ids have done their duty: their memory is the stack of who waits. */
    int64_t *waiting = gathered->parent_ids;
    for (size_t i = 0; i < gathered->count; i++) {
        size_t depth = 0;
        for (int32_t at = (int32_t)i; at >= 0 && !gathered->marks[at];
             at = gathered->steps[at].parent)
            waiting[depth++] = at;
        while (depth)
            find_run(gathered, (size_t)waiting[--depth]);
    }
}

/* Each run's spans side by side, still by start. */
static void list_own(struct gathered *gathered)
{
    int32_t first = 0;
    for (size_t i = 0; i < gathered->count; i++)
        if (gathered->steps[i].run >= 0)
            gathered->runs[gathered->steps[i].run].own_count++;
    for (size_t r = 0; r < gathered->trace.run_count; r++) {
        gathered->runs[r].first = first;
        first += gathered->runs[r].own_count;
        gathered->runs[r].own_count = 0;
    }
    for (size_t i = 0; i < gathered->count; i++) {
        if (gathered->steps[i].run < 0)
            continue;
        struct agent_run *run = &gathered->runs[gathered->steps[i].run];
        gathered->own[run->first + run->own_count++] = (int32_t)i;
    }
}

static void add_up(struct gathered *gathered)
{
    for (size_t i = 0; i < gathered->count; i++) {
        const struct agent_step *step = &gathered->steps[i];
        if (step->run < 0)
            continue;
        struct agent_run *run = &gathered->runs[step->run];
        run->tool_calls += step->kind == KIND_TOOL;
        run->tool_errors += step->kind == KIND_TOOL && step->failed;
        run->llm_calls += step->kind == KIND_LLM && step->billed;
        run->input_tokens += step->input_tokens;
        run->output_tokens += step->output_tokens;
        run->total_tokens += step->total_tokens;
        run->cost += step->cost;
    }
}

static void gather(struct gathered *gathered, const struct agent_spans *spans, size_t trace)
{
    for (size_t i = spans->first[trace]; i < spans->first[trace + 1]; i++) {
        const struct agent_span *span = spans->order[i];
        gathered->steps[gathered->count] = span->step;
        gathered->parent_ids[gathered->count++] = span->parent_id;
        gathered->declared = gathered->declared ? gathered->declared : span->declared;
    }
}

static void put_together(struct gathered *gathered)
{
    find_parents(gathered);
    find_runs(gathered);
    list_own(gathered);
    add_up(gathered);
    gathered->trace.own = gathered->own;
    gathered->trace.by_id = gathered->places;
    gathered->trace.steps = gathered->steps;
    gathered->trace.runs = gathered->runs;
    gathered->trace.step_count = gathered->count;
}

/* --- all of them ------------------------------------------------------------------------------ */

/* Every agent's span may be a run, and of a trace without one its root is. */
static size_t most_runs(const struct agent_spans *spans)
{
    size_t count = spans->trace_count;
    for (size_t i = 0; i < spans->count; i++)
        count += spans->items[i].step.kind == KIND_AGENT;
    return count;
}

static bool put_all_together(struct agent_walk *walk, const struct agent_picked *picked,
                             const struct agent_spans *spans)
{
    size_t runs = 0;
    walk->traces = calloc(spans->trace_count + 1, sizeof *walk->traces);
    walk->steps = malloc((spans->count + 1) * sizeof *walk->steps);
    walk->places = malloc((spans->count + 1) * sizeof *walk->places);
    walk->own = malloc((spans->count + 1) * sizeof *walk->own);
    walk->runs = malloc((most_runs(spans) + 1) * sizeof *walk->runs);
    int64_t *parent_ids = malloc((spans->count + 1) * sizeof *parent_ids);
    uint8_t *marks = malloc(spans->count + 1);
    bool has_room = walk->traces && walk->steps && walk->places && walk->own && walk->runs &&
                    parent_ids && marks;
    for (size_t i = 0; has_room && i < spans->trace_count; i++) {
        size_t first = spans->first[i];
        struct gathered gathered = {
            .trace.key = picked->traces[i],
            .steps = walk->steps + first,
            .runs = walk->runs + runs,
            .places = walk->places + first,
            .own = walk->own + first,
            .parent_ids = parent_ids + first,
            .marks = marks + first,
        };
        gather(&gathered, spans, i);
        if (gathered.count == 0)
            continue;
        put_together(&gathered);
        runs += gathered.trace.run_count;
        walk->traces[walk->count++] = gathered.trace;
    }
    free(parent_ids);
    free(marks);
    return has_room;
}

enum status agent_walk_open(const struct query *query, const struct agent_question *question,
                            struct agent_walk **out_walk, struct error *error)
{
    struct agent_picked picked = {0};
    struct agent_spans spans = {0};
    struct agent_walk *walk = calloc(1, sizeof *walk);
    enum status status = agent__pick(query, question, &picked, error);
    if (status == STATUS_OK)
        status = agent__read_spans(query, question, &picked, &spans, error);
    if (status == STATUS_OK && (!walk || !put_all_together(walk, &picked, &spans)))
        status = fail(error, STATUS_TOO_LARGE, "there is no memory for that many runs");
    if (status == STATUS_OK) {
        walk->complete = picked.complete && spans.complete;
        *out_walk = walk;
    } else {
        agent_walk_close(walk);
    }
    free(picked.traces);
    agent__spans_done(&spans);
    return status;
}

void agent_walk_close(struct agent_walk *walk)
{
    if (!walk)
        return;
    free(walk->traces);
    free(walk->steps);
    free(walk->runs);
    free(walk->places);
    free(walk->own);
    free(walk);
}

bool agent_walk_visit(const struct agent_walk *walk, agent_visit visit, void *context)
{
    for (size_t i = 0; i < walk->count; i++)
        if (!visit(context, &walk->traces[i]))
            return false;
    return walk->complete;
}

int32_t agent_find(const struct agent_trace *trace, int64_t span_id)
{
    const struct agent_place wanted = {.span_id = span_id};
    const struct agent_place *found =
        span_id ? bsearch(&wanted, trace->by_id, trace->step_count, sizeof wanted, by_span_id)
                : NULL;
    return found ? found->index : -1;
}

int32_t agent_step_name(const struct agent_step *step)
{
    int32_t own = step->kind == KIND_TOOL                                             ? step->tool
                  : step->kind == KIND_AGENT                                          ? step->agent
                  : observation_kind_is_model_call((enum observation_kind)step->kind) ? step->model
                                                                                      : 0;
    return own ? own : step->name;
}
