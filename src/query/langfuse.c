/* SPDX-License-Identifier: Apache-2.0 */
/* langfuse: see langfuse.h. */
#include "query/langfuse.h"

#include "base/clock.h"
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

/* How many rows there are; needs no page of them. */
static enum status count_rows(const struct query *query, const struct langfuse_rows *rows,
                              const _Atomic bool *cancelled, int64_t *out_count,
                              struct error *error)
{
    struct sql sql = {0};
    struct store_rows *counted;
    sql_add(&sql, "SELECT count(*)");
    langfuse_from(&sql, query, rows);
    enum status status = langfuse_run(&sql, query, rows, cancelled, &counted, error);
    if (status != STATUS_OK)
        return status;
    *out_count = store_rows_next(counted) ? store_rows_int(counted, 0) : 0;
    store_rows_free(counted);
    return STATUS_OK;
}

static void add_order(struct sql *sql, const struct langfuse_list_question *question)
{
    const char *id =
        question->rows.view == LANGFUSE_TRACES ? "b.trace_hi, b.trace_lo" : "b.span_id";
    sql_add(sql, " ORDER BY %s %s NULLS LAST, b.start_ns DESC, %s LIMIT ",
            question->order ? question->order->sql : "b.start_ns",
            question->ascending ? "ASC" : "DESC", id);
    sql_int(sql, (int64_t)question->limit);
    sql_add(sql, " OFFSET ");
    sql_int(sql, question->skip);
}

static struct langfuse_key read_key(const struct store_rows *rows, enum langfuse_view view)
{
    struct langfuse_key key = {.trace = {store_rows_int(rows, 0), store_rows_int(rows, 1)},
                               .start_ns = store_rows_int(rows, 2)};
    if (view == LANGFUSE_TRACES)
        return key;
    key.span_id = store_rows_int(rows, 3);
    key.parent_id = store_rows_int(rows, 4);
    key.arrival_ns = store_rows_int(rows, 5);
    key.location = (struct journal_location){
        .frame = {(uint32_t)store_rows_int(rows, 6), (uint64_t)store_rows_int(rows, 7)},
        .signal = SIGNAL_SPANS,
        .record = (uint32_t)store_rows_int(rows, 8),
    };
    return key;
}

enum { KEY_COLUMNS = 9 };

/* With the number of all rows behind the key's columns, where each row costs a look at its record.
 */
static void write_keys(struct sql *sql, const struct query *query,
                       const struct langfuse_list_question *question, bool counts)
{
    struct langfuse_rows ordered = question->rows;
    ordered.needs |= question->order ? question->order->needs : 0;
    sql_add(sql, "SELECT b.trace_hi, b.trace_lo, b.start_ns%s%s",
            ordered.view == LANGFUSE_TRACES
                ? ", 0, 0, 0, 0, 0, 0"
                : ", b.span_id, b.parent_id, b.arrival_ns, b.segment, b.frame, b.record",
            counts ? ", count(*) OVER ()" : "");
    langfuse_from(sql, query, &ordered);
    add_order(sql, question);
}

/* Adds at most question->limit keys behind those there are; *out_total stays unless rows counted
 * themselves. */
static enum status read_keys(const struct query *query,
                             const struct langfuse_list_question *question, bool counts,
                             struct langfuse_key *keys, size_t *count, int64_t *out_total,
                             struct error *error)
{
    struct sql sql = {0};
    struct store_rows *rows;
    size_t most = *count + question->limit;
    write_keys(&sql, query, question, counts);
    enum status status =
        langfuse_run(&sql, query, &question->rows, question->cancelled, &rows, error);
    if (status != STATUS_OK)
        return status;
    while (*count < most && store_rows_next(rows)) {
        keys[(*count)++] = read_key(rows, question->rows.view);
        if (counts)
            *out_total = store_rows_int(rows, KEY_COLUMNS);
    }
    store_rows_free(rows);
    return STATUS_OK;
}

/* --- newest first, by what records say ----------------------------------------------------------
 *
 * Reading the records of a whole project for its newest page would take as long as the project is
 * large. So the newest rows that the index leaves are looked at, then twice as many before them,
 * until the page is full. */

enum { LOOKED_AT_FIRST = 4096, LOOKED_AT_MOST = 1 << 20, LOOKING_SECONDS = 20 };

/* When the oldest of the newest `most` rows began that the index leaves. *out_all: there are no
 * more. */
