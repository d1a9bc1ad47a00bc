/* SPDX-License-Identifier: Apache-2.0 */
/*
 * agent_walk: one question for the narrow columns of all spans of the newest traces with runs,
 * sorted by trace; then each trace is put together on its own, in memory that is used again.
 */
#include "query/agent_walk.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

enum { BEFORE_RUNS_S = 3600 };

/* An agent without a name goes by its span's. */
#define RUN_LABEL "(CASE WHEN s.agent <> 0 THEN s.agent ELSE s.name END)"

static void where_range(struct sql *sql, const struct agent_question *question, const char *table)
{
    sql_add(sql, "%s.project = ", table);
    sql_int(sql, question->project_id);
    if (question->has_trace) {
        sql_add(sql, " AND %s.trace_lo = ", table);
        sql_int(sql, question->trace.lo);
        sql_add(sql, " AND %s.trace_hi = ", table);
        sql_int(sql, question->trace.hi);
        return;
    }
    sql_add(sql, " AND %s.start_ns >= ", table);
    sql_int(sql, question->range.from_ns);
    sql_add(sql, " AND %s.start_ns < ", table);
    sql_int(sql, question->range.to_ns);
}

static void where_label(struct sql *sql, const struct query *query,
                        const struct agent_question *question, const char *label)
{
    if (question->agent.len == 0)
        return;
    sql_add(sql, " AND %s = ", label);
    sql_int(sql, store_name_id(query->store, question->agent));
}

/* ` AND (p.trace_hi, p.trace_lo) IN (SELECT …`, to be closed by who adds a condition. */
static void select_traces_with(struct sql *sql, const struct agent_question *question,
                               const char *table)
{
    sql_add(sql,
            " AND (p.trace_hi, p.trace_lo) IN (SELECT %s.trace_hi, %s.trace_lo FROM %s %s WHERE ",
            table, table, table[0] == 'p' ? "trace_parts" : "spans", table);
    where_range(sql, question, table);
}

/* Roots of traces that have no agent's span but are an agent's in all but name: told by the sums of
 * their parts, without looking at spans unless a filter asks for them. */
static enum status select_roots(struct sql *sql, const struct query *query,
                                const struct agent_question *question, struct error *error)
{
    sql_add(sql, "SELECT p.trace_hi, p.trace_lo, min(p.start_ns) AS start_ns, "
                 "coalesce(arg_min(p.root_duration, p.root_at), max(p.end_ns) - min(p.start_ns)) "
                 "AS duration_ns, " TRACE_STATUS " = 2 AS failed, max(p.session) AS session, "
                 "arg_max(p.name, p.name_rank) AS label FROM trace_parts p WHERE ");
    where_range(sql, question, "p");
    sql_add(sql, " AND p.llm_calls + p.tool_calls + p.graph_steps + p.agent_runs > 0");
    /* One of a trace's parts has what it takes, one has its name; other traces are not worth adding
     * up. */
    select_traces_with(sql, question, "p");
    sql_add(sql, " AND (p.tool_calls <> 0 OR p.graph_steps <> 0))");
    if (question->agent.len) {
        select_traces_with(sql, question, "p");
        where_label(sql, query, question, "p.name");
        sql_add(sql, ")");
    }
    if (question->filters->count) {
        select_traces_with(sql, question, "s");
        sql_add(sql, " AND s.flags & %d <> 0", OBSERVATION_ROOT);
        enum status status = filter_rows(question->filters, query, sql, error);
        if (status != STATUS_OK)
            return status;
        sql_add(sql, ")");
    }
    sql_add(sql, " GROUP BY p.trace_hi, p.trace_lo HAVING sum(p.agent_runs) = 0 AND "
                 "(sum(p.graph_steps) > 0 OR (sum(p.llm_calls) > 0 AND sum(p.tool_calls) > 0))");
    where_label(sql, query, question, "arg_max(p.name, p.name_rank)");
    return STATUS_OK;
}

enum status agent_select_runs(struct sql *sql, const struct query *query,
                              const struct agent_question *question, struct error *error)
{
    sql_add(sql, " FROM (SELECT s.trace_hi, s.trace_lo, s.start_ns, s.duration_ns, s.status = 2 AS "
                 "failed, s.session, " RUN_LABEL " AS label FROM spans s WHERE ");
    where_range(sql, question, "s");
    sql_add(sql, " AND s.kind = %d", KIND_AGENT);
    where_label(sql, query, question, RUN_LABEL);
    enum status status = filter_rows(question->filters, query, sql, error);
    if (status != STATUS_OK)
        return status;
    sql_add(sql, " UNION ALL ");
    status = select_roots(sql, query, question, error);
    sql_add(sql, ") r");
    return status;
}

