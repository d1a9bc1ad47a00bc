/* SPDX-License-Identifier: Apache-2.0 */
/* plan_duckdb_source: the rows that the lowest block of a plan reads, called `s`. */
#include "base/clock.h"
#include "query/plan_duckdb.h"
#include "query/trace_sql.h"

static void print_range(struct printer *printer, const char *time)
{
    sql_add(printer->sql, "s.project = ");
    sql_int(printer->sql, printer->project_id);
    sql_add(printer->sql, " AND s.%s >= ", time);
    sql_int(printer->sql, printer->plan->range.from_ns);
    sql_add(printer->sql, " AND s.%s < ", time);
    sql_int(printer->sql, printer->plan->range.to_ns);
}

/* Parts of a trace may come late, and start before what came first: an hour around the range. */
static void print_traces(struct printer *printer)
{
    struct sql *sql = printer->sql;
    const int64_t slack_ns = 3600 * INT64_C(1000000000);
    struct time_range range = printer->plan->range;
    sql_add(sql, "(SELECT p.trace_hi, p.trace_lo, " TRACE_START " AS start_ns, " TRACE_END
                 " AS end_ns, max(p.arrival_ns) AS arrival_ns, " TRACE_DURATION
                 " AS duration_ns, " TRACE_STATUS " AS status, max(p.error_kind) AS error_kind, "
                 "sum(p.spans) AS spans, sum(p.errors) AS errors, sum(p.llm_calls) AS llm_calls, "
                 "sum(p.tool_calls) AS tool_calls, sum(p.unpriced) AS unpriced, " TRACE_INPUT
                 " AS input_tokens, " TRACE_OUTPUT " AS output_tokens, "
                 "sum(p.cache_read) AS cache_read, sum(p.cache_write) AS cache_write, "
                 "sum(p.reasoning) AS reasoning, ");
    sql_add(sql, TRACE_TOKENS " AS total_tokens, " TRACE_COST
                              " AS cost, arg_min(p.ttft, p.ttft_at) AS ttft, "
                              "arg_min(p.model, p.model_at) AS model, "
                              "arg_min(p.provider, p.model_at) AS provider, "
                              "arg_max(p.name, p.name_rank) AS name, "
                              "arg_max(p.service, p.service_rank) AS service, "
                              "max(p.environment) AS environment, max(p.release) AS release, "
                              "max(p.tenant) AS tenant, max(p.session) AS session, "
                              "max(p.user_id) AS user_id, arg_max(p.input, p.input_rank) AS input, "
                              "arg_max(p.output, p.output_rank) AS output "
                              "FROM trace_parts p WHERE p.project = ");
    sql_int(sql, printer->project_id);
    sql_add(sql, " AND p.start_ns >= ");
    sql_int(sql, range.from_ns > INT64_MIN + slack_ns ? range.from_ns - slack_ns : range.from_ns);
    sql_add(sql, " AND p.start_ns < ");
    sql_int(sql, range.to_ns < INT64_MAX - slack_ns ? range.to_ns + slack_ns : range.to_ns);
    sql_add(sql, " GROUP BY p.trace_hi, p.trace_lo HAVING sum(p.spans) > 0) s WHERE "
                 "s.start_ns >= ");
    sql_int(sql, range.from_ns);
    sql_add(sql, " AND s.start_ns < ");
    sql_int(sql, range.to_ns);
}

/* The project's rows of one resolution between two times, as `columns`. */
static void print_rollup_rows(struct printer *printer, const char *columns, int64_t resolution_s,
                              int64_t from_s, int64_t to_s)
{
    sql_add(printer->sql,
            "SELECT %s FROM rollups p WHERE p.resolution = %lld AND p.time >= ", columns,
            (long long)resolution_s);
    sql_int(printer->sql, from_s);
    sql_add(printer->sql, " AND p.time < ");
    sql_int(printer->sql, to_s);
    sql_add(printer->sql, " AND p.label IN (SELECT id FROM labels WHERE project = ");
    sql_int(printer->sql, printer->project_id);
    sql_add(printer->sql, ")");
}

static void print_spans_between(struct printer *printer, int64_t from_ns, int64_t to_ns)
{
    sql_add(printer->sql, "(s.start_ns >= ");
    sql_int(printer->sql, from_ns);
    sql_add(printer->sql, " AND s.start_ns < ");
    sql_int(printer->sql, to_ns);
    sql_add(printer->sql, ")");
}

/* Hours and days are never fewer than the spans that are left of a label, and minutes never more
 * than the hours: when their totals are the same, they are the same everywhere. The label that too
 * many became says nothing about its spans. */
