/* SPDX-License-Identifier: Apache-2.0 */
/* datasets: the datasets themselves; see datasets.h. Items are in dataset_items.c, runs in
 * dataset_runs.c. Every statement names the project, so an id alone opens nothing. */
#include "control/datasets_private.h"

#include "base/clock.h"

#define COLUMNS                                                                                    \
    "d.id, d.name, d.description, d.metadata, d.input_schema, d.expected_schema, d.created_ns, "   \
    "d.updated_ns, "                                                                               \
    "(SELECT count(*) FROM dataset_item i WHERE i.dataset_id=d.id AND i.to_ns=" ITEM_IS_NOW        \
    " AND i.archived=0), "                                                                         \
    "(SELECT count(*) FROM dataset_item i WHERE i.dataset_id=d.id AND i.to_ns=" ITEM_IS_NOW        \
    " AND i.archived=1), "                                                                         \
    "(SELECT count(*) FROM dataset_run r WHERE r.dataset_id=d.id)"

static bool read_row(sqlite3_stmt *statement, struct arena *arena, void *out)
{
    struct dataset *dataset = out;
    *dataset = (struct dataset){
        .id = control__column(statement, 0, arena),
        .name = control__column(statement, 1, arena),
        .description = control__column(statement, 2, arena),
        .metadata = control__column(statement, 3, arena),
        .input_schema = control__column(statement, 4, arena),
        .expected_schema = control__column(statement, 5, arena),
        .created_ns = sqlite3_column_int64(statement, 6),
        .updated_ns = sqlite3_column_int64(statement, 7),
        .items = sqlite3_column_int64(statement, 8),
        .archived = sqlite3_column_int64(statement, 9),
        .runs = sqlite3_column_int64(statement, 10),
    };
    return dataset->id.ptr && dataset->name.ptr;
}

static enum status count_all(struct control *control, uint32_t project_id, int64_t *out_count,
                             struct error *error)
{
    return control__count_of(control, "SELECT count(*) FROM dataset WHERE project_id=?1",
                             project_id, out_count, error);
}

static enum status list(struct control *control, uint32_t project_id, struct dataset_page *page,
                        struct arena *arena, struct dataset **out_datasets, size_t *out_count,
                        struct error *error)
{
    sqlite3_stmt *statement;
    enum status status = count_all(control, project_id, &page->total, error);
    if (status == STATUS_OK)
        status = control__prepare(control,
                                  "SELECT " COLUMNS " FROM dataset d WHERE d.project_id=?1 "
                                  "ORDER BY d.name COLLATE NOCASE, d.id LIMIT ?2 OFFSET ?3",
                                  &statement, error);
    if (status != STATUS_OK)
        return status;
    sqlite3_bind_int64(statement, 1, project_id);
    sqlite3_bind_int64(statement, 2, page->limit);
    sqlite3_bind_int64(statement, 3, page->skip);
    return control__rows(control, statement, sizeof **out_datasets, read_row, arena,
                         (void **)out_datasets, out_count, error);
}

enum status control_dataset_list(struct control *control, uint32_t project_id,
                                 struct dataset_page *page, struct arena *arena,
                                 struct dataset **out_datasets, size_t *out_count,
                                 struct error *error)
{
    pthread_mutex_lock(&control->lock);
    enum status status = list(control, project_id, page, arena, out_datasets, out_count, error);
    pthread_mutex_unlock(&control->lock);
    return status;
}

enum status datasets__get(struct control *control, uint32_t project_id, struct str id,
                          struct str name, struct arena *arena, struct dataset *out_dataset,
                          struct error *error)
{
    sqlite3_stmt *statement;
    struct dataset *datasets;
    size_t count;
    struct str key = id.len ? id : name;
    enum status status = control__prepare(
        control,
        id.len ? "SELECT " COLUMNS " FROM dataset d WHERE d.project_id=?1 AND d.id=?2"
               : "SELECT " COLUMNS " FROM dataset d WHERE d.project_id=?1 AND d.name=?2",
        &statement, error);
    if (status != STATUS_OK)
        return status;
    sqlite3_bind_int64(statement, 1, project_id);
    control__bind(statement, 2, key);
    status = control__rows(control, statement, sizeof *datasets, read_row, arena,
                           (void **)&datasets, &count, error);
    if (status == STATUS_OK && count == 0)
        return fail(error, STATUS_NOT_FOUND, "dataset: this project has no dataset '%.*s'",
                    (int)(key.len > 100 ? 100 : key.len), key.ptr);
    if (status == STATUS_OK)
        *out_dataset = datasets[0];
    return status;
}

enum status control_dataset_get(struct control *control, uint32_t project_id, struct str id,
                                struct str name, struct arena *arena, struct dataset *out_dataset,
                                struct error *error)
{
    pthread_mutex_lock(&control->lock);
    enum status status = datasets__get(control, project_id, id, name, arena, out_dataset, error);
    pthread_mutex_unlock(&control->lock);
    return status;
}