/* In the order that read_step() takes them. */
static const char step_columns[] =
    "s.trace_hi, s.trace_lo, s.span_id, s.parent_id, s.start_ns, s.duration_ns, s.kind, s.status, "
    "s.error_kind, s.flags, s.name, s.op, s.agent, s.tool, s.model, s.graph_node, s.graph_parent, "
    "s.arguments, s.tool_call, s.linked, s.input_tokens, s.output_tokens, s.total_tokens, s.cost, "
    "s.segment, s.frame, s.record, s.trace_name";

static enum status select_steps(const struct query *query, const struct agent_question *question,
                                int64_t traces, struct store_rows **out_rows, struct error *error)
{
    struct sql sql = {0};
    sql_add(&sql, "WITH picked AS (SELECT r.trace_hi, r.trace_lo, max(r.start_ns) AS newest, "
                  "min(r.start_ns) AS oldest");
    enum status status = agent_select_runs(&sql, query, question, error);
    if (status != STATUS_OK) {
        sql_done(&sql);
        return status;
    }
    sql_add(&sql, " GROUP BY 1, 2 ORDER BY newest DESC LIMIT ");
    sql_int(&sql, traces + 1);
    sql_add(&sql,
            ") SELECT %s FROM spans s JOIN picked k ON s.trace_lo = k.trace_lo AND "
            "s.trace_hi = k.trace_hi WHERE s.project = ",
            step_columns);
    sql_int(&sql, question->project_id);
    /* Runs that are inside another trace's work may have begun an hour after it. Only what is known
     * beforehand lets the engine skip most of the table. */
    if (!question->has_trace) {
        sql_add(&sql, " AND s.start_ns >= ");
        sql_int(&sql, question->range.from_ns - BEFORE_RUNS_S * NS_PER_SEC);
    }
    sql_add(&sql,
            " AND s.start_ns >= (SELECT min(oldest) - %lld FROM picked) "
            "ORDER BY k.newest DESC, s.trace_hi, s.trace_lo, s.start_ns, s.duration_ns DESC, "
            "s.span_id LIMIT %d",
            (long long)BEFORE_RUNS_S * NS_PER_SEC, AGENT_SPANS_MAX + 1);
    return sql_run(&sql, query, question->cancelled, out_rows, error);
}

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

