/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spend: days, prompts and models from rollups; tasks, users, tenants and features from one pass
 * over the traces of the range and of the one before it.
 */
#include "query/spend.h"

#include "base/clock.h"
#include "model/score.h"

enum { DAY_S = 86400 };

static const char *const names[SPEND_BYS] = {
    [SPEND_USER] = "user",     [SPEND_TENANT] = "tenant", [SPEND_FEATURE] = "feature",
    [SPEND_PROMPT] = "prompt", [SPEND_MODEL] = "model",
};

const char *spend_by_name(enum spend_by by)
{
    return names[by];
}

static int64_t length_s(const struct steps *steps)
{
    return (int64_t)steps->count * steps->step_s;
}

static void select_rollups(struct sql *sql, const struct spend_question *question,
                           int64_t resolution_s, int64_t from_s, int64_t to_s)
{
    sql_add(sql, " FROM rollups r JOIN labels l ON r.label = l.id WHERE l.project = ");
    sql_int(sql, question->project_id);
    sql_add(sql, " AND r.resolution = %lld AND r.time >= ", (long long)resolution_s);
    sql_int(sql, from_s);
    sql_add(sql, " AND r.time < ");
    sql_int(sql, to_s);
}

/* Adds the filters; on failure the statement is gone. */
static enum status add_filters(struct sql *sql, const struct query *query,
                               const struct spend_question *question, struct error *error)
{
    enum status status = filter_labels(question->filters, query, sql, error);
    if (status != STATUS_OK)
        sql_done(sql);
    return status;
}

static enum status read_days(const struct query *query, const struct spend_question *question,
                             struct spend *spend, struct error *error)
{
    struct sql sql = {0};
    struct store_rows *rows;
    int64_t now_s = question->now_ns / NS_PER_SEC;
    spend->first_day_s = now_s - now_s % DAY_S - (SPEND_DAYS - 1) * DAY_S;
    sql_add(&sql, "SELECT (r.time - ");
    sql_int(&sql, spend->first_day_s);
    sql_add(&sql, ") // %d, sum(r.cost), sum(CASE WHEN l.root THEN r.spans ELSE 0 END)", DAY_S);
    select_rollups(&sql, question, DAY_S, spend->first_day_s,
                   spend->first_day_s + SPEND_DAYS * DAY_S);
    enum status status = add_filters(&sql, query, question, error);
    if (status != STATUS_OK)
        return status;
    sql_add(&sql, " GROUP BY 1");
    status = sql_run(&sql, query, question->cancelled, &rows, error);
    if (status != STATUS_OK)
        return status;
    while (store_rows_next(rows)) {
        int64_t day = store_rows_int(rows, 0);
        if (day < 0 || day >= SPEND_DAYS)
            continue;
        spend->day_cost[day] = store_rows_int(rows, 1);
        spend->day_requests[day] = store_rows_int(rows, 2);
    }
    store_rows_free(rows);
    return STATUS_OK;
}

static const char *order_of(const struct spend_question *question)
{
    return question->by_rise ? "now - before" : "now";
}

/* --- prompts and models ---------------------------------------------------------------------- */

static enum status read_labels(const struct query *query, const struct spend_question *question,
                               enum spend_by by, struct spend *spend, struct error *error)
{
    struct sql sql = {0};
    struct store_rows *rows;
    const struct steps *steps = &spend->steps;
    const char *column = by == SPEND_PROMPT ? "prompt" : "model";
    struct spenders *out = &spend->by[by];
    sql_add(&sql, "SELECT l.%s, sum(CASE WHEN r.time >= ", column);
    sql_int(&sql, steps->start_s);
    sql_add(&sql, " THEN r.cost ELSE 0 END) AS now, sum(CASE WHEN r.time < ");
    sql_int(&sql, steps->start_s);
    sql_add(&sql, " THEN r.cost ELSE 0 END) AS before, sum(CASE WHEN r.time >= ");
    sql_int(&sql, steps->start_s);
    sql_add(&sql, " THEN r.calls ELSE 0 END)");
    select_rollups(&sql, question, steps->resolution_s, steps->start_s - length_s(steps),
                   steps->start_s + length_s(steps));
    enum status status = add_filters(&sql, query, question, error);
    if (status != STATUS_OK)
        return status;
    sql_add(&sql, " GROUP BY 1 HAVING sum(r.cost) > 0");
    sql_add(&sql, " ORDER BY %s DESC, 1 LIMIT %zu", order_of(question), question->limit);
    status = sql_run(&sql, query, question->cancelled, &rows, error);
    if (status != STATUS_OK)
        return status;
    while (out->count < SPENDERS_MAX && store_rows_next(rows))
        out->items[out->count++] = (struct spender){
            .value = sql_name(query, store_rows_int(rows, 0)),
            .cost = store_rows_int(rows, 1),
            .previous = store_rows_int(rows, 2),
            .count = store_rows_int(rows, 3),
        };
    store_rows_free(rows);
    return STATUS_OK;
}