static enum status oldest_of(const struct query *query,
                             const struct langfuse_list_question *question, int64_t most,
                             int64_t *out_ns, bool *out_all, struct error *error)
{
    struct sql sql = {0};
    struct store_rows *rows;
    struct langfuse_rows left = question->rows;
    left.condition_count = 0;
    for (size_t i = 0; i < question->rows.condition_count; i++)
        if (question->rows.conditions[i].field->value == LANGFUSE_INDEXED)
            left.conditions[left.condition_count++] = question->rows.conditions[i];
    sql_add(&sql, "SELECT count(*), min(start_ns) FROM (SELECT b.start_ns");
    langfuse_from(&sql, query, &left);
    sql_add(&sql, " ORDER BY b.start_ns DESC LIMIT ");
    sql_int(&sql, most);
    sql_add(&sql, ")");
    enum status status = sql_run(&sql, query, question->cancelled, &rows, error);
    if (status != STATUS_OK)
        return status;
    bool any = store_rows_next(rows);
    *out_all = !any || store_rows_int(rows, 0) < most;
    *out_ns = any ? store_rows_int(rows, 1) : 0;
    store_rows_free(rows);
    return STATUS_OK;
}

static enum status read_newest(const struct query *query,
                               const struct langfuse_list_question *question,
                               struct langfuse_key *keys, size_t *count, struct error *error)
{
    struct langfuse_list_question part = *question;
    int64_t deadline = clock_now_ns() + LOOKING_SECONDS * NS_PER_SEC;
    enum status status = STATUS_OK;
    bool all = false;
    for (int64_t most = LOOKED_AT_FIRST; status == STATUS_OK && !all && *count < question->limit;) {
        int64_t oldest_ns = 0;
        if (clock_now_ns() > deadline)
            return fail(error, STATUS_TIMEOUT,
                        "filter: too many records to look at, give a range of time");
        part.rows.range.from_ns = question->rows.range.from_ns;
        status = oldest_of(query, &part, most, &oldest_ns, &all, error);
        part.rows.range.from_ns = all ? question->rows.range.from_ns : oldest_ns;
        part.limit = question->limit - *count;
        if (status == STATUS_OK)
            status = read_keys(query, &part, false, keys, count, NULL, error);
        part.rows.range.to_ns = oldest_ns;
        most = most < LOOKED_AT_MOST ? most * 2 : most;
    }
    return status;
}

enum status query_langfuse_keys(const struct query *query,
                                const struct langfuse_list_question *question, struct arena *arena,
                                struct langfuse_key **out_keys, size_t *out_count,
                                int64_t *out_total, struct error *error)
{
    int64_t total = 0;
    bool reads = langfuse_reads_records(&question->rows);
    bool by_start = !question->order && !question->ascending && question->skip == 0;
    *out_count = 0;
    *out_keys = arena_array(arena, struct langfuse_key, question->limit + 1);
    if (!*out_keys)
        return fail(error, STATUS_TOO_LARGE, "limit: too many for one reply");
    if (reads && !out_total && by_start && question->rows.view == LANGFUSE_OBSERVATIONS)
        return read_newest(query, question, *out_keys, out_count, error);
    enum status status =
        read_keys(query, question, reads && out_total, *out_keys, out_count, &total, error);
    if (status == STATUS_OK && out_total && total == 0)
        return count_rows(query, &question->rows, question->cancelled, out_total, error);
    if (out_total)
        *out_total = total;
    return status;
}

enum status query_langfuse_observation(const struct query *query, uint32_t project_id,
                                       int64_t span_id, struct arena *arena,
                                       struct langfuse_key *out_key, struct error *error)
{
    struct langfuse_key *keys;
    size_t count = 0;
    const struct langfuse_list_question question = {
        .rows = {.project_id = project_id,
                 .view = LANGFUSE_OBSERVATIONS,
                 .range = {INT64_MIN, INT64_MAX},
                 .has_span = true,
                 .span_id = span_id},
        .limit = 1,
    };
    enum status status = query_langfuse_keys(query, &question, arena, &keys, &count, NULL, error);
    if (status == STATUS_OK && count == 0)
        status = fail(error, STATUS_NOT_FOUND,
                      "observationId: this project has no such observation (yet)");
    if (status == STATUS_OK)
        *out_key = keys[0];
    return status;
}

/* --- several traces at once ---------------------------------------------------------------------
 */

static void among_keys(struct sql *sql, const char *lo, const struct trace_key *keys, size_t count)
{
    sql_add(sql, " AND %s IN (", lo);
    for (size_t i = 0; i < count; i++) {
        sql_add(sql, i ? ", " : "");
        sql_int(sql, keys[i].lo);
    }
    sql_add(sql, ")");
}

/* `count`: it is none of them. */
static size_t key_at(const struct trace_key *keys, size_t count, const struct store_rows *rows)
{
    size_t i = 0;
    while (i < count &&
           (keys[i].lo != store_rows_int(rows, 1) || keys[i].hi != store_rows_int(rows, 0)))
        i++;
    return i;
}

