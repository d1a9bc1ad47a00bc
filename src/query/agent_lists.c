/* SPDX-License-Identifier: Apache-2.0 */
/* agent_lists: runs, and the loops found in them, as lists. Both keep the best of a walk. */
#include <stdlib.h>

#include "query/agents.h"

const struct sort_key agent_run_sorts[AGENT_RUN_SORTS] = {
    [AGENT_RUN_START] = {"start", NULL}, [AGENT_RUN_DURATION] = {"duration", NULL},
    [AGENT_RUN_TURNS] = {"turns", NULL}, [AGENT_RUN_TOKENS] = {"tokens", NULL},
    [AGENT_RUN_COST] = {"cost", NULL},   [AGENT_RUN_ERRORS] = {"errors", NULL},
    [AGENT_RUN_LOOPS] = {"loops", NULL},
};

struct lister {
    const struct query *query;
    const struct agent_question *question;
    struct arena *arena;
    int32_t label; /* 0: any, negative: one that nobody has */
    int64_t covered;
    bool failed;
    struct agent_run_row *runs;
    struct agent_loop_row *loops;
    struct agent_loop_list *list;
    size_t run_count, run_capacity, loop_count, loop_capacity;
};

static struct str name_of(const struct lister *lister, int32_t id)
{
    return id > 0 ? store_name(lister->query->store, id) : STR_NONE;
}

static void open_lister(struct lister *lister, const struct query *query,
                        const struct agent_question *question, struct arena *arena)
{
    *lister = (struct lister){.query = query, .question = question, .arena = arena};
    if (question->agent.len)
        lister->label = store_name_id(query->store, question->agent);
}

/* --- runs ----------------------------------------------------------------------------------------
 */

static void list_run(struct lister *lister, const struct agent_trace *trace, int32_t index,
                     const struct agent_loops *loops)
{
    const struct agent_run *run = &trace->runs[index];
    const struct agent_step *own = &trace->steps[run->step];
    if (!arena_grow(lister->arena, &lister->runs, lister->run_count, &lister->run_capacity)) {
        lister->failed = true;
        return;
    }
    struct agent_run_row *row = &lister->runs[lister->run_count++];
    *row = (struct agent_run_row){
        .trace = trace->key,
        .span_id = own->span_id,
        .start_ns = own->start_ns,
        .duration_ns = own->duration_ns,
        .agent = name_of(lister, run->label),
        .error_kind = (enum error_kind)own->error_kind,
        .failed = own->failed,
        .llm_calls = run->llm_calls,
        .tool_calls = run->tool_calls,
        .tool_errors = run->tool_errors,
        .total_tokens = run->total_tokens,
        .cost = run->cost,
    };
    for (size_t i = 0; i < loops->count; i++)
        row->loops += loops->items[i].run == index;
}

static bool visit_runs(void *context, const struct agent_trace *trace)
{
    struct lister *lister = context;
    struct arena scratch;
    arena_init(&scratch, 16 << 20);
    struct agent_loops loops = {.arena = &scratch};
    agent_loops_find(trace, &loops);
    for (size_t i = 0; i < trace->run_count; i++)
        if (!lister->label || trace->runs[i].label == lister->label)
            list_run(lister, trace, (int32_t)i, &loops);
    arena_done(&scratch);
    return !lister->failed;
}

static int64_t sort_value(const struct agent_run_row *row, enum agent_run_sort sort)
{
    switch (sort) {
    case AGENT_RUN_DURATION:
        return row->duration_ns;
    case AGENT_RUN_TURNS:
        return row->llm_calls;
    case AGENT_RUN_TOKENS:
        return row->total_tokens;
    case AGENT_RUN_COST:
        return row->cost;
    case AGENT_RUN_ERRORS:
        return row->failed * INT64_C(1000000) + row->tool_errors;
    case AGENT_RUN_LOOPS:
        return row->loops;
    default:
        return row->start_ns;
    }
}

/* The first `limit` of the order, newest first among equals: a selection, as the list is short. */
static size_t keep_first(struct agent_run_row *rows, size_t count, enum agent_run_sort sort,
                         size_t limit)
{
    size_t kept = 0;
    for (; kept < limit && kept < count; kept++) {
        size_t best = kept;
        for (size_t i = kept + 1; i < count; i++) {
            int64_t value = sort_value(&rows[i], sort), most = sort_value(&rows[best], sort);
            if (value > most || (value == most && rows[i].start_ns > rows[best].start_ns))
                best = i;
        }
        struct agent_run_row moved = rows[kept];
        rows[kept] = rows[best];
        rows[best] = moved;
    }
    return kept;
}