/* --- traces ---------------------------------------------------------------------------------- */

/* Column numbers of the pass over traces. */
enum { T_WHAT, T_NUMBER, T_TEXT, T_NOW, T_BEFORE, T_COUNT, T_TASKS, T_SUCCEEDED, T_SCORED };
/* Values of T_WHAT beyond the kinds of spenders: T_NUMBER is a step, or -1 for the range before. */
enum { WHAT_STEP = SPEND_BYS };

static void select_scores(struct sql *sql, const struct query *query,
                          const struct spend_question *question)
{
    sql_add(sql, "(SELECT c.trace_hi, c.trace_lo, avg(c.value) AS mark FROM scores c "
                 "WHERE c.project = ");
    sql_int(sql, question->project_id);
    sql_add(sql, " AND c.name = ");
    sql_int(sql, store_name_id(query->store, question->success_score));
    sql_add(sql,
            " AND c.type IN (%d, %d, %d) AND c.value IS NOT NULL AND "
            "(c.trace_hi <> 0 OR c.trace_lo <> 0) GROUP BY 1, 2)",
            SCORE_NUMERIC, SCORE_CATEGORICAL, SCORE_BOOLEAN);
}

/* Each trace of both ranges: what it cost, whose it was and how it ended. */
static void select_traces(struct sql *sql, const struct query *query,
                          const struct spend_question *question, const struct spend *spend)
{
    static const char columns[] =
        "p.trace_hi, p.trace_lo, " TRACE_START " AS start_ns, " TRACE_STATUS " AS status, "
        "max(p.root_status) AS root_status, " TRACE_COST " AS cost, max(p.user_id) AS user_id, "
        "max(p.tenant) AS tenant, arg_max(p.name, p.name_rank) AS name";
    const struct steps *steps = &spend->steps;
    const struct trace_list_question traces = {
        .project_id = question->project_id,
        .range = {(steps->start_s - length_s(steps)) * NS_PER_SEC,
                  (steps->start_s + length_s(steps)) * NS_PER_SEC},
        .filters = question->filters,
        .cancelled = question->cancelled,
    };
    bool scored = question->success_score.len > 0;
    sql_add(sql, "SELECT t.*, t.start_ns < ");
    sql_int(sql, steps->start_s * NS_PER_SEC);
    sql_add(sql,
            " AS earlier, t.root_status IS NOT NULL AS is_task, %s AS is_scored, "
            "t.root_status IS NOT NULL AND t.status <> %d%s",
            scored ? "g.mark IS NOT NULL" : "false", SPAN_ERROR,
            scored ? " AND coalesce(g.mark >= " : "");
    if (scored) {
        sql_double(sql, question->success_least);
        sql_add(sql, ", true)");
    }
    sql_add(sql, " AS good FROM (");
    trace_select(sql, query, &traces, columns);
    sql_add(sql, ") t");
    if (scored) {
        sql_add(sql, " LEFT JOIN ");
        select_scores(sql, query, question);
        sql_add(sql, " g ON g.trace_hi = t.trace_hi AND g.trace_lo = t.trace_lo");
    }
}

static void select_steps(struct sql *sql, const struct steps *steps)
{
    sql_add(sql, "SELECT %d, CASE WHEN earlier THEN -1 ELSE (start_ns // 1000000000 - ", WHAT_STEP);
    sql_int(sql, steps->start_s);
    sql_add(sql,
            ") // %lld END AS step, NULL, sum(cost), 0, count(*), count(*) FILTER (is_task), "
            "count(*) FILTER (good), count(*) FILTER (is_task AND is_scored) FROM tr GROUP BY step",
            (long long)steps->step_s);
}