static void print_sure(struct printer *printer)
{
    const struct plan_rollup *rollup = &printer->plan->rollup;
    struct sql *sql = printer->sql;
    sql_add(sql, "coalesce((SELECT sum(n) FROM r), 0) = (SELECT count(*) FROM spans s WHERE "
                 "s.project = ");
    sql_int(sql, printer->project_id);
    sql_add(sql, " AND ");
    print_spans_between(printer, rollup->from_s * NS_PER_SEC, rollup->to_s * NS_PER_SEC);
    sql_add(sql, ")");
    if (rollup->resolution_s < 3600) {
        sql_add(sql, " AND coalesce((SELECT sum(n) FROM r), 0) = (");
        print_rollup_rows(printer, "coalesce(sum(p.spans), 0)", 3600, rollup->from_s, rollup->to_s);
        sql_add(sql, ")");
    }
    sql_add(sql,
            " AND NOT EXISTS (SELECT 1 FROM d WHERE d.service = %d AND d.environment = %d AND "
            "d.provider = %d AND d.model = %d AND d.op = %d AND d.prompt = %d)",
            STORE_NAME_OTHER, STORE_NAME_OTHER, STORE_NAME_OTHER, STORE_NAME_OTHER,
            STORE_NAME_OTHER, STORE_NAME_OTHER);
}

/* What there is of each label and step. */
static void print_period_rows(struct printer *printer)
{
    static const char columns[] = "p.time, p.label, p.spans, p.errors";
    const struct plan_rollup *rollup = &printer->plan->rollup;
    struct sql *sql = printer->sql;
    sql_add(sql,
            "(WITH r AS MATERIALIZED (SELECT p.time // %lld * %lld AS time, p.label, "
            "CAST(sum(p.spans) AS BIGINT) AS n, CAST(sum(p.errors) AS BIGINT) AS failed FROM (",
            (long long)rollup->step_s, (long long)rollup->step_s);
    print_rollup_rows(printer, columns, rollup->resolution_s, rollup->from_s, rollup->days_from_s);
    if (rollup->days_from_s < rollup->days_to_s) {
        sql_add(sql, " UNION ALL ");
        print_rollup_rows(printer, columns, 86400, rollup->days_from_s, rollup->days_to_s);
        sql_add(sql, " UNION ALL ");
        print_rollup_rows(printer, columns, rollup->resolution_s, rollup->days_to_s, rollup->to_s);
    }
    sql_add(sql, ") p GROUP BY 1, 2 HAVING sum(p.spans) <> 0");
}

/* Spans, as far as their labels tell of them, each row `n` of them: those that failed apart. In
 * front of and behind the rollups' times the spans themselves. */
static void print_rollups(struct printer *printer)
{
    const struct plan_rollup *rollup = &printer->plan->rollup;
    struct sql *sql = printer->sql;
    print_period_rows(printer);
    sql_add(sql, "), d AS MATERIALIZED (SELECT r.time, r.n, r.failed, l.* "
                 "FROM r JOIN labels l ON l.id = r.label), sure AS (SELECT ");
    print_sure(printer);
    sql_add(sql, " AS ok) SELECT d.time * 1000000000 AS start_ns, e.status, d.kind, d.error_kind, "
                 "CASE WHEN d.root <> 0 THEN 128 ELSE 0 END AS flags, d.model, d.provider, "
                 "d.service, d.environment, d.op, d.prompt, "
                 "CASE e.status WHEN 2 THEN d.failed ELSE d.n - d.failed END AS n "
                 "FROM d, (VALUES (1), (2)) e(status) WHERE (SELECT ok FROM sure) AND "
                 "CASE e.status WHEN 2 THEN d.failed ELSE d.n - d.failed END > 0 UNION ALL "
                 "SELECT s.start_ns, s.status, s.kind, s.error_kind, s.flags, s.model, s.provider, "
                 "s.service, s.environment, s.op, s.prompt, 1 FROM spans s "
                 "WHERE (SELECT ok FROM sure) AND s.project = ");
    sql_int(sql, printer->project_id);
    sql_add(sql, " AND (");
    print_spans_between(printer, printer->plan->range.from_ns, rollup->from_s * NS_PER_SEC);
    sql_add(sql, " OR ");
    print_spans_between(printer, rollup->to_s * NS_PER_SEC, printer->plan->range.to_ns);
    sql_add(sql, ")) s WHERE true");
}

void printer_source(struct printer *printer)
{
    struct sql *sql = printer->sql;
    if (printer->plan->rollup.resolution_s) {
        print_rollups(printer);
        return;
    }
    switch (printer->plan->source) {
    case SOURCE_TRACES:
        print_traces(printer);
        break;
    case SOURCE_LOGS:
        sql_add(sql, "logs s WHERE ");
        print_range(printer, "time_ns");
        break;
    case SOURCE_METRICS:
        sql_add(sql, "(SELECT p.*, m.metric, m.unit, m.type, m.service, m.environment, "
                     "m.attributes FROM points p JOIN series m ON m.hash = p.series "
                     "AND m.project = p.project) s WHERE ");
        print_range(printer, "time_ns");
        break;
    case SOURCE_SCORES:
        sql_add(sql, "scores s WHERE ");
        print_range(printer, "time_ns");
        break;
    default:
        sql_add(sql, "spans s WHERE ");
        print_range(printer, "start_ns");
    }
}