static void read_step(const struct store_rows *rows, struct agent_step *out, int64_t *out_parent)
{
    *out_parent = store_rows_int(rows, 3);
    int64_t flags = store_rows_int(rows, 9);
    *out = (struct agent_step){
        .span_id = store_rows_int(rows, 2),
        .start_ns = store_rows_int(rows, 4),
        .duration_ns = store_rows_int(rows, 5),
        .kind = (uint8_t)store_rows_int(rows, 6),
        .failed = store_rows_int(rows, 7) == SPAN_ERROR,
        .error_kind = (uint8_t)store_rows_int(rows, 8),
        .billed = (flags & OBSERVATION_BILLED) != 0,
        .is_root = (flags & OBSERVATION_ROOT) != 0,
        .name = (int32_t)store_rows_int(rows, 10),
        .op = (int32_t)store_rows_int(rows, 11),
        .agent = (int32_t)store_rows_int(rows, 12),
        .tool = (int32_t)store_rows_int(rows, 13),
        .model = (int32_t)store_rows_int(rows, 14),
        .graph_node = (int32_t)store_rows_int(rows, 15),
        .graph_parent = (int32_t)store_rows_int(rows, 16),
        .arguments = store_rows_int(rows, 17),
        .tool_call = store_rows_int(rows, 18),
        .linked = store_rows_int(rows, 19),
        .place = {.frame = {(uint32_t)store_rows_int(rows, 24), (uint64_t)store_rows_int(rows, 25)},
                  .signal = SIGNAL_SPANS,
                  .record = (uint32_t)store_rows_int(rows, 26)},
        .parent = -1,
        .run = -1,
    };
    if (out->billed) {
        out->input_tokens = store_rows_int(rows, 20);
        out->output_tokens = store_rows_int(rows, 21);
        out->total_tokens = store_rows_int(rows, 22);
        out->cost = store_rows_int(rows, 23);
    }
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

static enum status walk_rows(struct store_rows *rows, struct gathered *gathered, agent_visit visit,
                             void *context, struct agent_walked *walked, struct error *error)
{
    size_t spans = 0;
    bool going = true;
    while (going && store_rows_next(rows)) {
        struct trace_key key = {store_rows_int(rows, 0), store_rows_int(rows, 1)};
        bool same =
            gathered->count && key.hi == gathered->trace.key.hi && key.lo == gathered->trace.key.lo;
        if (!same) {
            if (gathered->count)
                going = visit_trace(gathered, visit, context);
            /* What was cut off by a limit is not visited: half a trace tells lies. */
            if (!going || walked->traces == AGENT_TRACES_MAX) {
                walked->complete = false;
                gathered->count = 0;
                break;
            }
            walked->traces++;
            gathered->count = 0;
            gathered->declared = 0;
            gathered->trace.key = key;
        }
        if (!make_room(gathered))
            return fail(error, STATUS_TOO_LARGE, "there is no memory for that many runs");
        read_step(rows, &gathered->steps[gathered->count], &gathered->parent_ids[gathered->count]);
        gathered->count++;
        gathered->declared =
            gathered->declared ? gathered->declared : (int32_t)store_rows_int(rows, 27);
        spans++;
    }
    bool cut = spans > AGENT_SPANS_MAX;
    /* A single trace larger than the limit is shown as far as it goes. */
    if (gathered->count && (!cut || walked->traces == 1))
        visit_trace(gathered, visit, context);
    else if (cut)
        walked->traces--;
    walked->complete &= !cut;
    walked->spans = spans;
    return STATUS_OK;
}

static enum status newest_start(struct sql *sql, const struct query *query,
                                const struct agent_question *question, int64_t *out_from_ns,
                                struct error *error)
{
    struct store_rows *rows;
    sql_add(sql, " ORDER BY 1 DESC LIMIT 1 OFFSET %d", AGENT_TRACES_MAX);
    enum status status = sql_run(sql, query, question->cancelled, &rows, error);
    if (status != STATUS_OK)
        return status;
    if (store_rows_next(rows) && store_rows_int(rows, 0) > *out_from_ns)
        *out_from_ns = store_rows_int(rows, 0);
    store_rows_free(rows);
    return STATUS_OK;
}

/*
 * The start of the AGENT_TRACES_MAX-th newest run, or part of a trace that shows one, saves adding
 * up all traces of the range to find the newest. Parts that show none by themselves only make the
 * walk visit a few more.
 */
static enum status find_floor(const struct query *query, const struct agent_question *question,
                              int64_t *out_from_ns, struct error *error)
{
    struct sql sql = {0};
    *out_from_ns = question->range.from_ns;
    if (question->has_trace || question->filters->count)
        return STATUS_OK;
    sql_add(&sql, "SELECT p.start_ns FROM trace_parts p WHERE ");
    where_range(&sql, question, "p");
    sql_add(&sql, " AND (p.graph_steps > 0 OR (p.llm_calls > 0 AND p.tool_calls > 0)) AND "
                  "p.agent_runs = 0");
    where_label(&sql, query, question, "p.name");
    enum status status = newest_start(&sql, query, question, out_from_ns, error);
    if (status != STATUS_OK)
        return status;
    struct sql of_spans = {0};
    sql_add(&of_spans, "SELECT s.start_ns FROM spans s WHERE ");
    where_range(&of_spans, question, "s");
    sql_add(&of_spans, " AND s.kind = %d", KIND_AGENT);
    where_label(&of_spans, query, question, RUN_LABEL);
    return newest_start(&of_spans, query, question, out_from_ns, error);
}

enum status agent_walk(const struct query *query, const struct agent_question *question,
                       agent_visit visit, void *context, struct agent_walked *out_walked,
                       struct error *error)
{
    struct store_rows *rows;
    struct gathered gathered = {0};
    *out_walked = (struct agent_walked){.complete = true};
    struct agent_question newest = *question;
    enum status status = find_floor(query, question, &newest.range.from_ns, error);
    out_walked->complete = newest.range.from_ns == question->range.from_ns;
    if (status == STATUS_OK)
        status = select_steps(query, &newest, AGENT_TRACES_MAX, &rows, error);
    if (status != STATUS_OK)
        return status;
    status = walk_rows(rows, &gathered, visit, context, out_walked, error);
    store_rows_free(rows);
    free(gathered.steps);
    free(gathered.parent_ids);
    free(gathered.runs);
    free(gathered.places);
    free(gathered.marks);
    free(gathered.own);
    return status;
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