static void select_owners(struct sql *sql, const struct spend_question *question)
{
    static const struct {
        enum spend_by by;
        const char *number, *text;
    } owners[] = {
        {SPEND_USER, "NULL", "user_id"},
        {SPEND_TENANT, "tenant", "NULL"},
        {SPEND_FEATURE, "name", "NULL"},
    };
    for (size_t i = 0; i < sizeof owners / sizeof *owners; i++) {
        const char *key = owners[i].by == SPEND_USER ? owners[i].text : owners[i].number;
        sql_add(sql,
                " UNION ALL SELECT * FROM (SELECT %d, %s, %s, "
                "coalesce(sum(cost) FILTER (NOT earlier), 0) AS now, "
                "coalesce(sum(cost) FILTER (earlier), 0) AS before, "
                "count(*) FILTER (NOT earlier), 0, 0, 0 FROM tr WHERE cost > 0 GROUP BY %s",
                owners[i].by, owners[i].number, owners[i].text, key);
        sql_add(sql, " ORDER BY %s DESC, %s LIMIT %zu)", question->by_rise ? "now - before" : "now",
                key, question->limit);
    }
}

static void take_step(struct spend *spend, const struct store_rows *rows)
{
    int64_t step = store_rows_int(rows, T_NUMBER);
    if (step >= (int64_t)spend->steps.count)
        return;
    struct spend_tasks *tasks = step < 0 ? &spend->previous : &spend->tasks;
    tasks->cost += store_rows_int(rows, T_NOW);
    tasks->tasks += store_rows_int(rows, T_TASKS);
    tasks->succeeded += store_rows_int(rows, T_SUCCEEDED);
    tasks->scored += store_rows_int(rows, T_SCORED);
    if (step < 0)
        return;
    spend->step_cost[step] = store_rows_int(rows, T_NOW);
    spend->step_succeeded[step] = store_rows_int(rows, T_SUCCEEDED);
}

static bool take_owner(const struct query *query, struct spend *spend, enum spend_by by,
                       const struct store_rows *rows, struct arena *arena)
{
    struct spenders *out = &spend->by[by];
    if (out->count == SPENDERS_MAX)
        return true;
    struct spender *spender = &out->items[out->count++];
    *spender = (struct spender){
        .value = sql_name(query, store_rows_int(rows, T_NUMBER)),
        .cost = store_rows_int(rows, T_NOW),
        .previous = store_rows_int(rows, T_BEFORE),
        .count = store_rows_int(rows, T_COUNT),
    };
    if (by == SPEND_USER && store_rows_text(rows, T_TEXT).len)
        spender->value = arena_copy(arena, store_rows_text(rows, T_TEXT));
    return by != SPEND_USER || !store_rows_text(rows, T_TEXT).len || spender->value.ptr;
}

static enum status read_traces(const struct query *query, const struct spend_question *question,
                               struct arena *arena, struct spend *spend, struct error *error)
{
    struct sql sql = {0};
    struct store_rows *rows;
    sql_add(&sql, "WITH tr AS MATERIALIZED (");
    select_traces(&sql, query, question, spend);
    sql_add(&sql, ") ");
    select_steps(&sql, &spend->steps);
    select_owners(&sql, question);
    enum status status = sql_run(&sql, query, question->cancelled, &rows, error);
    if (status != STATUS_OK)
        return status;
    while (status == STATUS_OK && store_rows_next(rows)) {
        int64_t what = store_rows_int(rows, T_WHAT);
        if (what == WHAT_STEP)
            take_step(spend, rows);
        else if (!take_owner(query, spend, (enum spend_by)what, rows, arena))
            status = fail(error, STATUS_TOO_LARGE, "limit: too many spenders for one reply");
    }
    store_rows_free(rows);
    return status;
}

enum status query_spend(const struct query *query, const struct spend_question *question,
                        struct arena *arena, struct spend *out_spend, struct error *error)
{
    struct spend *spend = arena_new(arena, struct spend);
    if (!spend)
        return fail(error, STATUS_TOO_LARGE, "from: too many steps for one reply");
    enum status status = series_steps(question->range, 0, &spend->steps, error);
    if (status != STATUS_OK)
        return status;
    spend->step_cost = arena_array(arena, int64_t, spend->steps.count);
    spend->step_succeeded = arena_array(arena, int64_t, spend->steps.count);
    if (!spend->step_cost || !spend->step_succeeded)
        return fail(error, STATUS_TOO_LARGE, "from: too many steps for one reply");
    status = read_days(query, question, spend, error);
    if (status == STATUS_OK)
        status = read_labels(query, question, SPEND_PROMPT, spend, error);
    if (status == STATUS_OK)
        status = read_labels(query, question, SPEND_MODEL, spend, error);
    if (status == STATUS_OK)
        status = read_traces(query, question, arena, spend, error);
    if (status == STATUS_OK)
        *out_spend = *spend;
    return status;
}