enum status query_tags(const struct query *query, uint32_t project_id, const struct trace_key *keys,
                       size_t count, struct arena *arena, struct str *out_tags, struct error *error)
{
    struct sql sql = {0};
    struct store_rows *rows;
    must(count <= ALIASES_MAX);
    for (size_t i = 0; i < count; i++)
        out_tags[i] = STR("[]");
    if (count == 0)
        return STATUS_OK;
    sql_add(&sql,
            "SELECT hi, lo, string_agg(to_json(text), ',' ORDER BY text) FROM (SELECT DISTINCT hi,"
            " lo, text FROM aliases WHERE kind = %d AND project = ",
            (int)ALIAS_TAG);
    sql_int(&sql, project_id);
    among_keys(&sql, "lo", keys, count);
    sql_add(&sql, ") GROUP BY 1, 2");
    enum status status = sql_run(&sql, query, NULL, &rows, error);
    if (status != STATUS_OK)
        return status;
    while (store_rows_next(rows)) {
        size_t at = key_at(keys, count, rows);
        struct str tags = arena_printf(arena, "[%.*s]", STR_ARGS(store_rows_text(rows, 2)));
        if (at < count && tags.ptr)
            out_tags[at] = tags;
    }
    store_rows_free(rows);
    return STATUS_OK;
}

/* Rows of trace_hi, trace_lo, id. */
static enum status read_ids(struct sql *sql, const struct query *query,
                            const struct trace_key *keys, size_t count, struct arena *arena,
                            struct id_list *lists, struct error *error)
{
    struct store_rows *rows;
    enum status status = sql_run(sql, query, NULL, &rows, error);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < count; i++)
        lists[i] = (struct id_list){0};
    while (status == STATUS_OK && store_rows_next(rows)) {
        size_t at = key_at(keys, count, rows);
        if (at == count)
            continue;
        struct id_list *list = &lists[at];
        if (arena_grow(arena, &list->items, list->count, &list->capacity))
            list->items[list->count] = arena_copy(arena, store_rows_text(rows, 2));
        if (list->count == list->capacity || !list->items[list->count++].ptr)
            status = fail(error, STATUS_TOO_LARGE, "limit: too many ids for one reply");
    }
    store_rows_free(rows);
    return status;
}

enum status query_observation_ids(const struct query *query, uint32_t project_id,
                                  const struct trace_key *keys, size_t count, struct arena *arena,
                                  struct id_list *out_lists, struct error *error)
{
    struct sql sql = {0};
    sql_add(&sql, "WITH page AS MATERIALIZED (SELECT trace_hi, trace_lo, span_id, start_ns FROM "
                  "spans WHERE op <> ");
    sql_int(&sql, store_name_id(query->store, STR("trace")));
    sql_add(&sql, " AND project = ");
    sql_int(&sql, project_id);
    among_keys(&sql, "trace_lo", keys, count);
    sql_add(&sql,
            " QUALIFY row_number() OVER (PARTITION BY trace_hi, trace_lo ORDER BY start_ns DESC) "
            "<= %d) SELECT s.trace_hi, s.trace_lo, coalesce(a.text, hex_text(s.span_id)) FROM page "
            "s LEFT JOIN (SELECT lo, any_value(text) AS text FROM aliases WHERE kind = %d AND "
            "project = ",
            TRACE_MEMBERS_MAX, (int)ALIAS_SPAN);
    sql_int(&sql, project_id);
    sql_add(&sql, " AND lo IN (SELECT span_id FROM page) GROUP BY lo) a ON a.lo = s.span_id "
                  "ORDER BY s.start_ns, s.span_id DESC");
    return read_ids(&sql, query, keys, count, arena, out_lists, error);
}

enum status query_score_ids(const struct query *query, uint32_t project_id,
                            const struct trace_key *keys, size_t count, struct arena *arena,
                            struct id_list *out_lists, struct error *error)
{
    struct sql sql = {0};
    sql_add(&sql, "SELECT trace_hi, trace_lo, id FROM scores WHERE type <> %d AND project = ",
            (int)SCORE_CORRECTION);
    sql_int(&sql, project_id);
    among_keys(&sql, "trace_lo", keys, count);
    sql_add(&sql,
            " QUALIFY row_number() OVER (PARTITION BY trace_hi, trace_lo ORDER BY time_ns DESC, "
            "hash DESC) <= %d ORDER BY time_ns DESC, hash DESC",
            TRACE_MEMBERS_MAX);
    return read_ids(&sql, query, keys, count, arena, out_lists, error);
}

enum status query_session_page(const struct query *query, const struct langfuse_rows *traces,
                               size_t limit, int64_t skip, struct arena *arena,
                               struct session_row **out_rows, size_t *out_count, int64_t *out_total,
                               struct error *error)
{
    struct sql sql = {0}, count = {0};
    struct store_rows *rows;
    *out_count = 0;
    *out_rows = arena_array(arena, struct session_row, limit + 1);
    if (!*out_rows)
        return fail(error, STATUS_TOO_LARGE, "limit: too many sessions for one reply");
    sql_add(&sql, "SELECT b.session, min(b.start_ns), max(b.environment)");
    langfuse_from(&sql, query, traces);
    sql_add(&sql, " AND b.session IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ");
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
    sql_add(&count, "SELECT count(DISTINCT b.session)");
    langfuse_from(&count, query, traces);
    return sql_count(&count, query, NULL, out_total, error);
}
