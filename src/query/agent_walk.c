/* SPDX-License-Identifier: Apache-2.0 */
/*
 * agent_walk: the spans of the newest traces with runs are read at once, then each trace is put
 * together on its own, in memory that is used again.
 */
#include <stdlib.h>
#include <string.h>

#include "query/agent_walk_private.h"

struct agent_walk {
    struct agent_picked picked;
    struct agent_spans spans;
};

/* --- one trace ------------------------------------------------------------------------------- */

struct gathered {
    struct agent_trace trace;
    struct agent_step *steps;
    int64_t *parent_ids;
    struct agent_run *runs;
    struct agent_place *places;
    uint8_t *marks;
    int32_t *own;
    int32_t declared; /* the name somebody gave the trace, 0: none */
    size_t count, capacity;
};

static bool make_room(struct gathered *gathered)
{
    if (gathered->count < gathered->capacity)
        return true;
    size_t capacity = gathered->capacity ? gathered->capacity * 2 : 1024;
    void *steps = realloc(gathered->steps, capacity * sizeof *gathered->steps);
    gathered->steps = steps ? steps : gathered->steps;
    void *parents = realloc(gathered->parent_ids, capacity * sizeof *gathered->parent_ids);
    gathered->parent_ids = parents ? parents : gathered->parent_ids;
    void *runs = realloc(gathered->runs, capacity * sizeof *gathered->runs);
    gathered->runs = runs ? runs : gathered->runs;
    void *places = realloc(gathered->places, capacity * sizeof *gathered->places);
    gathered->places = places ? places : gathered->places;
    void *marks = realloc(gathered->marks, capacity);
    gathered->marks = marks ? marks : gathered->marks;
    void *own = realloc(gathered->own, capacity * sizeof *gathered->own);
    gathered->own = own ? own : gathered->own;
    if (!steps || !parents || !runs || !places || !marks || !own)
        return false;
    gathered->capacity = capacity;
    return true;
}

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

static bool visit_trace(struct gathered *gathered, agent_visit visit, void *context)
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
    return visit(context, &gathered->trace);
}

/* --- all of them ------------------------------------------------------------------------------ */

static bool gather(struct gathered *gathered, const struct agent_spans *spans, size_t trace)
{
    gathered->count = 0;
    gathered->declared = 0;
    for (size_t i = spans->first[trace]; i < spans->first[trace + 1]; i++) {
        const struct agent_span *span = spans->order[i];
        if (!make_room(gathered))
            return false;
        gathered->steps[gathered->count] = span->step;
        gathered->parent_ids[gathered->count++] = span->parent_id;
        gathered->declared = gathered->declared ? gathered->declared : span->declared;
    }
    return true;
}

enum status agent_walk_visit(const struct agent_walk *walk, agent_visit visit, void *context,
                             bool *out_complete, struct error *error)
{
    const struct agent_spans *spans = &walk->spans;
    struct gathered gathered = {0};
    enum status status = STATUS_OK;
    bool going = true;
    for (size_t i = 0; i < spans->trace_count && going && status == STATUS_OK; i++) {
        if (!gather(&gathered, spans, i)) {
            status = fail(error, STATUS_TOO_LARGE, "there is no memory for that many runs");
        } else if (gathered.count) {
            gathered.trace.key = walk->picked.traces[i];
            going = visit_trace(&gathered, visit, context);
        }
    }
    if (status == STATUS_OK)
        *out_complete = going && walk->picked.complete && spans->complete;
    free(gathered.steps);
    free(gathered.parent_ids);
    free(gathered.runs);
    free(gathered.places);
    free(gathered.marks);
    free(gathered.own);
    return status;
}

enum status agent_walk_open(const struct query *query, const struct agent_question *question,
                            struct agent_walk **out_walk, struct error *error)
{
    struct agent_walk *walk = calloc(1, sizeof *walk);
    if (!walk)
        return fail(error, STATUS_TOO_LARGE, "there is no memory for that many runs");
    enum status status = agent__pick(query, question, &walk->picked, error);
    if (status == STATUS_OK)
        status = agent__read_spans(query, question, &walk->picked, &walk->spans, error);
    if (status == STATUS_OK)
        *out_walk = walk;
    else
        agent_walk_close(walk);
    return status;
}

void agent_walk_close(struct agent_walk *walk)
{
    if (!walk)
        return;
    free(walk->picked.traces);
    agent__spans_done(&walk->spans);
    free(walk);
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
