/* SPDX-License-Identifier: Apache-2.0 */
/* call_scores: scores joined with the model calls of their trace. */
#include "query/call_scores.h"

#include "model/score.h"

/* Columns of spans, and which calls they are told of. */
static const struct {
    const char *first, *second, *which;
} groups[] = {
    [CALL_SCORES_BY_MODEL] = {"model", "provider", ""},
    [CALL_SCORES_BY_PROMPT] = {"prompt", "prompt_version", " AND s.prompt > 0"},
};

static enum status select_scores(struct sql *sql, const struct query *query,
                                 const struct models_question *question, enum call_scores_by by,
                                 struct error *error)
{
    const char *first = groups[by].first, *second = groups[by].second;
    sql_add(sql,
            "SELECT %s, %s, name, count(*) AS told, avg(value) FROM (SELECT DISTINCT "
            "c.hash, c.name, c.value, s.%s, s.%s FROM scores c JOIN spans s ON "
            "s.trace_lo = c.trace_lo AND s.trace_hi = c.trace_hi AND (c.span_id = 0 OR "
            "c.span_id = s.span_id) WHERE c.type IN (%d, %d) AND c.value IS NOT NULL AND "
            "c.project = ",
            first, second, first, second, SCORE_NUMERIC, SCORE_BOOLEAN);
    sql_int(sql, question->project_id);
    sql_add(sql, " AND s.project = ");
    sql_int(sql, question->project_id);
    sql_add(sql, " AND s.start_ns >= ");
    sql_int(sql, question->range.from_ns);
    sql_add(sql, " AND s.start_ns < ");
    sql_int(sql, question->range.to_ns);
    sql_add(sql, " AND s.kind = %d%s", KIND_LLM, groups[by].which);
    enum status status = filter_rows(question->filters, query, sql, error);
    sql_add(sql, ") GROUP BY 1, 2, 3 ORDER BY told DESC, name, %s LIMIT %d", first,
            CALL_SCORES_MAX);
    return status;
}

enum status query_call_scores(const struct query *query, const struct models_question *question,
                              enum call_scores_by by, struct arena *arena,
                              struct call_score **out_scores, size_t *out_count,
                              struct error *error)
{
    struct sql sql = {0};
    struct store_rows *rows;
    struct call_score *found = arena_array(arena, struct call_score, CALL_SCORES_MAX);
    size_t count = 0;
    if (!found)
        return fail(error, STATUS_TOO_LARGE, "there are too many scores for one reply");
    enum status status = select_scores(&sql, query, question, by, error);
    if (status != STATUS_OK) {
        sql_done(&sql);
        return status;
    }
    status = sql_run(&sql, query, question->cancelled, &rows, error);
    if (status != STATUS_OK)
        return status;
    while (count < CALL_SCORES_MAX && store_rows_next(rows))
        found[count++] = (struct call_score){
            .first = sql_name(query, store_rows_int(rows, 0)),
            .second = sql_name(query, store_rows_int(rows, 1)),
            .name = sql_name(query, store_rows_int(rows, 2)),
            .count = store_rows_int(rows, 3),
            .mean = store_rows_double(rows, 4),
        };
    store_rows_free(rows);
    *out_scores = found;
    *out_count = count;
    return STATUS_OK;
}
