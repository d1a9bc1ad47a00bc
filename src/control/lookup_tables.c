/* SPDX-License-Identifier: Apache-2.0 */
/* lookup_tables: see lookup_tables.h. Every statement names the project. */
#include "control/lookup_tables.h"

#include "base/clock.h"
#include "control/control_private.h"

static enum status read_rows(struct control *control, sqlite3_stmt *statement, struct arena *arena,
                             struct lookup_table_row **out_tables, size_t *out_count,
                             struct error *error)
{
    struct lookup_table_row *tables = NULL;
    size_t count = 0, capacity = 0;
    int code;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        if (!arena_grow(arena, &tables, count, &capacity))
            return fail(error, STATUS_TOO_LARGE, "too many tables for one reply");
        tables[count++] = (struct lookup_table_row){
            .name = control__column(statement, 0, arena),
            .columns = control__column(statement, 1, arena),
            .rows = sqlite3_column_int64(statement, 2),
            .bytes = sqlite3_column_int64(statement, 3),
            .created_ns = sqlite3_column_int64(statement, 4),
            .updated_ns = sqlite3_column_int64(statement, 5),
        };
    }
    *out_tables = tables;
    *out_count = count;
    return code == SQLITE_DONE ? STATUS_OK : control__complain(control, error);
}

enum status control_lookup_table_list(struct control *control, uint32_t project_id,
                                      struct arena *arena, struct lookup_table_row **out_tables,
                                      size_t *out_count, struct error *error)
{
    sqlite3_stmt *statement;
    pthread_mutex_lock(&control->lock);
    enum status status = control__prepare(
        control,
        "SELECT name, columns, row_count, length(CAST(csv AS BLOB)), created_ns, updated_ns"
        " FROM lookup_table WHERE project_id=?1 ORDER BY name",
        &statement, error);
    if (status == STATUS_OK) {
        sqlite3_bind_int64(statement, 1, project_id);
        status = read_rows(control, statement, arena, out_tables, out_count, error);
        sqlite3_finalize(statement);
    }
    pthread_mutex_unlock(&control->lock);
    return status;
}

static enum status not_there(struct error *error, struct str name)
{
    return fail(error, STATUS_NOT_FOUND, "there is no lookup table '%.*s' in this project",
                (int)(name.len > 100 ? 100 : name.len), name.ptr);
}

enum status control_lookup_table_read(struct control *control, uint32_t project_id, struct str name,
                                      struct arena *arena, struct str *out_csv, struct error *error)
{
    sqlite3_stmt *statement;
    pthread_mutex_lock(&control->lock);
    enum status status = control__prepare(
        control, "SELECT csv FROM lookup_table WHERE project_id=?1 AND name=?2", &statement, error);
    if (status == STATUS_OK) {
        sqlite3_bind_int64(statement, 1, project_id);
        control__bind(statement, 2, name);
        int code = sqlite3_step(statement);
        if (code == SQLITE_ROW) {
            *out_csv = control__column(statement, 0, arena);
            if (!out_csv->ptr)
                status = fail(error, STATUS_TOO_LARGE, "the table is too large");
        } else {
            status =
                code == SQLITE_DONE ? not_there(error, name) : control__complain(control, error);
        }
        sqlite3_finalize(statement);
    }
    pthread_mutex_unlock(&control->lock);
    return status;
}

/* What the project has beside the table of this name; with the lock held. */
static enum status check_room(struct control *control, uint32_t project_id, struct str name,
                              struct str csv, struct error *error)
{
    sqlite3_stmt *statement;
    enum status status = control__prepare(
        control,
        "SELECT count(*), coalesce(sum(length(CAST(csv AS BLOB))), 0) FROM lookup_table"
        " WHERE project_id=?1 AND name<>?2",
        &statement, error);
    if (status != STATUS_OK)
        return status;
    sqlite3_bind_int64(statement, 1, project_id);
    control__bind(statement, 2, name);
    if (sqlite3_step(statement) != SQLITE_ROW)
        status = control__complain(control, error);
    else if (sqlite3_column_int64(statement, 0) >= LOOKUP_TABLES_MAX)
        status = fail(error, STATUS_TOO_LARGE, "a project has at most %d lookup tables",
                      LOOKUP_TABLES_MAX);
    else if (sqlite3_column_int64(statement, 1) + (int64_t)csv.len > LOOKUP_PROJECT_BYTES_MAX)
        status = fail(error, STATUS_TOO_LARGE, "a project's lookup tables have at most %d MB",
                      LOOKUP_PROJECT_BYTES_MAX >> 20);
    sqlite3_finalize(statement);
    return status;
}

static enum status put(struct control *control, uint32_t project_id,
                       const struct lookup_table_row *table, struct str csv, bool *out_created,
                       struct error *error)
{
    sqlite3_stmt *statement;
    int64_t now_ns = clock_now_ns();
    enum status status = control__prepare(
        control,
        "INSERT INTO lookup_table(project_id, name, columns, row_count, csv, created_ns,"
        " updated_ns) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?6)"
        " ON CONFLICT(project_id, name) DO UPDATE SET columns=?3, row_count=?4, csv=?5,"
        " updated_ns=?6 RETURNING created_ns=updated_ns",
        &statement, error);
    if (status != STATUS_OK)
        return status;
    sqlite3_bind_int64(statement, 1, project_id);
    control__bind(statement, 2, table->name);
    control__bind(statement, 3, table->columns);
    sqlite3_bind_int64(statement, 4, table->rows);
    control__bind(statement, 5, csv);
    sqlite3_bind_int64(statement, 6, now_ns);
    if (sqlite3_step(statement) == SQLITE_ROW) {
        *out_created = sqlite3_column_int(statement, 0) != 0;
        sqlite3_step(statement);
    } else {
        status = control__complain(control, error);
    }
    sqlite3_finalize(statement);
    return status;
}

enum status control_lookup_table_put(struct control *control, uint32_t project_id,
                                     const struct lookup_table_row *table, struct str csv,
                                     bool *out_created, struct error *error)
{
    pthread_mutex_lock(&control->lock);
    enum status status = check_room(control, project_id, table->name, csv, error);
    if (status == STATUS_OK)
        status = put(control, project_id, table, csv, out_created, error);
    pthread_mutex_unlock(&control->lock);
    return status;
}

enum status control_lookup_table_delete(struct control *control, uint32_t project_id,
                                        struct str name, struct error *error)
{
    sqlite3_stmt *statement;
    pthread_mutex_lock(&control->lock);
    enum status status = control__prepare(
        control, "DELETE FROM lookup_table WHERE project_id=?1 AND name=?2", &statement, error);
    if (status == STATUS_OK) {
        sqlite3_bind_int64(statement, 1, project_id);
        control__bind(statement, 2, name);
        status = control__finish(control, statement, error);
        if (status == STATUS_OK && sqlite3_changes(control->db) == 0)
            status = not_there(error, name);
    }
    pthread_mutex_unlock(&control->lock);
    return status;
}
