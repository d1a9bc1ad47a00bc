/* SPDX-License-Identifier: Apache-2.0 */
/* saved_queries: see saved_queries.h. Every statement names the project, so an id alone opens
 * nothing. */
#include "control/saved_queries.h"

#include "base/clock.h"
#include "control/control_private.h"

#define COLUMNS                                                                                    \
    "id, name, description, language, text, source, from_text, to_text, chart, created_ns, "       \
    "updated_ns"

static struct saved_query read_row(sqlite3_stmt *statement, struct arena *arena)
{
    return (struct saved_query){
        .id = sqlite3_column_int64(statement, 0),
        .name = control__column(statement, 1, arena),
        .description = control__column(statement, 2, arena),
        .language = control__column(statement, 3, arena),
        .text = control__column(statement, 4, arena),
        .source = control__column(statement, 5, arena),
        .from = control__column(statement, 6, arena),
        .to = control__column(statement, 7, arena),
        .chart = control__column(statement, 8, arena),
        .created_ns = sqlite3_column_int64(statement, 9),
        .updated_ns = sqlite3_column_int64(statement, 10),
    };
}

/* The rows of a project, or the one with this id; with the lock held. */
static enum status read_rows(struct control *control, uint32_t project_id, int64_t id,
                             struct arena *arena, struct saved_query **out_queries,
                             size_t *out_count, struct error *error)
{
    struct saved_query *queries = NULL;
    size_t count = 0, capacity = 0;
    sqlite3_stmt *statement;
    enum status status =
        control__prepare(control,
                         "SELECT " COLUMNS " FROM saved_query WHERE project_id=?1 AND "
                         "(?2=0 OR id=?2) ORDER BY name COLLATE NOCASE, id",
                         &statement, error);
    if (status != STATUS_OK)
        return status;
    sqlite3_bind_int64(statement, 1, project_id);
    sqlite3_bind_int64(statement, 2, id);
    int code;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW && status == STATUS_OK) {
        if (!arena_grow(arena, &queries, count, &capacity))
            status = fail(error, STATUS_TOO_LARGE, "too many saved queries for one reply");
        else
            queries[count++] = read_row(statement, arena);
    }
    if (status == STATUS_OK && code != SQLITE_DONE)
        status = control__complain(control, error);
    sqlite3_finalize(statement);
    *out_queries = queries;
    *out_count = count;
    return status;
}

enum status control_saved_query_list(struct control *control, uint32_t project_id,
                                     struct arena *arena, struct saved_query **out_queries,
                                     size_t *out_count, struct error *error)
{
    pthread_mutex_lock(&control->lock);
    enum status status = read_rows(control, project_id, 0, arena, out_queries, out_count, error);
    pthread_mutex_unlock(&control->lock);
    return status;
}

static enum status not_there(struct error *error, int64_t id)
{
    return fail(error, STATUS_NOT_FOUND, "id: there is no saved query %lld in this project",
                (long long)id);
}

enum status control_saved_query_get(struct control *control, uint32_t project_id, int64_t id,
                                    struct arena *arena, struct saved_query *out_query,
                                    struct error *error)
{
    struct saved_query *queries = NULL;
    size_t count = 0;
    if (id <= 0)
        return not_there(error, id);
    pthread_mutex_lock(&control->lock);
    enum status status = read_rows(control, project_id, id, arena, &queries, &count, error);
    pthread_mutex_unlock(&control->lock);
    if (status == STATUS_OK && count == 0)
        return not_there(error, id);
    if (status == STATUS_OK)
        *out_query = queries[0];
    return status;
}

/* Parameters 2 to 10 of both statements below. */
static void bind(sqlite3_stmt *statement, uint32_t project_id, const struct saved_query *query)
{
    const struct str texts[] = {query->name,   query->description, query->language, query->text,
                                query->source, query->from,        query->to,       query->chart};
    sqlite3_bind_int64(statement, 1, project_id);
    for (int i = 0; i < 8; i++)
        control__bind(statement, 2 + i, texts[i]);
    sqlite3_bind_int64(statement, 10, clock_now_ns());
}

static enum status finish(struct control *control, sqlite3_stmt *statement, struct str name,
                          struct error *error)
{
    int code = sqlite3_step(statement);
    sqlite3_finalize(statement);
    if (code == SQLITE_CONSTRAINT)
        return fail(error, STATUS_CONFLICT, "name: there is a saved query '%.*s' already",
                    (int)(name.len > 100 ? 100 : name.len), name.ptr);
    return code == SQLITE_DONE ? STATUS_OK : control__complain(control, error);
}

/* The count and the row in one statement, so that no two requests fill the last place. */
static enum status create(struct control *control, uint32_t project_id,
                          const struct saved_query *query, int64_t *out_id, struct error *error)
{
    sqlite3_stmt *statement;
    enum status status = control__prepare(
        control,
        "INSERT INTO saved_query(project_id, name, description, language, text, source, from_text,"
        " to_text, chart, created_ns, updated_ns)"
        " SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10"
        " WHERE (SELECT count(*) FROM saved_query WHERE project_id=?1) < ?11",
        &statement, error);
    if (status != STATUS_OK)
        return status;
    bind(statement, project_id, query);
    sqlite3_bind_int(statement, 11, SAVED_QUERIES_MAX);
    status = finish(control, statement, query->name, error);
    if (status == STATUS_OK && sqlite3_changes(control->db) != 1)
        status =
            fail(error, STATUS_TOO_LARGE, "queries: a project saves at most %d", SAVED_QUERIES_MAX);
    if (status == STATUS_OK)
        *out_id = sqlite3_last_insert_rowid(control->db);
    return status;
}

enum status control_saved_query_create(struct control *control, uint32_t project_id,
                                       const struct saved_query *query, int64_t *out_id,
                                       struct error *error)
{
    pthread_mutex_lock(&control->lock);
    enum status status = create(control, project_id, query, out_id, error);
    pthread_mutex_unlock(&control->lock);
    return status;
}

enum status control_saved_query_update(struct control *control, uint32_t project_id,
                                       const struct saved_query *query, struct error *error)
{
    sqlite3_stmt *statement;
    pthread_mutex_lock(&control->lock);
    enum status status =
        control__prepare(control,
                         "UPDATE saved_query SET name=?2, description=?3, language=?4, text=?5,"
                         " source=?6, from_text=?7, to_text=?8, chart=?9, updated_ns=?10"
                         " WHERE project_id=?1 AND id=?11",
                         &statement, error);
    if (status == STATUS_OK) {
        bind(statement, project_id, query);
        sqlite3_bind_int64(statement, 11, query->id);
        status = finish(control, statement, query->name, error);
        if (status == STATUS_OK && sqlite3_changes(control->db) == 0)
            status = not_there(error, query->id);
    }
    pthread_mutex_unlock(&control->lock);
    return status;
}

enum status control_saved_query_delete(struct control *control, uint32_t project_id, int64_t id,
                                       struct error *error)
{
    sqlite3_stmt *statement;
    pthread_mutex_lock(&control->lock);
    enum status status = control__prepare(
        control, "DELETE FROM saved_query WHERE project_id=?1 AND id=?2", &statement, error);
    if (status == STATUS_OK) {
        sqlite3_bind_int64(statement, 1, project_id);
        sqlite3_bind_int64(statement, 2, id);
        status = finish(control, statement, STR(""), error);
        if (status == STATUS_OK && sqlite3_changes(control->db) == 0)
            status = not_there(error, id);
    }
    pthread_mutex_unlock(&control->lock);
    return status;
}
