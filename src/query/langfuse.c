/* SPDX-License-Identifier: Apache-2.0 */
/* langfuse: see langfuse.h. */
#include "query/langfuse.h"

#include "base/must.h"

enum status query_aliases(const struct query *query, uint32_t project_id, enum alias_kind kind,
                          const struct alias_key *keys, size_t count, struct arena *arena,
                          struct str *out_texts, struct error *error)
{
    struct sql sql = {0};
    struct store_rows *rows;
    must(count <= ALIASES_MAX);
    for (size_t i = 0; i < count; i++)
        out_texts[i] = STR_NONE;
    if (count == 0)
        return STATUS_OK;
    sql_add(&sql, "SELECT hi, lo, text FROM aliases WHERE kind = %d AND project = ", (int)kind);
    sql_int(&sql, project_id);
    sql_add(&sql, " AND lo IN (");
    for (size_t i = 0; i < count; i++) {
        sql_add(&sql, i ? ", " : "");
        sql_int(&sql, keys[i].lo);
    }
    sql_add(&sql, ")");
    enum status status = sql_run(&sql, query, NULL, &rows, error);
    if (status != STATUS_OK)
        return status;
    while (store_rows_next(rows))
        for (size_t i = 0; i < count; i++)
            if (!out_texts[i].ptr && keys[i].lo == store_rows_int(rows, 1) &&
                keys[i].hi == store_rows_int(rows, 0))
                out_texts[i] = arena_copy(arena, store_rows_text(rows, 2));
    store_rows_free(rows);
    return STATUS_OK;
}

static void where_name(struct sql *sql, const struct query *query, const char *column,
                       struct str text)
{
    if (!text.len)
        return;
    sql_add(sql, " AND %s = ", column);
    sql_int(sql, store_name_id(query->store, text));
}

static void where_observations(struct sql *sql, const struct query *query,
                               const struct observation_question *question)
{
    sql_add(sql, " FROM spans WHERE project = ");
    sql_int(sql, question->project_id);
    sql_add(sql, " AND start_ns >= ");
    sql_int(sql, question->range.from_ns);
    sql_add(sql, " AND start_ns < ");
    sql_int(sql, question->range.to_ns);
    sql_add(sql, " AND op <> ");
    sql_int(sql, store_name_id(query->store, STR("trace")));
    if (question->has_trace) {
        sql_add(sql, " AND trace_lo = ");
        sql_int(sql, question->trace.lo);
        sql_add(sql, " AND trace_hi = ");
        sql_int(sql, question->trace.hi);
    }
    if (question->has_span) {
        sql_add(sql, " AND span_id = ");
        sql_int(sql, question->span_id);
    }
    if (question->has_parent) {
        sql_add(sql, " AND parent_id = ");
        sql_int(sql, question->parent_id);
    }
    if (question->kind >= 0)
        sql_add(sql, " AND kind = %d", question->kind);
    if (question->status >= 0)
        sql_add(sql, " AND status = %d", question->status);
    where_name(sql, query, "name", question->name);
    where_name(sql, query, "environment", question->environment);
    if (question->has_cursor) {
        sql_add(sql, " AND (start_ns < ");
        sql_int(sql, question->cursor_start_ns);
        sql_add(sql, " OR (start_ns = ");
        sql_int(sql, question->cursor_start_ns);
        sql_add(sql, " AND span_id > ");
        sql_int(sql, question->cursor_span_id);
        sql_add(sql, "))");
    }
    if (question->user.len) {
        sql_add(sql, " AND user_id = ");
        sql_text(sql, question->user);
    }
}

/* The only number of a statement's only row. */
static enum status ask_count(struct sql *sql, const struct query *query,
                             const _Atomic bool *cancelled, int64_t *out_count, struct error *error)
{
    struct store_rows *rows;
    enum status status = sql_run(sql, query, cancelled, &rows, error);
    if (status != STATUS_OK)
        return status;
    *out_count = store_rows_next(rows) ? store_rows_int(rows, 0) : 0;
    store_rows_free(rows);
    return STATUS_OK;
}

enum status query_observations(const struct query *query,
                               const struct observation_question *question, struct arena *arena,
                               struct observation_key **out_keys, size_t *out_count,
                               int64_t *out_total, struct error *error)
{
    struct sql sql = {0}, count = {0};
    struct store_rows *rows;
    *out_count = 0;
    *out_keys = arena_array(arena, struct observation_key, question->limit + 1);
    if (!*out_keys)
        return fail(error, STATUS_TOO_LARGE, "limit: too many observations for one reply");
    sql_add(&sql, "SELECT trace_hi, trace_lo, span_id, start_ns");
    where_observations(&sql, query, question);
    sql_add(&sql, " ORDER BY start_ns DESC, span_id LIMIT ");
    sql_int(&sql, (int64_t)question->limit);
    sql_add(&sql, " OFFSET ");
    sql_int(&sql, question->skip);
    enum status status = sql_run(&sql, query, question->cancelled, &rows, error);
    if (status != STATUS_OK)
        return status;
    while (*out_count < question->limit && store_rows_next(rows))
        (*out_keys)[(*out_count)++] = (struct observation_key){
            .trace = {store_rows_int(rows, 0), store_rows_int(rows, 1)},
            .span_id = store_rows_int(rows, 2),
            .start_ns = store_rows_int(rows, 3),
        };
    store_rows_free(rows);
    if (!out_total)
        return STATUS_OK;
    sql_add(&count, "SELECT count(*)");
    where_observations(&count, query, question);
    return ask_count(&count, query, question->cancelled, out_total, error);
}

static void where_sessions(struct sql *sql, uint32_t project_id, struct time_range range)
{
    sql_add(sql, " FROM trace_parts WHERE session IS NOT NULL AND project = ");
    sql_int(sql, project_id);
    sql_add(sql, " AND start_ns >= ");
    sql_int(sql, range.from_ns);
    sql_add(sql, " AND start_ns < ");
    sql_int(sql, range.to_ns);
}

enum status query_session_page(const struct query *query, uint32_t project_id,
                               struct time_range range, size_t limit, int64_t skip,
                               struct arena *arena, struct session_row **out_rows,
                               size_t *out_count, int64_t *out_total, struct error *error)
{
    struct sql sql = {0}, count = {0};
    struct store_rows *rows;
    *out_count = 0;
    *out_rows = arena_array(arena, struct session_row, limit + 1);
    if (!*out_rows)
        return fail(error, STATUS_TOO_LARGE, "limit: too many sessions for one reply");
    sql_add(&sql, "SELECT session, min(start_ns), max(environment)");
    where_sessions(&sql, project_id, range);
    sql_add(&sql, " GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ");
    sql_int(&sql, (int64_t)limit);
    sql_add(&sql, " OFFSET ");
    sql_int(&sql, skip);
    enum status status = sql_run(&sql, query, NULL, &rows, error);
    if (status != STATUS_OK)
        return status;
    while (*out_count < limit && store_rows_next(rows)) {
        int64_t environment = store_rows_int(rows, 2);
        (*out_rows)[(*out_count)++] = (struct session_row){
            .id = arena_copy(arena, store_rows_text(rows, 0)),
            .created_ns = store_rows_int(rows, 1),
            .environment =
                environment > 0 ? store_name(query->store, (int32_t)environment) : STR_NONE,
        };
    }
    store_rows_free(rows);
    sql_add(&count, "SELECT count(DISTINCT session)");
    where_sessions(&count, project_id, range);
    return ask_count(&count, query, NULL, out_total, error);
}