/* --- writing -------------------------------------------------------------------------------- */

struct put {
    uint32_t project_id;
    const struct dataset *change;
    struct arena *arena;
    struct dataset *dataset;
};

static enum status write_row(struct control *control, const struct put *put, const char *sql,
                             struct str id, struct error *error)
{
    const struct dataset *change = put->change;
    sqlite3_stmt *statement;
    enum status status = control__prepare(control, sql, &statement, error);
    if (status != STATUS_OK)
        return status;
    sqlite3_bind_int64(statement, 1, put->project_id);
    control__bind(statement, 2, id);
    control__bind_or_null(statement, 3, change->name);
    control__bind_or_null(statement, 4, change->description);
    control__bind_or_null(statement, 5, change->metadata);
    control__bind_or_null(statement, 6, change->input_schema);
    control__bind_or_null(statement, 7, change->expected_schema);
    sqlite3_bind_int64(statement, 8, clock_now_ns());
    int code = sqlite3_step(statement);
    sqlite3_finalize(statement);
    if (code == SQLITE_CONSTRAINT)
        return fail(error, STATUS_CONFLICT, "name: there is a dataset '%.*s' already",
                    (int)(change->name.len > 100 ? 100 : change->name.len), change->name.ptr);
    return code == SQLITE_DONE ? STATUS_OK : control__complain(control, error);
}

static enum status create(struct control *control, const struct put *put, struct error *error)
{
    char id[CONTROL_ID_BYTES];
    int64_t count;
    enum status status = count_all(control, put->project_id, &count, error);
    if (status == STATUS_OK && count >= DATASETS_MAX)
        return fail(error, STATUS_TOO_LARGE, "datasets: a project has at most %d", DATASETS_MAX);
    control__make_id(id);
    if (status == STATUS_OK)
        status = write_row(control, put,
                           "INSERT INTO dataset(project_id, id, name, description, metadata,"
                           " input_schema, expected_schema, created_ns, updated_ns) VALUES(?1, ?2,"
                           " ?3, nullif(?4, ''), nullif(?5, ''), nullif(?6, ''), nullif(?7, ''),"
                           " ?8, ?8)",
                           str_from(id), error);
    return status == STATUS_OK ? datasets__get(control, put->project_id, str_from(id), STR_NONE,
                                               put->arena, put->dataset, error)
                               : status;
}

static enum status put(struct control *control, const struct put *put, struct error *error)
{
    struct str id = put->change->id;
    enum status status = datasets__get(control, put->project_id, id, put->change->name, put->arena,
                                       put->dataset, error);
    if (status == STATUS_NOT_FOUND && !id.len)
        return create(control, put, error);
    if (status != STATUS_OK)
        return status;
    id = put->dataset->id;
    status = write_row(
        control, put,
        "UPDATE dataset SET name=coalesce(?3, name), " KEEP("description", "?4") ", " KEEP(
            "metadata",
            "?5") ", " KEEP("input_schema",
                            "?6") ", " KEEP("expected_schema",
                                            "?7") ", updated_ns=?8 WHERE project_id=?1 AND id=?2",
        id, error);
    return status == STATUS_OK ? datasets__get(control, put->project_id, id, STR_NONE, put->arena,
                                               put->dataset, error)
                               : status;
}

enum status control_dataset_put(struct control *control, uint32_t project_id,
                                const struct dataset *change, struct arena *arena,
                                struct dataset *out_dataset, struct error *error)
{
    struct dataset dataset;
    const struct put context = {project_id, change, arena, &dataset};
    enum status status = control__begin(control, error);
    if (status == STATUS_OK)
        status = control__end(control, put(control, &context, error), error);
    if (status == STATUS_OK)
        *out_dataset = dataset;
    return status;
}

enum status datasets__delete(struct control *control, const char *sql, const char *what,
                             uint32_t project_id, struct str id, struct error *error)
{
    sqlite3_stmt *statement;
    pthread_mutex_lock(&control->lock);
    enum status status = control__prepare(control, sql, &statement, error);
    if (status == STATUS_OK) {
        sqlite3_bind_int64(statement, 1, project_id);
        control__bind(statement, 2, id);
        status = control__finish(control, statement, error);
        if (status == STATUS_OK && sqlite3_changes(control->db) == 0)
            status = datasets__not_there(error, what, id);
    }
    pthread_mutex_unlock(&control->lock);
    return status;
}

enum status datasets__not_there(struct error *error, const char *what, struct str id)
{
    return fail(error, STATUS_NOT_FOUND, "%s: this project has none with the id '%.*s'", what,
                (int)(id.len > 100 ? 100 : id.len), id.ptr ? id.ptr : "");
}

enum status control_dataset_delete(struct control *control, uint32_t project_id, struct str id,
                                   struct error *error)
{
    return datasets__delete(control, "DELETE FROM dataset WHERE project_id=?1 AND id=?2", "dataset",
                            project_id, id, error);
}
