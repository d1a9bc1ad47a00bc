/* SPDX-License-Identifier: Apache-2.0 */
/* prompts: see prompts.h. Rollups do not know versions, so spans are asked, by two small columns.
 */
#include "query/prompts.h"

#include <math.h>

_Static_assert(OBSERVATION_BILLED == 1 && OBSERVATION_UNPRICED == 32, "as in the statement");
_Static_assert(SPAN_ERROR == 2, "as in the statement");

/* In the order that read_row() takes them. */
static const char columns[] = "s.prompt, s.prompt_version, count(*) AS calls, "
                              "count(*) FILTER (s.status = 2), "
                              "count(*) FILTER (s.flags & 32 <> 0), "
                              "coalesce(sum(s.input_tokens) FILTER (s.flags & 1 <> 0), 0), "
                              "coalesce(sum(s.output_tokens) FILTER (s.flags & 1 <> 0), 0), "
                              "coalesce(sum(s.total_tokens) FILTER (s.flags & 1 <> 0), 0), "
                              "coalesce(sum(s.cost) FILTER (s.flags & 1 <> 0), 0), "
                              "min(s.start_ns), max(s.start_ns), quantile_disc(s.ttft, 0.5), "
                              "quantile_disc(s.duration_ns, [0.5, 0.95]) AS latency";

static enum status select_usages(struct sql *sql, const struct query *query,
                                 const struct models_question *question, struct error *error)
{
    sql_add(sql,
            "SELECT * EXCLUDE (latency), latency[1], latency[2] FROM (SELECT %s FROM spans s"
            " WHERE s.project = ",
            columns);
    sql_int(sql, question->project_id);
    sql_add(sql, " AND s.start_ns >= ");
    sql_int(sql, question->range.from_ns);
    sql_add(sql, " AND s.start_ns < ");
    sql_int(sql, question->range.to_ns);
    sql_add(sql, " AND s.prompt > 0 AND s.kind IN (%d, %d, %d)", KIND_LLM, KIND_EMBEDDING,
            KIND_RERANKER);
    enum status status = filter_rows(question->filters, query, sql, error);
    sql_add(sql, " GROUP BY 1, 2) ORDER BY calls DESC, 1, 2 LIMIT %d", PROMPT_USAGES_MAX + 1);
    return status;
}

static double known(const struct store_rows *rows, size_t column)
{
    return store_rows_null(rows, column) ? (double)NAN : (double)store_rows_int(rows, column);
}

static struct prompt_usage read_row(const struct query *query, const struct store_rows *rows)
{
    return (struct prompt_usage){
        .prompt = sql_name(query, store_rows_int(rows, 0)),
        .version = sql_name(query, store_rows_int(rows, 1)),
        .calls = store_rows_int(rows, 2),
        .errors = store_rows_int(rows, 3),
        .unpriced = store_rows_int(rows, 4),
        .input_tokens = store_rows_int(rows, 5),
        .output_tokens = store_rows_int(rows, 6),
        .total_tokens = store_rows_int(rows, 7),
        .cost = store_rows_int(rows, 8),
        .first_ns = store_rows_int(rows, 9),
        .last_ns = store_rows_int(rows, 10),
        .ttft_p50 = known(rows, 11),
        .latency_p50 = known(rows, 12),
        .latency_p95 = known(rows, 13),
    };
}

enum status query_prompts(const struct query *query, const struct models_question *question,
                          struct arena *arena, struct prompt_usage **out_usages, size_t *out_count,
                          bool *out_more, struct error *error)
{
    struct sql sql = {0};
    struct store_rows *rows;
    struct prompt_usage *usages = arena_array(arena, struct prompt_usage, PROMPT_USAGES_MAX);
    size_t count = 0;
    if (!usages)
        return fail(error, STATUS_TOO_LARGE, "there are too many prompts for one reply");
    enum status status = select_usages(&sql, query, question, error);
    if (status != STATUS_OK) {
        sql_done(&sql);
        return status;
    }
    status = sql_run(&sql, query, question->cancelled, &rows, error);
    if (status != STATUS_OK)
        return status;
    *out_more = false;
    while (store_rows_next(rows)) {
        if (count == PROMPT_USAGES_MAX) {
            *out_more = true;
            break;
        }
        usages[count++] = read_row(query, rows);
    }
    store_rows_free(rows);
    *out_usages = usages;
    *out_count = count;
    return STATUS_OK;
}
