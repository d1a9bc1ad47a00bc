/* SPDX-License-Identifier: Apache-2.0 */
/*
 * agent_runs: which runs there are, as SQL for whoever counts them and as the newest traces for
 * whoever walks through them.
 */
#include <stdlib.h>

#include "query/agent_walk_private.h"

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

/* --- the newest of them ----------------------------------------------------------------------- */

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

static enum status read_picked(struct store_rows *rows, struct agent_picked *out_picked,
                               struct error *error)
{
    out_picked->traces = calloc(AGENT_TRACES_MAX, sizeof *out_picked->traces);
    if (!out_picked->traces)
        return fail(error, STATUS_TOO_LARGE, "there is no memory for that many runs");
    while (store_rows_next(rows)) {
        if (out_picked->count == AGENT_TRACES_MAX) {
            out_picked->complete = false;
            break;
        }
        out_picked->traces[out_picked->count++] =
            (struct trace_key){store_rows_int(rows, 0), store_rows_int(rows, 1)};
        int64_t oldest_ns = store_rows_int(rows, 3);
        if (oldest_ns < out_picked->oldest_ns)
            out_picked->oldest_ns = oldest_ns;
    }
    return STATUS_OK;
}

enum status agent__pick(const struct query *query, const struct agent_question *question,
                        struct agent_picked *out_picked, struct error *error)
{
    struct sql sql = {0};
    struct store_rows *rows;
    struct agent_question newest = *question;
    *out_picked = (struct agent_picked){.oldest_ns = INT64_MAX};
    enum status status = find_floor(query, question, &newest.range.from_ns, error);
    if (status != STATUS_OK)
        return status;
    out_picked->complete = newest.range.from_ns == question->range.from_ns;
    sql_add(&sql, "SELECT r.trace_hi, r.trace_lo, max(r.start_ns) AS newest, min(r.start_ns)");
    status = agent_select_runs(&sql, query, &newest, error);
    if (status != STATUS_OK) {
        sql_done(&sql);
        return status;
    }
    sql_add(&sql, " GROUP BY 1, 2 ORDER BY newest DESC, 1, 2 LIMIT %d", AGENT_TRACES_MAX + 1);
    status = sql_run(&sql, query, question->cancelled, &rows, error);
    if (status != STATUS_OK)
        return status;
    status = read_picked(rows, out_picked, error);
    store_rows_free(rows);
    return status;
}
