/* SPDX-License-Identifier: Apache-2.0 */
/* scores: see scores.h. Lists read the index; whole texts and metadata are read from the journal.
 */
#include "query/score_sql.h"

#include <math.h>

static void where_text(struct sql *sql, const char *column, struct str text)
{
    if (!text.len)
        return;
    sql_add(sql, " AND %s = ", column);
    sql_text(sql, text);
}

static void where_name(struct sql *sql, const struct query *query, const char *column,
                       struct str text)
{
    if (!text.len)
        return;
    sql_add(sql, " AND %s = ", column);
    sql_int(sql, store_name_id(query->store, text));
}

static void where_subject(struct sql *sql, const struct score_question *question)
{
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
    if (question->of_traces)
        sql_add(sql, " AND (trace_hi <> 0 OR trace_lo <> 0)");
    if (question->without_corrections)
        sql_add(sql, " AND type <> %d", SCORE_CORRECTION);
    where_text(sql, "session", question->session);
    where_text(sql, "dataset_run", question->dataset_run);
}

void score_where(struct sql *sql, const struct query *query, const struct score_question *question)
{
    sql_add(sql, " WHERE project = ");
    sql_int(sql, question->project_id);
    sql_add(sql, " AND time_ns >= ");
    sql_int(sql, question->range.from_ns);
    sql_add(sql, " AND time_ns < ");
    sql_int(sql, question->range.to_ns);
    where_name(sql, query, "name", question->name);
    where_name(sql, query, "environment", question->environment);
    where_text(sql, "id", question->id);
    where_text(sql, "config_id", question->config_id);
    where_text(sql, "queue_id", question->queue_id);
    where_text(sql, "author", question->author);
    where_text(sql, "text", question->text);
    where_subject(sql, question);
    if (question->type >= 0)
        sql_add(sql, " AND type = %d", question->type);
    if (question->source >= 0)
        sql_add(sql, " AND source = %d", question->source);
    if (question->has_least) {
        sql_add(sql, " AND value >= ");
        sql_double(sql, question->least);
    }
    if (question->has_most) {
        sql_add(sql, " AND value <= ");
        sql_double(sql, question->most);
    }
    if (question->has_below) {
        sql_add(sql, " AND value < ");
        sql_double(sql, question->below);
    }
    if (question->among) {
        sql_add(sql, " AND hash IN (SELECT b.hash");
        langfuse_from(sql, query, question->among);
        sql_add(sql, ")");
    }
}

/* Columns 0 to 19 of a list. */
static struct score_item read_item(const struct query *query, const struct store_rows *rows,
                                   struct arena *arena)
{
    struct str texts[8];
    for (size_t i = 0; i < 8; i++) {
        struct str text = store_rows_text(rows, i);
        texts[i] = text.ptr ? arena_copy(arena, text) : STR_NONE;
    }
    int64_t type = store_rows_int(rows, 14), source = store_rows_int(rows, 15);
    return (struct score_item){
        .id = texts[0],
        .text = texts[1],
        .session = texts[2],
        .dataset_run = texts[3],
        .config_id = texts[4],
        .queue_id = texts[5],
        .author = texts[6],
        .comment = texts[7],
        .time_ns = store_rows_int(rows, 8),
        .updated_ns = store_rows_int(rows, 9),
        .created_ns = store_rows_int(rows, 10),
        .trace = {store_rows_int(rows, 11), store_rows_int(rows, 12)},
        .span_id = store_rows_int(rows, 13),
        .type = type < SCORE_TYPE_COUNT ? (enum score_type)type : SCORE_NUMERIC,
        .source = source < SCORE_SOURCE_COUNT ? (enum score_source)source : SCORE_API,
        .name = sql_name(query, store_rows_int(rows, 16)),
        .environment = sql_name(query, store_rows_int(rows, 17)),
        .value = store_rows_double(rows, 18),
        .hash = store_rows_int(rows, 19),
    };
}

