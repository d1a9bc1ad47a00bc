/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model_quality: scores joined with the model calls of their trace. A score of a trace counts once
 * for each model that was asked in it; a score of one call for its model.
 */
#include "model/score.h"
#include "query/models.h"

static enum status select_scores(struct sql *sql, const struct query *query,
                                 const struct models_question *question, struct error *error)
{
    sql_add(sql,
            "SELECT model, provider, name, count(*) AS told, avg(value) FROM (SELECT DISTINCT "
            "c.hash, c.name, c.value, s.model, s.provider FROM scores c JOIN spans s ON "
            "s.trace_lo = c.trace_lo AND s.trace_hi = c.trace_hi AND (c.span_id = 0 OR "
            "c.span_id = s.span_id) WHERE c.type IN (%d, %d) AND c.value IS NOT NULL AND "
            "c.project = ",
            SCORE_NUMERIC, SCORE_BOOLEAN);
    sql_int(sql, question->project_id);
    sql_add(sql, " AND s.project = ");
    sql_int(sql, question->project_id);
    sql_add(sql, " AND s.start_ns >= ");
    sql_int(sql, question->range.from_ns);
    sql_add(sql, " AND s.start_ns < ");
    sql_int(sql, question->range.to_ns);
    sql_add(sql, " AND s.kind = %d", KIND_LLM);
    enum status status = filter_rows(question->filters, query, sql, error);
    sql_add(sql, ") GROUP BY 1, 2, 3 ORDER BY told DESC, name, model LIMIT %d",
            MODEL_QUALITIES_MAX);
    return status;
}

static struct str name_of(const struct query *query, int64_t id)
{
    return id > 0 ? store_name(query->store, (int32_t)id) : STR_NONE;
}

enum status query_model_quality(const struct query *query, const struct models_question *question,
                                struct arena *arena, struct model_quality **out_rows,
                                size_t *out_count, struct error *error)
{
    struct sql sql = {0};
    struct store_rows *rows;
    struct model_quality *found = arena_array(arena, struct model_quality, MODEL_QUALITIES_MAX);
    size_t count = 0;
    if (!found)
        return fail(error, STATUS_TOO_LARGE, "there are too many scores for one reply");
    enum status status = select_scores(&sql, query, question, error);
    if (status != STATUS_OK) {
        sql_done(&sql);
        return status;
    }
    status = sql_run(&sql, query, question->cancelled, &rows, error);
    if (status != STATUS_OK)
        return status;
    while (count < MODEL_QUALITIES_MAX && store_rows_next(rows))
        found[count++] = (struct model_quality){
            .model = name_of(query, store_rows_int(rows, 0)),
            .provider = name_of(query, store_rows_int(rows, 1)),
            .name = name_of(query, store_rows_int(rows, 2)),
            .count = store_rows_int(rows, 3),
            .mean = store_rows_double(rows, 4),
        };
    store_rows_free(rows);
    *out_rows = found;
    *out_count = count;
    return STATUS_OK;
}