/* What the trace was asked and answered. */
static enum status add_texts(const struct lister *lister, struct agent_run_row *rows, size_t count,
                             struct error *error)
{
    struct sql sql = {0};
    struct store_rows *found;
    if (count == 0)
        return STATUS_OK;
    sql_add(&sql, "SELECT p.trace_hi, p.trace_lo, arg_max(p.input, p.input_rank), "
                  "arg_max(p.output, p.output_rank) FROM trace_parts p WHERE p.project = ");
    sql_int(&sql, lister->question->project_id);
    sql_add(&sql, " AND p.trace_lo IN (");
    for (size_t i = 0; i < count; i++) {
        sql_add(&sql, i ? ", " : "");
        sql_int(&sql, rows[i].trace.lo);
    }
    sql_add(&sql, ") GROUP BY 1, 2");
    enum status status = sql_run(&sql, lister->query, lister->question->cancelled, &found, error);
    if (status != STATUS_OK)
        return status;
    while (store_rows_next(found)) {
        struct trace_key key = {store_rows_int(found, 0), store_rows_int(found, 1)};
        struct str input = arena_copy(lister->arena, store_rows_text(found, 2));
        struct str output = arena_copy(lister->arena, store_rows_text(found, 3));
        for (size_t i = 0; i < count; i++) {
            if (rows[i].trace.hi != key.hi || rows[i].trace.lo != key.lo)
                continue;
            rows[i].input = input;
            rows[i].output = output;
        }
    }
    store_rows_free(found);
    return STATUS_OK;
}

enum status query_agent_runs(const struct query *query, const struct agent_question *question,
                             const struct agent_walk *walk, enum agent_run_sort sort, size_t limit,
                             struct arena *arena, struct agent_run_list *out_list,
                             struct error *error)
{
    struct lister lister;
    open_lister(&lister, query, question, arena);
    bool complete = agent_walk_visit(walk, visit_runs, &lister);
    if (lister.failed)
        return fail(error, STATUS_TOO_LARGE, "there are too many runs for one reply");
    size_t kept = keep_first(lister.runs, lister.run_count, sort, limit);
    *out_list = (struct agent_run_list){.items = lister.runs,
                                        .count = kept,
                                        .covered = (int64_t)lister.run_count,
                                        .complete = complete};
    return add_texts(&lister, lister.runs, kept, error);
}

/* --- loops ---------------------------------------------------------------------------------------
 */

/* What repeats: the tool or model at its end, or the other agent of a back and forth. */
static int32_t what_of(const struct agent_trace *trace, const struct agent_loop *loop,
                       enum observation_kind *out_kind)
{
    const struct agent_step *last = &trace->steps[loop->last];
    *out_kind = (enum observation_kind)last->kind;
    return agent_step_name(last);
}

static void list_loop(struct lister *lister, const struct agent_trace *trace,
                      const struct agent_loop *loop)
{
    const struct agent_run *run = &trace->runs[loop->run];
    if (!arena_grow(lister->arena, &lister->loops, lister->loop_count, &lister->loop_capacity)) {
        lister->failed = true;
        return;
    }
    struct agent_loop_row *row = &lister->loops[lister->loop_count++];
    *row = (struct agent_loop_row){
        .loop = *loop,
        .trace = trace->key,
        .run_span = trace->steps[run->step].span_id,
        .first_span = trace->steps[loop->first].span_id,
        .last_span = trace->steps[loop->last].span_id,
        .start_ns = trace->steps[loop->first].start_ns,
        .agent = name_of(lister, run->label),
    };
    row->what = name_of(lister, what_of(trace, loop, &row->what_kind));
    lister->list->found[loop->kind]++;
    lister->list->cost[loop->kind] += loop->cost;
}

static bool visit_loops(void *context, const struct agent_trace *trace)
{
    struct lister *lister = context;
    struct arena scratch;
    arena_init(&scratch, 16 << 20);
    struct agent_loops loops = {.arena = &scratch};
    agent_loops_find(trace, &loops);
    for (size_t i = 0; i < loops.count; i++)
        if (!lister->label || trace->runs[loops.items[i].run].label == lister->label)
            list_loop(lister, trace, &loops.items[i]);
    for (size_t run = 0; run < trace->run_count; run++) {
        bool any = false;
        if (lister->label && trace->runs[run].label != lister->label)
            continue;
        lister->covered++;
        for (size_t i = 0; i < loops.count && !any; i++)
            any = loops.items[i].run == (int32_t)run;
        lister->list->runs += any;
        lister->list->cost_total += agent_loops_cost(&loops, (int32_t)run);
    }
    arena_done(&scratch);
    return !lister->failed;
}

static int by_cost(const void *a, const void *b)
{
    const struct agent_loop_row *left = a, *right = b;
    if (left->loop.cost != right->loop.cost)
        return left->loop.cost < right->loop.cost ? 1 : -1;
    if (left->loop.count != right->loop.count)
        return left->loop.count < right->loop.count ? 1 : -1;
    return (left->start_ns < right->start_ns) - (left->start_ns > right->start_ns);
}

enum status query_agent_loops(const struct query *query, const struct agent_question *question,
                              const struct agent_walk *walk, size_t limit, struct arena *arena,
                              struct agent_loop_list *out_list, struct error *error)
{
    struct lister lister;
    *out_list = (struct agent_loop_list){0};
    open_lister(&lister, query, question, arena);
    lister.list = out_list;
    bool complete = agent_walk_visit(walk, visit_loops, &lister);
    if (lister.failed)
        return fail(error, STATUS_TOO_LARGE, "there are too many loops for one reply");
    if (lister.loop_count)
        qsort(lister.loops, lister.loop_count, sizeof *lister.loops, by_cost);
    out_list->items = lister.loops;
    out_list->count = lister.loop_count < limit ? lister.loop_count : limit;
    out_list->covered = lister.covered;
    out_list->complete = complete;
    return STATUS_OK;
}