/* What the index abridges, from the journal. What retention has dropped stays as it is. */
static void read_whole(const struct query *query, const struct store_rows *rows,
                       struct arena *arena, struct score_item *item)
{
    struct batch *batch;
    struct content_source contents = journal_content_source(query->journal);
    const struct journal_location location = {
        .frame = {(uint32_t)store_rows_int(rows, 20), (uint64_t)store_rows_int(rows, 21)},
        .signal = SIGNAL_SCORES,
        .record = (uint32_t)store_rows_int(rows, 22),
    };
    if (store_rows_int(rows, 22) < 0 ||
        journal_read_record(query->journal, location, &batch, NULL) != STATUS_OK)
        return;
    const struct score *score = &batch->scores[0];
    struct str comment = value_text(&score->comment, &contents, arena);
    struct str metadata = value_text(&score->metadata, &contents, arena);
    if (comment.len)
        item->comment = arena_copy(arena, comment);
    if (metadata.len)
        item->metadata = arena_copy(arena, metadata);
    if (score->text.len)
        item->text = arena_copy(arena, score->text);
    batch_free(batch);
}

enum status query_scores(const struct query *query, const struct score_question *question,
                         bool whole, struct arena *arena, struct score_list *out_list,
                         struct error *error)
{
    struct sql sql = {.brief = true};
    struct store_rows *rows;
    if (question->has_trace && !store_trace_maybe_scored(query->store, question->project_id,
                                                         question->trace.hi, question->trace.lo)) {
        *out_list = (struct score_list){0};
        return STATUS_OK;
    }
    sql_add(&sql,
            "SELECT id, text, session, dataset_run, config_id, queue_id, author, comment, "
            "time_ns, arrival_ns, created_ns, trace_hi, trace_lo, span_id, type, source, name, "
            "environment, value, hash, segment, frame, record FROM scores");
    score_where(&sql, query, question);
    if (question->has_cursor) {
        sql_add(&sql, " AND (time_ns < ");
        sql_int(&sql, question->cursor_time_ns);
        sql_add(&sql, " OR (time_ns = ");
        sql_int(&sql, question->cursor_time_ns);
        sql_add(&sql, " AND hash < ");
        sql_int(&sql, question->cursor_hash);
        sql_add(&sql, "))");
    }
    sql_add(&sql, " ORDER BY time_ns DESC, hash DESC LIMIT ");
    sql_int(&sql, (int64_t)question->limit + 1);
    if (question->skip) {
        sql_add(&sql, " OFFSET ");
        sql_int(&sql, question->skip);
    }
    enum status status =
        langfuse_run(&sql, query, question->among, question->cancelled, &rows, error);
    if (status != STATUS_OK)
        return status;
    struct score_list list = {.items = arena_array(arena, struct score_item, question->limit + 1)};
    while (list.items && store_rows_next(rows)) {
        if (list.count == question->limit) {
            list.more = true;
            break;
        }
        struct score_item *item = &list.items[list.count++];
        *item = read_item(query, rows, arena);
        if (whole)
            read_whole(query, rows, arena, item);
    }
    store_rows_free(rows);
    if (!list.items)
        return fail(error, STATUS_TOO_LARGE, "limit: too many scores for one reply");
    *out_list = list;
    return STATUS_OK;
}

enum status query_score_count(const struct query *query, const struct score_question *question,
                              int64_t *out_count, struct error *error)
{
    struct sql sql = {0};
    struct store_rows *rows;
    sql_add(&sql, "SELECT count(*) FROM scores");
    score_where(&sql, query, question);
    enum status status =
        langfuse_run(&sql, query, question->among, question->cancelled, &rows, error);
    if (status != STATUS_OK)
        return status;
    *out_count = store_rows_next(rows) ? store_rows_int(rows, 0) : 0;
    store_rows_free(rows);
    return STATUS_OK;
}
